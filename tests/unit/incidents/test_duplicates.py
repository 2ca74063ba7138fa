"""How alike two incidents are: the same from both sides, less the further apart and the less closely known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway_contracts.geometry import Point
from clearway_contracts.vocabulary import Category, Outcome
from clearway_incidents.domain.duplicates import LONGEST_APART, LONGEST_SPAN, NEAREST_M, Compared, Likeness, likeness
from clearway_incidents.domain.place import distance_m

AT = datetime(2026, 2, 28, 5, 40, tzinfo=UTC)
ONE = Compared(
    point=Point(coordinates=(-3.9962, 17.0421)),
    uncertainty_m=25.0,
    earliest=AT,
    latest=AT + timedelta(minutes=2),
    category=Category.IED,
    outcome=Outcome.FOUND_NOT_CLEARED,
    exercise=False,
)

compared = st.builds(
    Compared,
    point=st.builds(
        Point, coordinates=st.tuples(st.floats(-4.05, -3.95), st.floats(17.0, 17.1)), type=st.just("Point")
    ),
    uncertainty_m=st.floats(1, 30_000),
    earliest=st.timedeltas(timedelta(days=-1), timedelta(days=1)).map(lambda off: AT + off),
    latest=st.just(AT + timedelta(days=2)),
    category=st.sampled_from(Category),
    outcome=st.sampled_from(Outcome),
    exercise=st.booleans(),
)


def like(other: Compared) -> Likeness:
    found = likeness(ONE, other)
    assert found is not None
    return found


def east(metres: float, of: Compared = ONE) -> Compared:
    longitude, latitude = of.point.coordinates
    return replace(of, point=Point(coordinates=(longitude + metres / 106_310, latitude)))


def later(by: timedelta) -> Compared:
    return replace(ONE, earliest=ONE.earliest + by, latest=ONE.latest + by)


def test_the_same_twice_is_nearly_certain() -> None:
    assert like(ONE).score == pytest.approx(0.95, abs=0.02)
    assert (like(ONE).distance_m, like(ONE).apart) == (0, timedelta(0))


@given(compared, compared)
def test_it_is_the_same_from_both_sides_and_bounded(one: Compared, other: Compared) -> None:
    found = likeness(one, other)
    assert found == likeness(other, one)
    if found is not None:
        assert distance_m(one.point, other.point) <= max(NEAREST_M, one.uncertainty_m + other.uncertainty_m)
        assert found.apart <= LONGEST_APART
        for part in (found.score, found.place, found.time, found.category, found.outcome):
            assert 0 <= part <= 1


def test_each_part_falls_with_what_lies_between() -> None:
    assert [like(east(metres)).place for metres in (0, 100, 300, 499)] == sorted(
        (like(east(metres)).place for metres in (0, 100, 300, 499)), reverse=True
    )
    hours = [like(later(timedelta(hours=number))).time for number in range(7)]
    assert hours == sorted(hours, reverse=True)
    assert hours[0] > hours[6]
    wide = replace(ONE, uncertainty_m=10_000.0)
    assert like(wide).place < like(ONE).place
    assert like(replace(ONE, latest=AT + timedelta(days=1))).time < like(ONE).time


def test_the_bounds_are_those_of_the_rule() -> None:
    assert likeness(ONE, east(NEAREST_M + 5)) is None
    assert likeness(ONE, later(LONGEST_APART + timedelta(minutes=3))) is None
    assert like(later(LONGEST_APART + timedelta(minutes=1))).apart < LONGEST_APART
    assert likeness(ONE, replace(ONE, latest=AT + LONGEST_SPAN + timedelta(seconds=1))) is None
    assert likeness(ONE, replace(ONE, uncertainty_m=60_000.0)) is None
    assert likeness(ONE, replace(ONE, exercise=True)) is None


@pytest.mark.parametrize(
    ("one", "other", "part"),
    [
        (Outcome.DETONATED, Outcome.DETONATED, 1.0),
        (Outcome.DETONATED, Outcome.PARTIAL, 0.7),
        (Outcome.FOUND_MARKED, Outcome.FOUND_CLEARED, 0.7),
        (Outcome.FOUND_NOT_CLEARED, Outcome.HOAX, 0.7),
        (Outcome.DETONATED, Outcome.UNKNOWN, 0.5),
        (Outcome.DETONATED, Outcome.FOUND_NOT_CLEARED, None),
        (Outcome.DETONATED, Outcome.FALSE_ALARM, None),
        (Outcome.FOUND_CLEARED, Outcome.HOAX, None),
    ],
)
def test_outcomes_agree_or_contradict(one: Outcome, other: Outcome, part: float | None) -> None:
    found = likeness(replace(ONE, outcome=one), replace(ONE, outcome=other))
    assert (None if found is None else found.outcome) == part


def test_an_unknown_category_speaks_for_nothing_and_another_one_against_it() -> None:
    assert like(replace(ONE, category=Category.UNKNOWN)).category == 0.5
    assert likeness(ONE, replace(ONE, category=Category.LANDMINE)) is None
