"""What `clearway risk-parameters` prints."""

from typing import Any

import pytest

from clearway_analytics.cli.shown import (
    comparison_rows,
    hint_sentence,
    revision_fields,
    summary_sentence,
    title,
)
from clearway_analytics.risk.comparison import Summary
from clearway_analytics.risk.parameters import TRAILING_DAYS
from clearway_platform.cli.listing import cell


def summary(**changes: Any) -> dict[str, Any]:
    counts = dict.fromkeys(("routes", "bands_changed", "bands_raised", "bands_lowered"), 0)
    found = counts | {"largest_factor": 3.14159, "smallest_factor": 0.5} | changes
    assert set(found) == set(Summary.__slots__)
    return found


def revision(**changes: Any) -> dict[str, Any]:
    values = {
        "name": "dense",
        "scales_m": [100.0, 15_000.0],
        "decay_days": 52.0,
        "background_per_km2_day": 1e-6,
        "bands": {"elevated": 0.005, "high": 0.03},
    }
    return {
        "parameters_id": "0197f3a0-1111-7abc-8def-0123456789ab",
        "revision": 2,
        "state": "rebuilding",
        "parameters": values,
        "reason": "The rate has risen.",
        "proposed_by": "key-operator",
        "proposed_at": "2026-11-28T16:52:15.365807Z",
        "decided_by": None,
        "decided_at": None,
        "decision_reason": None,
        "compared_at": None,
        "summary": None,
        "progress": {"incidents": 1_200, "done": 30},
    } | changes


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (summary(largest_factor=None, smallest_factor=None), "There is no route to compare."),
        (
            summary(routes=1_200),
            "Routes whose band changes: 0 of 1,200.",
        ),
        (
            summary(routes=9, bands_changed=6, bands_raised=3, bands_lowered=1),
            "Routes whose band changes: 6 of 9 (3 to a higher band, 1 to a lower band, 2 between low and low_data).",
        ),
        (
            summary(routes=1, bands_changed=1, bands_lowered=1),
            "Routes whose band changes: 1 of 1 (1 to a lower band).",
        ),
    ],
)
def test_a_comparison_in_short(found: dict[str, Any], said: str) -> None:
    factors = " Expected events change by factors from 0.5 to 3.1." if found["routes"] else ""
    assert summary_sentence(found) == said + factors


def test_a_hint_names_the_rate_and_the_command() -> None:
    said = hint_sentence({"incidents_per_day": 11.4, "suggested": "dense"})
    assert f"in the last {TRAILING_DAYS:g} days: 11 a day." in said
    assert "clearway risk-parameters propose --preset dense" in said
    assert "0.06 a day. No other preset is suggested." in hint_sentence(
        {"incidents_per_day": 0.0555, "suggested": None}
    )


def test_a_revision_shows_every_parameter_and_how_far_the_computation_is() -> None:
    shown = {name: cell(value) for name, value in revision_fields(revision()).items()}
    assert shown["computed"] == "30 of 1,200 incidents"
    assert shown["proposed_at"] == "2026-11-28 16:52Z"
    assert shown["scales_m"] == "100, 15000"
    assert shown["background_per_km2_day"] == "1e-06"
    assert shown["bands"] == "elevated 0.005, high 0.03"
    assert (shown["comparison"], shown["decided_by"]) == ("-", "-")
    decided = revision_fields(revision(progress=None, summary=summary(routes=2)))
    assert decided["computed"] is None
    assert str(decided["comparison"]).startswith("Routes whose band changes: 0 of 2.")


def test_a_route_is_shown_before_and_after() -> None:
    route = {
        "route_id": "x",
        "name": "Route Alder",
        "expected_events_before": 0.0211,
        "expected_events_after": 0.0847,
        "factor": 4.01,
        "band_before": "elevated",
        "band_after": "high",
    }
    same = route | {"band_after": "elevated"}
    moved, kept = comparison_rows([route, same])
    assert moved == {
        "route": "Route Alder",
        "expected_events": "0.021 → 0.085",
        "factor": "× 4",
        "band": "elevated → high",
    }
    assert kept["band"] == "elevated"


def test_a_name_cannot_steer_the_terminal() -> None:
    parameters = {"name": "a\x1b[2J"}
    assert title({"revision": 2, "parameters": parameters}) == "Revision 2 (a [2J)"
