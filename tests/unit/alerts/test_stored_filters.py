"""A stored filter keeps its meaning: for release 0.1.0, which may read it, and of what that release stored."""

from typing import Any

import pytest

from clearway_alerts.domain.subscription import EXPLOSIVE_HAZARDS
from clearway_alerts.filter_form import FilterForm
from clearway_alerts.storage.states import FILTER, filter_in_doubt, read_filter, shown_filter, stored_filter
from clearway_contracts.vocabulary import Category, Inclusion

EVERYTHING = {"area": {"type": "everything"}}
FORMER_DEFAULT = ["ammunition_storage", "grenade", "ied", "landmine", "unknown", "uxo_erw"]
WORDS_OF_0_1_0 = {*FORMER_DEFAULT, "other"}


def chosen(**more: Any) -> FilterForm:
    return FilterForm.model_validate(EVERYTHING | more)


def test_a_filter_of_0_1_0_that_named_no_category_watches_other_explosives_too() -> None:
    stored = {**EVERYTHING, "categories": FORMER_DEFAULT}
    assert read_filter(stored).categories == EXPLOSIVE_HAZARDS
    assert set(shown_filter(stored)["categories"]) == EXPLOSIVE_HAZARDS


def test_a_filter_of_0_1_0_that_named_other_watches_other_explosives() -> None:
    assert read_filter({**EVERYTHING, "categories": ["other"]}).categories == {Category.OTHER_EXPLOSIVE}


@pytest.mark.parametrize(
    "form", [chosen(), chosen(categories=["ied", "other_explosive"]), chosen(exercises="exclude", tlp_max="green")]
)
def test_what_0_1_0_can_say_is_stored_in_its_words(form: FilterForm) -> None:
    stored = stored_filter(form)
    assert stored.keys().isdisjoint({"v", "exercises", "sources"})
    assert set(stored["categories"]) <= WORDS_OF_0_1_0
    assert read_filter(stored) == form.to_domain()


@pytest.mark.parametrize(
    "form",
    [
        chosen(exercises="only"),
        chosen(exercises="include"),
        chosen(sources="exclude"),
        chosen(categories=["not_explosive"]),
        chosen(categories=FORMER_DEFAULT),
    ],
)
def test_what_0_1_0_cannot_say_is_stored_in_the_newest_version(form: FilterForm) -> None:
    stored = stored_filter(form)
    assert stored["v"] == FILTER.newest
    assert read_filter(stored) == form.to_domain()


def test_a_filter_that_cannot_be_read_lets_exercises_through() -> None:
    assert filter_in_doubt({"v": 99}).exercises is Inclusion.INCLUDE
