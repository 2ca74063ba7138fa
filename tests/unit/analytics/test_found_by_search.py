"""What a clearing team finds is counted as found by search."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clearway_analytics.domain.incident_view import FOUND
from clearway_analytics.risk.parameters import STATUS_WEIGHTS

from .test_incident_view import IED

FIND = replace(IED, activity="clearance", outcome="found_cleared", hazard_state="cleared")


@pytest.mark.parametrize("outcome", sorted(FOUND))
def test_a_find_of_a_clearing_team_is_no_sign_that_the_road_got_worse(outcome: str) -> None:
    find = replace(FIND, outcome=outcome)
    assert find.found_by_search
    assert find.weight(STATUS_WEIGHTS, {}) == 0.0


@pytest.mark.parametrize("outcome", ["detonated", "partial", "unknown"])
def test_an_attack_on_a_clearing_team_counts(outcome: str) -> None:
    assert replace(FIND, outcome=outcome).weight(STATUS_WEIGHTS, {}) == 1.0


@pytest.mark.parametrize("activity", ["patrol", "convoy", "unknown"])
def test_a_find_by_chance_counts(activity: str) -> None:
    assert replace(FIND, activity=activity).weight(STATUS_WEIGHTS, {}) == 1.0


def test_an_incident_may_have_been_placed_until_the_end_of_its_span() -> None:
    assert IED.present_until == IED.occurred
    later = IED.occurred + timedelta(days=3)
    assert replace(IED, latest=later).present_until == later
    assert replace(IED, latest=IED.occurred - timedelta(days=3)).present_until == IED.occurred
