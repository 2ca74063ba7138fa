"""Nine-line reports as people send them, and what a radio operator understands of each.

The expectations are written by hand: everything that the report then holds, so that a fact too many fails as well.
"""

from __future__ import annotations

from typing import Any

import pytest

from clearway_incidents.api.reports import NewReport
from clearway_incidents.exchange.nine_line.drafting import draft_of, held_back
from clearway_incidents.exchange.nine_line.parsing import LOCATION, Line, Parse, parse

from .examples import EXAMPLES, NOW, Example, lost

# Degrees: a metre, about, as far apart as two libraries may be.
_CLOSE = 1e-5
_ABSENT = "absent"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_understood_as_a_radio_operator_does(example: Example) -> None:
    parsed = parse(example.messages, NOW)
    understood, expected = _flat(draft_of(parsed)), dict(example.understood)
    _assert_close(understood, expected)
    assert understood == {"category": "unknown", **expected}
    assert sorted(word for one in parsed.understood for word in one.assumed) == sorted(example.assumed)
    assert held_back(parsed) == sorted(example.held_back)
    if example.not_understood is not None:
        assert _not_understood(parsed) == example.not_understood


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_draft_of_an_example_is_a_report_that_holds_all_of_its_text(example: Example) -> None:
    parsed = parse(example.messages, NOW)
    draft = draft_of(parsed)
    assert not lost(example.messages, draft)
    if LOCATION in draft:
        assert NewReport.model_validate(draft).submission(NOW).first.facts.category == draft["category"]


def test_the_examples_are_many_and_each_has_its_own_name() -> None:
    assert len(EXAMPLES) >= 130
    assert len({example.name for example in EXAMPLES}) == len(EXAMPLES)
    assert len([example for example in EXAMPLES if example.language == "french"]) >= 40


def _lines(parsed: Parse) -> tuple[Line, ...]:
    return (*parsed.lines, parsed.before)


def _not_understood(parsed: Parse) -> dict[str, list[str]]:
    return {
        "before" if line.number is None else str(line.number): list(line.not_understood)
        for line in _lines(parsed)
        if line.not_understood
    }


def _flat(draft: dict[str, Any]) -> dict[str, Any]:
    """All that the draft holds, beside the text itself, as the examples write it."""
    flat: dict[str, Any] = {}
    for name, value in draft.items():
        match name:
            case "report" | "narrative":
                continue
            case "time":
                if value:
                    flat["time"] = f"{value['occurred_at']:%Y-%m-%dT%H:%M:%SZ} {value['precision']}"
                    assert set(value) == {"occurred_at", "precision"}
            case "location":
                flat["location"] = tuple(value["point"]["coordinates"])
                flat |= {part: value[part] for part in ("uncertainty_m",)}
                flat |= {f"location.{part}": value[part] for part in value if part not in ("point", "uncertainty_m")}
            case "impact":
                flat |= {f"impact.{part}": str(of) for part, of in value.items()}
            case "casualties":
                assert all(one["low"] == one["best"] == one["high"] for one in value)
                flat[name] = [f"{one['best']} {one['outcome']} {one['affiliation']}" for one in value]
            case "protective_measures":
                flat[name] = [str(one) for one in value]
            case "exercise":
                flat[name] = "true" if value is True else value
            case _:
                flat[name] = str(value)
    return flat


def _assert_close(understood: dict[str, Any], expected: dict[str, Any]) -> None:
    """Compare what is measured, and take it out of both."""
    for name, within in ((LOCATION, _CLOSE), ("uncertainty_m", 0.1)):
        one, other = understood.pop(name, None), expected.pop(name, None)
        assert (one is None) == (other is None), f"{name}: {one or _ABSENT}, expected {other or _ABSENT}"
        if one is not None:
            assert one == pytest.approx(other, abs=within, rel=0)
