"""The corridor's mass against numerical integration and against plain arithmetic."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import dblquad

from clearway_analytics.risk.corridor import SEGMENTS_AT_ONCE, Corridor, Corridors

METRES = st.floats(-40_000, 40_000)
SDS = st.floats(50, 20_000)
VERTICES = st.lists(st.tuples(METRES, METRES), min_size=2, max_size=12, unique=True)


def phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def brute_force(points: list[tuple[float, float]], half_width: float, x: float, y: float, s: float) -> float:
    """Formula (2), segment by segment, with nothing but the standard library."""
    total = 0.0
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        length = math.dist((ax, ay), (bx, by))
        if length == 0:
            continue
        p = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length
        h = ((x - ax) * (by - ay) - (y - ay) * (bx - ax)) / length
        across = phi((half_width - h) / s) - phi((-half_width - h) / s)
        total += across * (phi((length - p) / s) - phi(-p / s))
    return min(1.0, total)


def corridor(points: list[tuple[float, float]], half_width: float = 500.0) -> Corridor:
    x, y = np.array(points, dtype=float).T
    return Corridor.along(x, y, half_width)


def mass(route: Corridor, x: float, y: float, s: float) -> float:
    masses, _ = route.measure(np.array([x]), np.array([y]), np.array([[s]]))
    return float(masses[0, 0])


@pytest.mark.parametrize(
    ("x", "y", "s"), [(2_000, 0, 500), (2_000, 700, 500), (-900, 300, 2_500), (6_500, -2_000, 1_500)]
)
def test_mass_on_a_straight_stretch_is_the_integral_of_the_kernel(x: float, y: float, s: float) -> None:
    length, half_width = 5_000.0, 500.0

    def kernel(v: float, u: float) -> float:
        return math.exp(-((u - x) ** 2 + (v - y) ** 2) / (2 * s * s)) / (2 * math.pi * s * s)

    integral, _ = dblquad(kernel, 0, length, -half_width, half_width)
    assert mass(corridor([(0, 0), (length, 0)], half_width), x, y, s) == pytest.approx(integral, abs=1e-9)


@given(VERTICES, METRES, METRES, SDS, st.floats(10, 5_000))
def test_mass_agrees_with_plain_arithmetic(
    points: list[tuple[float, float]], x: float, y: float, s: float, half_width: float
) -> None:
    found = mass(corridor(points, half_width), x, y, s)
    assert found == pytest.approx(brute_force(points, half_width, x, y, s), abs=1e-9)
    assert 0.0 <= found <= 1.0


@given(st.tuples(METRES, METRES), st.tuples(METRES, METRES), st.floats(0.05, 0.95), METRES, METRES, SDS)
def test_cutting_a_straight_stretch_changes_nothing(
    a: tuple[float, float], b: tuple[float, float], where: float, x: float, y: float, s: float
) -> None:
    if math.dist(a, b) < 1:
        return
    between = (a[0] + where * (b[0] - a[0]), a[1] + where * (b[1] - a[1]))
    assert mass(corridor([a, between, b]), x, y, s) == pytest.approx(mass(corridor([a, b]), x, y, s), abs=1e-9)


@given(VERTICES, METRES, METRES, SDS)
def test_mass_is_the_same_in_either_direction(points: list[tuple[float, float]], x: float, y: float, s: float) -> None:
    assert mass(corridor(points), x, y, s) == pytest.approx(mass(corridor(points[::-1]), x, y, s), abs=1e-12)


def test_many_points_are_measured_as_each_alone() -> None:
    rng = np.random.default_rng(20260301)
    route = corridor([tuple(point) for point in rng.uniform(-20_000, 20_000, (300, 2)).tolist()])
    x, y = rng.uniform(-30_000, 30_000, (2, 1_500))
    sds = rng.uniform(50, 15_000, (1_500, 4))
    together, distances = route.measure(x, y, sds)
    for i in range(0, 1_500, 250):
        alone, distance = route.measure(x[i : i + 1], y[i : i + 1], sds[i : i + 1])
        assert together[i] == pytest.approx(alone[0], abs=1e-12)
        assert distances[i] == pytest.approx(distance[0])


@pytest.mark.parametrize(("x", "y", "distance"), [(50, 30, 30), (-30, 40, 50), (100, 0, 0), (103, -4, 5)])
def test_distance_is_to_the_nearest_point_of_the_line(x: float, y: float, distance: float) -> None:
    _, found = corridor([(0, 0), (100, 0)]).measure(np.array([x]), np.array([y]), np.array([[100.0]]))
    assert found[0] == pytest.approx(distance)


def test_a_line_of_one_place_has_no_corridor() -> None:
    with pytest.raises(ValueError, match="two distinct points"):
        corridor([(1, 1), (1, 1)])


def test_corridors_laid_end_to_end_are_measured_as_each_alone() -> None:
    rng = np.random.default_rng(11)
    item = [
        corridor([tuple(point) for point in rng.uniform(-20_000, 20_000, (vertices, 2)).tolist()], half_width)
        for vertices, half_width in zip(rng.integers(2, 9, 50), rng.uniform(50, 2_000, 50), strict=True)
    ]
    which = rng.permutation(50)[:20]
    x, y = rng.uniform(-30_000, 30_000, (2, 20))
    sds = np.array([50.0, 700.0, 15_000.0])
    masses, distances = Corridors.joined(item).measure(which, x, y, sds)
    for place, number in enumerate(which.tolist()):
        alone, distance = item[number].measure(x[place : place + 1], y[place : place + 1], sds[None])
        assert masses[place] == pytest.approx(alone[0], abs=1e-12)
        assert distances[place] == pytest.approx(distance[0])


def test_more_segments_than_are_measured_at_once_are_measured_in_parts() -> None:
    rng = np.random.default_rng(12)
    vertices = SEGMENTS_AT_ONCE // 2
    item = [corridor([tuple(p) for p in rng.uniform(-20_000, 20_000, (vertices, 2)).tolist()]) for _ in range(5)]
    joined, which, sds = Corridors.joined(item), np.arange(5), np.array([100.0])
    masses, distances = joined.measure(which, np.zeros(5), np.zeros(5), sds)
    for number in range(5):
        alone, distance = joined.measure(which[number : number + 1], np.zeros(1), np.zeros(1), sds)
        assert masses[number] == pytest.approx(alone[0], abs=1e-12)
        assert distances[number] == distance[0]
