"""Routes in metres, and the search for those near an incident."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway_analytics.domain.line import EARTH, Position
from clearway_analytics.risk.footprint import Footprint
from clearway_analytics.risk.network import Network, Pairs
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


def near(network: Network, longitude: float, latitude: float, distance_m: float) -> list[int]:
    """The routes near one place."""
    found = network.near(np.array([longitude]), np.array([latitude]), np.array([distance_m]))
    assert not found.incidents.any()
    routes: list[int] = found.routes.tolist()
    return routes


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
    found = near(Network.of([footprint]), there[0], there[1], reach_m)
    if footprint.reach(np.array([there[0]]), np.array([there[1]]), np.array([sd]), SPARSE).near[0]:
        assert found == [0]


def test_routes_out_of_reach_are_not_looked_at() -> None:
    network = Network.of([Footprint.of(((i, 10), (i + 0.1, 10)), 500.0) for i in range(20)])
    assert near(network, 5.0, 10.0, 75_000) == [5]


def test_a_route_beyond_the_antimeridian_is_found() -> None:
    network = Network.of([Footprint.of(((-179.99, -17), (-179.8, -17)), 500.0)])
    assert near(network, 179.99, -17.0, 75_000) == [0]


def test_an_empty_mission_has_no_routes_near() -> None:
    network = Network.of([])
    assert near(network, 5.0, 10.0, 75_000) == []


def test_near_both_sides_of_the_antimeridian_each_route_is_found_once_and_in_order() -> None:
    lines = [((179.5, -17), (179.9, -17)), ((-179.9, -17), (-179.5, -17)), ((170, -17), (171, -17))]
    network = Network.of([Footprint.of(line, 500.0) for line in lines])
    assert near(network, 180.0, -17.0, 75_000) == [0, 1]
    assert near(network, 180.0, -88.0, 8_000_000) == [0, 1, 2]


def test_the_other_side_of_the_world_is_far_away_and_quiet() -> None:
    footprint = Footprint.of(((20, 10), (20.1, 10)), 500.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bearing = footprint.reach(np.array([-160.0, 110.0]), np.array([-10.0, 0.0]), np.full(2, 1e6), SPARSE)
    assert not bearing.near.any()


def test_the_reference_is_an_incident_on_the_road() -> None:
    footprint = Footprint.of(((20, 10), (20.5, 10)), 500.0)
    assert footprint.reference_share(SPARSE) == pytest.approx(0.2, abs=0.02)


def test_incidents_bear_on_many_routes_as_each_on_each_alone() -> None:
    rng = np.random.default_rng(7)
    lines = [[tuple(point) for point in rng.uniform((29, 4), (31.5, 6), (4, 2)).tolist()] for _ in range(40)]
    footprints = [Footprint.of(line, float(rng.uniform(50, 2_000))) for line in lines]
    assert len({footprint.zone for footprint in footprints}) == 2
    which = np.arange(0, 40, 3)
    longitude, latitude, sd = np.array([30.1, 29.4, 31.2]), np.array([5.1, 4.4, 5.9]), np.array([90.0, 8_000.0, 10.0])
    pairs = Pairs(np.repeat(np.arange(3), len(which)), np.tile(which, 3))
    together = Network.of(footprints).reach(pairs, longitude, latitude, sd, SPARSE)
    assert 0 < together.near.sum() < len(pairs.routes)
    for place, (incident, route) in enumerate(zip(pairs.incidents, pairs.routes, strict=True)):
        own = slice(incident, incident + 1)
        alone = footprints[route].reach(longitude[own], latitude[own], sd[own], SPARSE)
        assert together.near[place] == alone.near[0]
        if alone.near[0]:
            assert together.share[place] == pytest.approx(alone.share[0], abs=1e-12)
            assert together.distance_m[place] == pytest.approx(alone.distance_m[0])


def test_the_routes_near_many_places_are_those_near_each() -> None:
    rng = np.random.default_rng(9)
    lines = [[tuple(point) for point in rng.uniform((-180, -80), (180, 80), (3, 2)).tolist()] for _ in range(60)]
    lines.append([(179.5, -17.0), (179.9, -17.0)])
    network = Network.of([Footprint.of(line, 500.0) for line in lines])
    longitude, latitude = np.append(rng.uniform(-180, 180, 40), -179.9), np.append(rng.uniform(-80, 80, 40), -17.0)
    distance = rng.uniform(1_000, 900_000, 41)
    pairs = network.near(longitude, latitude, distance)
    expected = [
        (place, route)
        for place in range(41)
        for route in near(network, longitude[place], latitude[place], distance[place])
    ]
    assert list(zip(pairs.incidents.tolist(), pairs.routes.tolist(), strict=True)) == expected
    assert (40, 60) in expected


def test_what_the_box_rules_out_was_out_of_reach() -> None:
    rng = np.random.default_rng(8)
    footprint = Footprint.of(((30, 5), (30.3, 5.2), (30.1, 5.6)), 500.0)
    longitude, latitude, sd = *rng.uniform((28, 3), (32, 8), (400, 2)).T, rng.uniform(0, 9_000, 400)
    network = Network.of([footprint])
    bearing = footprint.reach(longitude, latitude, sd, SPARSE)
    assert 0 < bearing.near.sum() < 400
    every = Pairs(np.arange(400), np.zeros(400, dtype=np.intp))
    assert network.reach(every, longitude, latitude, sd, SPARSE).near.tolist() == bearing.near.tolist()
