"""The corridor's mass against numerical integration and against plain arithmetic."""

import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import dblquad
from shapely.geometry.base import BaseGeometry

from clearway_analytics.risk import corridor as corridors
from clearway_analytics.risk import outline
from clearway_analytics.risk.arrays import Floats
from clearway_analytics.risk.corridor import Corridor, Corridors

METRES = st.floats(-40_000, 40_000)
SDS = st.floats(50, 20_000)
# Two points that are less than a micrometre apart are one.
PLACES = METRES.map(lambda metres: round(metres, 6))
VERTICES = st.lists(st.tuples(PLACES, PLACES), min_size=2, max_size=12, unique=True)


def phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def strip(length: float, half_width: float, p: float, h: float, s: float) -> float:
    """Formula (2) for a straight line, with nothing but the standard library."""
    across = phi((half_width - h) / s) - phi((-half_width - h) / s)
    return across * (phi((length - p) / s) - phi(-p / s))


def is_inside(points: list[tuple[float, float]], half_width: float, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Beside a segment, or outside a bend: behind the end of one segment and before the start of the next."""
    found = np.zeros(x.shape, dtype=bool)
    behind = np.zeros(x.shape, dtype=bool)
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        length = math.dist((ax, ay), (bx, by))
        p = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length
        h = ((x - ax) * (by - ay) - (y - ay) * (bx - ax)) / length
        found |= (p >= 0) & (p <= length) & (np.abs(h) <= half_width)
        found |= behind & (p <= 0) & (np.hypot(x - ax, y - ay) <= half_width)
        behind = p >= length
    return found


def brute_force(points: list[tuple[float, float]], half_width: float, x: float, y: float, s: float) -> float:
    """The share of points inside, of 160,000 that are spread as the kernel is: right to about a thousandth."""
    steps = (np.arange(400) + 0.5) / 400
    radius = s * np.sqrt(-2.0 * np.log1p(-steps))[:, None]
    angle = 2.0 * math.pi * (steps[None, :] + 0.382 * np.arange(400)[:, None])
    return float(is_inside(points, half_width, x + radius * np.cos(angle), y + radius * np.sin(angle)).mean())


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


@given(st.floats(1, 80_000), st.floats(10, 5_000), METRES, st.floats(0, 40_000), SDS)
def test_mass_on_a_straight_line_agrees_with_plain_arithmetic(
    length: float, half_width: float, p: float, h: float, s: float
) -> None:
    found = mass(corridor([(0, 0), (length, 0)], half_width), p, h, s)
    assert found == pytest.approx(strip(length, half_width, p, h, s), abs=1e-8)


# Corners of the outline may be off by a hundredth of the half-width, and its bends are many-sided; brute force is right
# to about a thousandth of the mass.
CORNERS = 0.0125
SHARE = 0.0015
# The same for kernels that are as wide as the corridor.
TOLERANCE = 0.012


@settings(max_examples=40, deadline=None)
@given(VERTICES, st.floats(100, 5_000), st.floats(-1, 1), st.floats(-1, 1), SDS, st.integers(0, 11))
def test_the_union_agrees_with_brute_force(
    points: list[tuple[float, float]], half_width: float, east: float, north: float, s: float, vertex: int
) -> None:
    # A step that is shorter than what its ends may be off has no direction, and the corridor ends flat across it.
    assume(min(itertools.starmap(math.dist, itertools.pairwise(points))) > outline.TOLERANCE * half_width)
    (x, y), reach = points[vertex % len(points)], half_width + 2 * s
    x, y = x + east * reach, y + north * reach
    found = mass(corridor(points, half_width), x, y, s)
    assert found >= brute_force(points, (1 - CORNERS) * half_width, x, y, s) - SHARE
    assert found <= brute_force(points, (1 + CORNERS) * half_width, x, y, s) + SHARE


@pytest.mark.parametrize("end", [[(0, 0), (0, 1)], [(0, 0), (0.3, 0.2)], [(0, 0), (-1, 1)]], ids=str)
def test_a_line_ends_flat_across_its_last_step_however_short(end: list[tuple[float, float]]) -> None:
    points = [(0.0, 27.0), (1.0, -2.0), *end]
    for route in (points, points[::-1]):
        for x, y in ((60.0, 20.0), (-60.0, 20.0), (0.0, -40.0)):
            assert mass(corridor(route, 100.0), x, y, 50.0) == pytest.approx(
                brute_force(route, 100.0, x, y, 50.0), abs=TOLERANCE
            )


def test_a_point_that_is_next_to_nothing_off_the_line_changes_nothing() -> None:
    """The square of the difference is less than the smallest number."""
    bent = [(1.0, 0.0), (2.3e-174, 0.0), (0.0, 1.0), (0.0, 0.0)]
    plain = [(1.0, 0.0), (0.0, 0.0), (0.0, 1.0), (0.0, 0.0)]
    assert mass(corridor(bent, 100.0), 50.0, 0.0, 80.0) == pytest.approx(mass(corridor(plain, 100.0), 50.0, 0.0, 80.0))


def spiral(turns: float) -> list[tuple[float, float]]:
    """Its windings are 600 m apart: closer than a corridor is wide."""
    angles = np.linspace(0, 2 * math.pi * turns, int(40 * turns) + 2)
    return [(float(600 * a / 6.283 * math.cos(a)), float(600 * a / 6.283 * math.sin(a))) for a in angles]


WINDING = {
    "out and back": [(0, 0), (10_000, 0), (0, 0)],
    "out and back beside it": [(0, 0), (10_000, 0), (10_000, 30), (0, 30)],
    "thrice": [(0, 0), (10_000, 0), (0, 1), (10_000, 2)],
    "zigzag": [(300 * i, 400 * (i % 2)) for i in range(30)],
    "crossing": [(0, 0), (8_000, 0), (8_000, 3_000), (4_000, 3_000), (4_000, -5_000)],
    "hairpin": [(0, 0), (5_000, 0), (5_100, 100), (5_000, 200), (0, 1_200)],
    "spiral": spiral(5),
}


@pytest.mark.parametrize("points", WINDING.values(), ids=WINDING)
@pytest.mark.parametrize("s", [100, 500, 2_500, 15_000])
def test_ground_that_a_line_meets_again_counts_once(points: list[tuple[float, float]], s: float) -> None:
    rng = np.random.default_rng(int(s))
    route = corridor(points)
    for (x, y), (east, north) in zip(points[:: max(1, len(points) // 4)], rng.normal(0, s, (9, 2)), strict=False):
        found = mass(route, x + east, y + north, s)
        assert found == pytest.approx(brute_force(points, 500.0, x + east, y + north, s), abs=TOLERANCE)


def test_out_and_back_is_the_mass_and_the_area_of_out() -> None:
    out, both = corridor([(0, 0), (10_000, 0)]), corridor([(0, 0), (10_000, 0), (0, 0)])
    for x, y, s in [(5_000, 0, 100), (5_000, 400, 500), (3_000, 2_000, 2_500), (0, 0, 500)]:
        assert mass(both, x, y, s) == pytest.approx(mass(out, x, y, s), abs=2e-3)
    # At the turn the corridor is round.
    assert both.area_km2 == pytest.approx(out.area_km2 + math.pi * 0.25 / 2, rel=2e-3)


def test_an_outline_has_no_more_edges_than_its_shape_needs() -> None:
    """They are the cost of every incident near the route."""
    assert len(corridor([(0, 0), (90_000, 0)]).outline.length) == 4
    # Its ends stand across its first and last step, which are turned a little.
    assert len(corridor([(10.0 * i, 0.1 * (i % 2)) for i in range(5_000)]).outline.length) <= 6
    rng = np.random.default_rng(5)
    turns = np.cumsum(rng.normal(0, 0.2, 1_000))
    winding = np.cumsum(250 * np.column_stack((np.cos(turns), np.sin(turns))), axis=0)
    assert len(corridor([(float(x), float(y)) for x, y in winding]).outline.length) < 3_000


def test_what_keeps_the_interpreter_for_itself_is_done_in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else of the process runs while shapely simplifies: 0.6 s for this outline as a whole."""
    asked: list[int] = []
    simplify = shapely.LineString.simplify

    def counted(line: shapely.LineString, tolerance: float, preserve_topology: bool = True) -> BaseGeometry:
        asked.append(len(line.coords))
        return simplify(line, tolerance, preserve_topology=preserve_topology)

    monkeypatch.setattr(shapely.LineString, "simplify", counted)
    route = corridor([(110.0 * i, 1_100.0 * (i % 2)) for i in range(5_000)], 50.0)
    assert len(route.outline.length) > 50_000
    assert max(asked) == outline.THINNED_AT_ONCE + 1


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
    assert mass(corridor(points), x, y, s) == pytest.approx(mass(corridor(points[::-1]), x, y, s), abs=TOLERANCE)


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
    masses, distances = Corridors.joined(item).measure(which, x, y, np.tile(sds, (20, 1)))
    for place, number in enumerate(which.tolist()):
        alone, distance = item[number].measure(x[place : place + 1], y[place : place + 1], sds[None])
        assert masses[place] == pytest.approx(alone[0], abs=1e-12)
        assert distances[place] == pytest.approx(distance[0])


def test_more_edges_than_are_measured_at_once_are_measured_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(12)
    item = [corridor([(float(x), float(y)) for x, y in rng.uniform(-20_000, 20_000, (9, 2))]) for _ in range(5)]
    joined, which, sds = Corridors.joined(item), np.arange(5), np.tile([100.0, 2_500.0], (5, 1))
    masses, distances = joined.measure(which, np.zeros(5), np.zeros(5), sds)
    monkeypatch.setattr(corridors, "EDGES_AT_ONCE", 30)
    in_parts, also = joined.measure(which, np.zeros(5), np.zeros(5), sds)
    assert joined.edges(which) > 30
    assert in_parts == pytest.approx(masses, abs=1e-12)
    assert also == pytest.approx(distances)
