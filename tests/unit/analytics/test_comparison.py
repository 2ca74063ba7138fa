"""A comparison of two sets of parameters in short."""

import pytest

from clearway_analytics.risk.comparison import RouteComparison, Summary
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.clock import new_id


def compared(before: float, after: float, *bands: RiskBand) -> RouteComparison:
    return RouteComparison(new_id(), before, after, *bands)


def test_a_summary_counts_words_and_factors() -> None:
    summary = Summary.of(
        [
            compared(0.01, 0.04, RiskBand.ELEVATED, RiskBand.HIGH),
            compared(0.04, 0.02, RiskBand.HIGH, RiskBand.ELEVATED),
            compared(0.002, 0.002, RiskBand.LOW, RiskBand.LOW_DATA),
            compared(0.002, 0.003, RiskBand.LOW, RiskBand.LOW),
        ]
    )
    assert summary == Summary(4, 3, 1, 1, 0.04 / 0.01, 0.02 / 0.04)


def test_a_known_hazard_is_above_every_band() -> None:
    raised = compared(0.2, 0.2, RiskBand.SEVERE, RiskBand.KNOWN_HAZARD)
    lowered = compared(0.2, 0.2, RiskBand.KNOWN_HAZARD, RiskBand.SEVERE)
    summary = Summary.of([raised, lowered])
    assert (summary.bands_raised, summary.bands_lowered) == (1, 1)


def test_a_mission_without_routes_has_no_factor() -> None:
    assert Summary.of([]) == Summary(0, 0, 0, 0, None, None)


def test_a_fall_changes_as_much_as_a_rise() -> None:
    rise, fall = compared(0.01, 0.03, RiskBand.LOW, RiskBand.LOW), compared(0.03, 0.01, RiskBand.LOW, RiskBand.LOW)
    assert rise.change == pytest.approx(fall.change)
    assert (rise.factor, fall.factor) == pytest.approx((3.0, 1 / 3))
