"""How often the stated interval holds the truth, on processes whose truth is known."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from clearway_analytics.risk.assessment import Assessment, Ground, Sums, assess
from clearway_analytics.risk.corridor import Corridor
from clearway_analytics.risk.intensity import expected_from_incidents, reach
from clearway_analytics.risk.parameters import SPARSE, Parameters

NOW = datetime(2026, 3, 1, tzinfo=UTC)
# Without the widest kernel, so that the ground that matters, and with it the number of incidents, is small.
NARROW = replace(SPARSE, scales_m=(100.0, 500.0, 2_500.0), shares=(0.1, 0.3, 0.6))
LENGTH_M, HALF_WIDTH_M = 40_000.0, 500.0
ROAD = Corridor.along(np.array([0.0, LENGTH_M]), np.zeros(2), HALF_WIDTH_M)
HISTORY_DAYS = 500.0
HORIZON_DAYS = 7.0


def rated(rng: np.random.Generator, per_km2_day: float, parameters: Parameters) -> Assessment:
    """The risk after a history in which incidents fall everywhere at one rate."""
    margin = parameters.cutoff_sd * max(parameters.scales_m)
    wide, tall = LENGTH_M + 2 * margin, 2 * margin
    number = rng.poisson(per_km2_day * wide * tall / 1e6 * HISTORY_DAYS)
    x, y = rng.uniform(-margin, LENGTH_M + margin, number), rng.uniform(-margin, margin, number)
    age = rng.uniform(0.0, HISTORY_DAYS, number)
    share = reach(ROAD, x, y, np.zeros(number), parameters).share
    present = share * np.exp(-age / parameters.decay_days)
    middle = reach(ROAD, np.array([LENGTH_M / 2]), np.zeros(1), np.zeros(1), parameters).share[0]
    sums = Sums(float(present.sum()), float((present**2).sum()), float(present.max(initial=0.0)))
    return assess(sums, Ground(ROAD.area_km2, float(middle)), NOW, HORIZON_DAYS, parameters)


def truth(per_km2_day: float, parameters: Parameters) -> float:
    """The mean of the expected events over all histories: the mass of all kernels on the road is its area."""
    remembered = parameters.decay_days * -np.expm1(-HISTORY_DAYS / parameters.decay_days)
    total = per_km2_day * ROAD.area_km2 * sum(parameters.shares) * remembered
    return expected_from_incidents(float(total), HORIZON_DAYS, parameters.decay_days)


def test_the_interval_holds_the_true_mean_nine_times_in_ten() -> None:
    """With an effective sample of 150."""
    per_km2_day = 4e-3
    rng = np.random.default_rng(19970801)
    histories = [rated(rng, per_km2_day, NARROW) for _ in range(150)]
    mean = truth(per_km2_day, NARROW)
    assert np.mean([one.incidents for one in histories]) == pytest.approx(mean, rel=0.05)
    held = np.mean([one.low <= mean + one.background <= one.high for one in histories])
    assert held == pytest.approx(0.90, abs=0.05)


def test_with_few_incidents_the_interval_holds_the_truth_more_often() -> None:
    """It allows for one more incident in the middle of the road, so that an empty road is not certain to be quiet: with
    an effective sample of 6 it holds the truth in 0.99 of all histories, with 40 in 0.98."""
    rng = np.random.default_rng(7)
    mean = truth(1e-4, NARROW)
    histories = [rated(rng, 1e-4, NARROW) for _ in range(300)]
    assert np.mean([one.low <= mean + one.background <= one.high for one in histories]) >= 0.90
