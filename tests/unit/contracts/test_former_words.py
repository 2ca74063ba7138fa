"""Events and rows of earlier versions name some things by other words, and are read for ever."""

import json
from importlib import resources

import pytest

from clearway_contracts.incidents import IncidentReported
from clearway_contracts.vocabulary import Category


def test_other_is_read_as_an_explosive_hazard() -> None:
    """In doubt it warns: 0.1.0 wrote `other` for explosives that it had no word for, and for what was none."""
    example = resources.files("clearway_contracts") / "examples" / "incident.reported.v1.minimal.json"
    data = json.loads(example.read_text(encoding="utf-8"))["value"]
    data["incident"]["category"] = "other"
    event = IncidentReported.model_validate_json(json.dumps(data), strict=True)
    assert event.incident.category is Category.OTHER_EXPLOSIVE
    assert json.loads(event.model_dump_json())["incident"]["category"] == "other_explosive"


@pytest.mark.parametrize("word", ["others", "OTHER", "", None, 1])
def test_no_other_word_is_read_so(word: object) -> None:
    with pytest.raises(ValueError, match="is not a valid Category"):
        Category(word)  # type: ignore[arg-type]


def test_a_row_is_found_by_every_word_that_it_can_have() -> None:
    assert Category.OTHER_EXPLOSIVE.written_as == ("other_explosive", "other")
    assert all(Category(word) is category for category in Category for word in category.written_as)
