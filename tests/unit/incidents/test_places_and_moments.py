"""Where and when: what is derived, and what cannot be."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway_contracts.geometry import Point
from clearway_contracts.incident import IncidentTime
from clearway_contracts.vocabulary import LocationPrecision, TimePrecision
from clearway_incidents.domain.errors import InvalidFact
from clearway_incidents.domain.moment import check, span
from clearway_incidents.domain.place import DEFAULT_UNCERTAINTY_M, grid_reference

from .conftest import NOW

PAST = st.integers(0, 76 * 365 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes))


@given(PAST, st.sampled_from(TimePrecision))
def test_a_moment_lies_within_the_span_that_is_derived(occurred_at: datetime, precision: TimePrecision) -> None:
    earliest, latest = span(occurred_at, None, None, precision, NOW)
    assert earliest <= occurred_at <= latest
    assert latest <= NOW


@given(st.none() | PAST, st.none() | PAST, st.sampled_from(TimePrecision))
def test_one_given_bound_never_crosses_the_other(
    earliest: datetime | None, latest: datetime | None, precision: TimePrecision
) -> None:
    if earliest is not None and latest is not None:
        earliest, latest = sorted((earliest, latest))
    first, last = span(None, earliest, latest, precision, NOW)
    assert first <= last
    assert (earliest or first, latest or last) == (first, last)


def test_field_clocks_may_run_ahead_a_little() -> None:
    for ahead, fits in ((timedelta(minutes=4), True), (timedelta(minutes=6), False)):
        moment = NOW + ahead
        time = IncidentTime(
            occurred_at=moment,
            earliest=moment,
            latest=moment,
            precision=TimePrecision.MINUTE,
            reported_at=NOW,
            recorded_at=NOW,
        )
        if fits:
            check(time, NOW)
        else:
            with pytest.raises(InvalidFact, match="future"):
                check(time, NOW)


def test_every_precision_has_its_uncertainty() -> None:
    assert set(DEFAULT_UNCERTAINTY_M) == set(LocationPrecision)


@pytest.mark.parametrize(
    ("longitude", "latitude", "reference"),
    [(44.4, 33.3, "38SMB4414084706"), (6.0, 72.5, "31XFA0065247218"), (0.0, -90.0, "BAN0000000000")],
)
def test_grid_references(longitude: float, latitude: float, reference: str) -> None:
    assert grid_reference(Point(coordinates=(longitude, latitude))) == reference


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_every_place_has_a_grid_reference(longitude: float, latitude: float) -> None:
    assert grid_reference(Point(coordinates=(longitude, latitude)))
