"""A route's state under exchange: sums can be undone, maxima only looked up again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway_analytics.ledger.contributions import Contribution
from clearway_analytics.ledger.route_sums import Extremes, RouteSums
from clearway_analytics.risk.decay import LANDMARK, DecayedSums

DAY_ZERO = datetime(2026, 3, 1, tzinfo=UTC)
NOTHING = RouteSums("unmis", UUID(int=1), LANDMARK, DecayedSums(), Extremes(), 10.0, 0.2, None)


def contribution(kept: float, day: int) -> Contribution:
    occurred = DAY_ZERO + timedelta(days=day)
    return Contribution("unmis", UUID(int=1), UUID(int=2), 1, occurred, 10.0, 1.0, 0.5, kept)


ONES = st.builds(contribution, st.floats(1e-9, 10.0), st.integers(0, 5))


@given(st.lists(ONES, max_size=6), ONES, st.none() | ONES)
def test_extremes_that_stand_are_those_of_all_that_is_left(
    others: list[Contribution], before: Contribution, after: Contribution | None
) -> None:
    state = NOTHING
    for one in (*others, before):
        state = state.exchanged(None, one)
    left = [*others, after] if after else others
    if not state.extremes.may_fall(before, after):
        assert state.exchanged(before, after).extremes == Extremes.of(left)


@pytest.mark.parametrize(
    ("after", "falls"),
    [
        (None, True),
        (contribution(0.4, 1), True),
        (contribution(0.6, 0), True),
        (contribution(0.5, 1), False),
        (contribution(0.9, 2), False),
    ],
)
def test_extremes_may_fall_when_what_they_rest_on_does(after: Contribution | None, falls: bool) -> None:
    extremes = Extremes.of([contribution(0.5, 1), contribution(0.1, 0)])
    assert extremes.may_fall(contribution(0.5, 1), after) is falls
    assert not extremes.may_fall(contribution(0.1, 0), after)


@given(st.lists(ONES, min_size=1, max_size=6), ONES)
def test_what_is_taken_out_again_leaves_the_sums_as_they_were(others: list[Contribution], one: Contribution) -> None:
    state = NOTHING
    for other in others:
        state = state.exchanged(None, other)
    after = state.exchanged(None, one).exchanged(one, None)
    assert after.sums.count == state.sums.count
    assert after.sums.total == pytest.approx(state.sums.total, abs=1e-12)
    assert after.sums.squares == pytest.approx(state.sums.squares, abs=1e-12)


@given(ONES, ONES)
def test_an_exchange_for_the_same_changes_no_bit(other: Contribution, one: Contribution) -> None:
    state = NOTHING.exchanged(None, other).exchanged(None, one)
    assert state.exchanged(one, one).sums == state.sums
