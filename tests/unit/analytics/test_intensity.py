"""Formula (2) is formula (1) integrated over the corridor and the horizon."""

import math

import numpy as np
import pytest
from scipy.integrate import tplquad

from clearway_analytics.risk.corridor import Corridor
from clearway_analytics.risk.intensity import background, cutoff_m, expected_from_incidents, reach
from clearway_analytics.risk.parameters import DENSE, SPARSE, Parameters

PARAMETERS = pytest.mark.parametrize("parameters", [SPARSE, DENSE], ids=lambda one: one.name)


def straight(length: float, half_width: float = 500.0) -> Corridor:
    return Corridor.along(np.array([0.0, length]), np.zeros(2), half_width)


@PARAMETERS
def test_expected_events_are_the_intensity_integrated(parameters: Parameters) -> None:
    length, half_width, horizon, age, x, y, sd, v = 4_000.0, 500.0, 7.0, 20.0, 1_500.0, 900.0, 800.0, 0.8

    def intensity_per_m2(t: float, north: float, east: float) -> float:
        squared = (east - x) ** 2 + (north - y) ** 2
        kernels = 0.0
        for s, a in zip(parameters.scales_m, parameters.shares, strict=True):
            variance = s * s + sd * sd
            kernels += a * math.exp(-squared / (2 * variance)) / (2 * math.pi * variance)
        decay = math.exp(-(age + t) / parameters.decay_days) / parameters.decay_days
        return parameters.background_per_km2_day * 1e-6 + v * kernels * decay

    integral, _ = tplquad(intensity_per_m2, 0, length, -half_width, half_width, 0, horizon, epsabs=1e-10)
    route = straight(length, half_width)
    share = reach(route, np.array([x]), np.array([y]), np.array([sd]), parameters).share[0]
    total = v * share * math.exp(-age / parameters.decay_days)
    found = expected_from_incidents(total, horizon, parameters.decay_days) + background(
        route.area_km2, horizon, parameters
    )
    assert found == pytest.approx(integral, rel=1e-6)


@PARAMETERS
def test_what_lies_beyond_the_cutoff_would_not_have_mattered(parameters: Parameters) -> None:
    sd = np.array([0.0, 300.0, 5_000.0])
    edge = cutoff_m(sd, parameters)
    for factor, near in ((0.999, True), (1.001, False)):
        bearing = reach(straight(300_000.0), np.full(3, 150_000.0), factor * edge, sd, parameters)
        assert bearing.near.tolist() == [near] * 3
        assert (bearing.share < 1e-6).all()


def test_the_share_never_exceeds_what_an_incident_announces() -> None:
    bend = Corridor.along(np.array([0.0, 400.0, 0.0, 400.0]), np.array([0.0, 10.0, 20.0, 30.0]), 500.0)
    assert reach(bend, np.array([200.0]), np.array([15.0]), np.zeros(1), SPARSE).share[0] <= sum(SPARSE.shares)


def test_a_worse_known_place_spreads_its_weight() -> None:
    places = np.zeros(3)
    shares = reach(straight(50_000.0), places + 25_000.0, places, np.array([10.0, 1_000.0, 20_000.0]), SPARSE).share
    assert shares[0] > shares[1] > shares[2]


def test_the_background_is_proportional_to_area_and_time() -> None:
    assert background(straight(10_000.0).area_km2, 7.0, SPARSE) == pytest.approx(10 * 7 * SPARSE.background_per_km2_day)
