"""Words: what moves them, and the one that is never used."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from clearway_analytics.risk.assessment import Assessment, Ground, Sums, assess
from clearway_analytics.risk.bands import BandLimits
from clearway_analytics.risk.corridor import Corridor
from clearway_analytics.risk.evidence import is_recent
from clearway_analytics.risk.intensity import reach
from clearway_analytics.risk.parameters import SPARSE
from clearway_contracts.vocabulary import RiskBand

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LENGTH_M = 40_000.0


@pytest.mark.parametrize(
    ("expected", "is_evident", "band"),
    [
        (0.0, False, RiskBand.LOW_DATA),
        (0.004, False, RiskBand.LOW_DATA),
        (0.004, True, RiskBand.LOW),
        (0.005, False, RiskBand.ELEVATED),
        (0.03, False, RiskBand.HIGH),
        (0.15, False, RiskBand.SEVERE),
    ],
)
def test_words_begin_at_their_limits(expected: float, is_evident: bool, band: RiskBand) -> None:
    assert BandLimits().band(expected, is_evident=is_evident) is band


@pytest.mark.parametrize(
    ("nearby", "checked_days_ago", "is_evident"),
    [
        (2.99, None, False),
        (3.0, None, True),
        (0.0, 14.0, True),
        (0.0, 14.01, False),
        (0.0, 0.0, True),
    ],
)
def test_evidence_is_recent_and_near(nearby: float, checked_days_ago: float | None, is_evident: bool) -> None:
    checked = None if checked_days_ago is None else NOW - timedelta(days=checked_days_ago)
    assert is_recent(nearby, 3.0, checked, NOW) is is_evident


def test_a_pass_or_a_clearance_lets_a_low_risk_be_low() -> None:
    passed = Ground(40.0, 0.2, last_checked_at=NOW - timedelta(days=3))
    assert assess(Sums(), passed, NOW, 7.0, SPARSE).band is RiskBand.LOW
    assert assess(Sums(), passed, NOW + timedelta(days=12), 7.0, SPARSE).band is RiskBand.LOW_DATA


def test_many_incidents_far_away_are_no_evidence_of_a_low_risk() -> None:
    many = Sums(total=1e-3, squares=1e-8, largest=1e-4, newest=NOW)
    rated = assess(many, Ground(40.0, 0.2), NOW, 7.0, SPARSE)
    assert rated.effective_sample == pytest.approx(100)
    assert rated.band is RiskBand.LOW_DATA


def test_no_route_is_called_safe() -> None:
    assert {band.value for band in RiskBand} == {"low", "elevated", "high", "severe", "low_data", "known_hazard"}


def on_the_road(count: int, weight: float) -> Assessment:
    """A road of 40 km with so many fresh incidents in its middle, their places known to 15 m."""
    road = Corridor.along(np.array([0.0, LENGTH_M]), np.zeros(2), 500.0)
    share = float(reach(road, np.array([LENGTH_M / 2]), np.zeros(1), np.array([7.0]), SPARSE).share[0])
    term = weight * share
    sums = Sums(count * term, count * term**2, term if count else 0.0, NOW if count else None)
    return assess(sums, Ground(road.area_km2, share), NOW, 7.0, SPARSE)


def test_a_road_without_incidents_is_low_data_with_a_wide_interval() -> None:
    quiet = on_the_road(0, 1.0)
    assert quiet.band is RiskBand.LOW_DATA
    assert quiet.data_age_days is None
    assert quiet.expected_events == quiet.background > 0
    assert quiet.high > 10 * quiet.expected_events


def test_one_fresh_unverified_report_moves_the_word() -> None:
    assert on_the_road(1, SPARSE.credibility_weights["cannot_be_judged"]).band is RiskBand.ELEVATED


def test_three_verified_make_it_high_and_eleven_severe() -> None:
    assert on_the_road(3, 1.0).band is RiskBand.HIGH
    assert on_the_road(11, 1.0).band is RiskBand.SEVERE


def test_the_word_does_not_depend_on_the_horizon_that_was_asked_for() -> None:
    short = on_the_road(1, 1.0)
    sums = Sums(total=short.incidents / -np.expm1(-7.0 / SPARSE.decay_days))
    longer = assess(sums, Ground(40.0, 0.2), NOW, 90.0, SPARSE)
    assert longer.expected_events > short.expected_events
    assert longer.band is short.band


def test_the_parts_add_up_and_the_interval_holds_the_whole() -> None:
    some = on_the_road(2, 0.8)
    assert some.expected_events == some.background + some.incidents
    assert some.low < some.expected_events < some.high
