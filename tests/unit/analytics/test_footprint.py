"""Routes in metres, and the search for those near an incident."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway_analytics.domain.line import EARTH, Position
from clearway_analytics.risk.footprint import Footprint
from clearway_analytics.risk.network import Network
from clearway_analytics.risk.parameters import SPARSE
from clearway_analytics.risk.projection import project, utm_zone

LON = st.floats(-179.5, 179.5)
LAT = st.floats(-75, 75)


@pytest.mark.parametrize(
    ("place", "zone"),
    [((-180, 10), 32601), ((180, 10), 32660), ((3, 10), 32631), ((2.999, -10), 32731), ((36.8, -1.3), 32737)],
)
def test_the_zone_is_that_of_the_place(place: Position, zone: int) -> None:
    assert utm_zone(*place) == zone


@given(LON, LAT, st.floats(0, 360), st.floats(1, 75_000))
def test_distances_near_a_route_are_those_on_the_ground(
    longitude: float, latitude: float, azimuth: float, metres: float
) -> None:
    there = EARTH.fwd(longitude, latitude, azimuth, metres)
    x, y = project(utm_zone(longitude, latitude), [longitude, there[0]], [latitude, there[1]])
    assert np.hypot(np.diff(x), np.diff(y))[0] == pytest.approx(metres, rel=4e-3)


@given(LON, LAT, st.floats(0, 360), st.floats(0, 1.2), st.floats(0, 20_000))
def test_the_search_misses_no_route_that_an_incident_reaches(
    longitude: float, latitude: float, azimuth: float, fraction: float, sd: float
) -> None:
    line = ((longitude, latitude), (longitude + 0.3 if longitude < 0 else longitude - 0.3, latitude))
    footprint = Footprint.of(line, 500.0)
    reach_m = SPARSE.cutoff_sd * float(SPARSE.widest_sd(np.array([sd]))[0])
    there = EARTH.fwd(longitude, latitude, azimuth, fraction * reach_m)
    found = Network.of([footprint]).near(there[0], there[1], reach_m)
    if footprint.reach(np.array([there[0]]), np.array([there[1]]), np.array([sd]), SPARSE).near[0]:
        assert found.tolist() == [0]


def test_routes_out_of_reach_are_not_looked_at() -> None:
    network = Network.of([Footprint.of(((i, 10), (i + 0.1, 10)), 500.0) for i in range(20)])
    assert network.near(5.0, 10.0, 75_000).tolist() == [5]


def test_a_route_beyond_the_antimeridian_is_found() -> None:
    network = Network.of([Footprint.of(((-179.99, -17), (-179.8, -17)), 500.0)])
    assert network.near(179.99, -17.0, 75_000).tolist() == [0]


def test_an_empty_mission_has_no_routes_near() -> None:
    network = Network.of([])
    near = network.near(5.0, 10.0, 75_000)
    assert near.tolist() == []
    assert list(network.reach(near, 5.0, 10.0, 20.0, SPARSE)) == []


def test_near_both_sides_of_the_antimeridian_each_route_is_found_once_and_in_order() -> None:
    lines = [((179.5, -17), (179.9, -17)), ((-179.9, -17), (-179.5, -17)), ((170, -17), (171, -17))]
    network = Network.of([Footprint.of(line, 500.0) for line in lines])
    assert network.near(180.0, -17.0, 75_000).tolist() == [0, 1]
    assert network.near(180.0, -88.0, 8_000_000).tolist() == [0, 1, 2]


def test_the_other_side_of_the_world_is_far_away_and_quiet() -> None:
    footprint = Footprint.of(((20, 10), (20.1, 10)), 500.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bearing = footprint.reach(np.array([-160.0, 110.0]), np.array([-10.0, 0.0]), np.full(2, 1e6), SPARSE)
    assert not bearing.near.any()


def test_the_reference_is_an_incident_on_the_road() -> None:
    footprint = Footprint.of(((20, 10), (20.5, 10)), 500.0)
    assert footprint.reference_share(SPARSE) == pytest.approx(0.2, abs=0.02)


def test_one_incident_bears_on_many_routes_as_on_each_alone() -> None:
    rng = np.random.default_rng(7)
    lines = [[tuple(point) for point in rng.uniform((29, 4), (31.5, 6), (4, 2)).tolist()] for _ in range(40)]
    footprints = [Footprint.of(line, float(rng.uniform(50, 2_000))) for line in lines]
    assert len({footprint.zone for footprint in footprints}) == 2
    which = np.arange(0, 40, 3)
    reached = Network.of(footprints).reach(which, 30.1, 5.1, 90.0, SPARSE)
    together = {place: (share, metres) for place, share, metres in reached}
    assert 0 < len(together) <= len(which)
    for place in which.tolist():
        alone = footprints[place].reach(np.array([30.1]), np.array([5.1]), np.array([90.0]), SPARSE)
        assert (place in together) is bool(alone.near[0])
        if place in together:
            assert together[place][0] == pytest.approx(alone.share[0], abs=1e-12)
            assert together[place][1] == pytest.approx(alone.distance_m[0])


def test_what_the_box_rules_out_was_out_of_reach() -> None:
    rng = np.random.default_rng(8)
    footprint = Footprint.of(((30, 5), (30.3, 5.2), (30.1, 5.6)), 500.0)
    longitude, latitude, sd = *rng.uniform((28, 3), (32, 8), (400, 2)).T, rng.uniform(0, 9_000, 400)
    network = Network.of([footprint])
    bearing = footprint.reach(longitude, latitude, sd, SPARSE)
    assert 0 < bearing.near.sum() < 400
    for i in range(400):
        item = list(network.reach(np.array([0]), longitude[i], latitude[i], sd[i], SPARSE))
        assert bool(item) is bool(bearing.near[i])
