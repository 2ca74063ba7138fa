"""Distances are never too long, anywhere on the earth, and cost no more for a line that is drawn to do harm."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from clearway_alerts.domain import geometry
from clearway_alerts.domain.areas import (
    MAX_LINE_M,
    MAX_POSITIONS,
    Area,
    Circle,
    Corridor,
    Polygon,
    RouteCorridor,
    check_area,
)
from clearway_alerts.domain.errors import ImpossibleArea
from clearway_alerts.domain.geometry import are_within, box_around, distance_to, widened
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.matching import Index, explained, watch_of
from clearway_alerts.domain.subscription import Filter

GEOD = Geod(ellps="WGS84")
Make = Callable[..., IncidentView]
Lines = list[tuple[float, float]]

# The whole earth, and what is special on it: the poles, the antimeridian, the equator.
longitudes = st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, -179.99, 0.0, 179.99, 180.0]))
latitudes = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, -89.99, 0.0, 85.0, 89.99, 90.0]))
anywhere = st.tuples(longitudes, latitudes)


def brute(line: Lines, longitude: float, latitude: float, steps: int = 4001) -> tuple[float, float]:
    """The geodesic distance to the nearest of many points of the line, and how much nearer the line itself may be."""
    share = np.linspace(0, 1, steps)[:, None]
    drawn = np.array(line)
    dense = np.vstack([a + share * (b - a) for a, b in pairwise(drawn)])
    away = GEOD.inv(np.full(len(dense), longitude), np.full(len(dense), latitude), dense[:, 0], dense[:, 1])[2]
    widest = float(np.abs(np.diff(drawn, axis=0)).sum(axis=1).max()) / (steps - 1)
    # The library knows no distance between some places on one meridian.
    return float(np.nanmin(away)), widest * 111_700


def far_to_near(line: Lines, longitude: float, latitude: float) -> None:
    away, error = brute(line, longitude, latitude)
    found = distance_to(shapely.LineString(line), longitude, latitude)
    assert found <= away + 0.001
    # Too short by the share of the curvature that is not known, which at 1,500 km is 0.003 %.
    if away < 2_000_000:
        assert found >= away - error - 0.2 - away * 5e-5


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(line=st.lists(anywhere, min_size=2, max_size=5), here=anywhere)
def test_no_distance_is_too_long_anywhere(line: Lines, here: tuple[float, float]) -> None:
    far_to_near(line, *here)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    centre=anywhere,
    turns=st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), min_size=3, max_size=6),
)
def test_ordinary_lines_are_measured_exactly(centre: tuple[float, float], turns: Lines) -> None:
    line = [
        (max(-180.0, min(180.0, centre[0] + east)), max(-90.0, min(90.0, centre[1] + north))) for east, north in turns
    ]
    far_to_near(line[1:], *line[0])


@given(here=anywhere, metres=st.floats(0, 5_000_000))
def test_the_box_of_one_place_is_that_of_many(here: tuple[float, float], metres: float) -> None:
    of_many = widened(np.array([[*here, *here]]), np.array([metres]))[0]
    assert box_around(*here, metres) == pytest.approx(of_many.tolist())


def test_the_pole_is_crossed(make: Make) -> None:
    across = (180.0, 89.0)
    away = GEOD.inv(0.0, 89.0, *across)[2]
    assert distance_to(shapely.Point(across), 0.0, 89.0) == pytest.approx(away, rel=1e-6)
    assert reaches(Circle(across, 100_000), make(longitude=0.0, latitude=89.0, uncertainty_m=away - 99_000))
    assert not reaches(Circle(across, 100_000), make(longitude=0.0, latitude=89.0, uncertainty_m=away - 101_000))


def test_the_antimeridian_is_crossed(make: Make) -> None:
    fiji = Corridor(((179.5, -17.0), (179.999, -17.0)), 1000)
    assert reaches(fiji, make(longitude=-179.999, latitude=-17.0, uncertainty_m=10))
    assert not reaches(fiji, make(longitude=-179.9, latitude=-17.0, uncertainty_m=10))
    assert reaches(fiji, make(longitude=-179.9, latitude=-17.0, uncertainty_m=11_000))
    # The same line from the other side of the earth is as far as it is.
    assert not reaches(fiji, make(longitude=0.0, latitude=-17.0, uncertainty_m=1_000_000))


def reaches(area: Area, incident: IncidentView) -> bool:
    ready = watch_of(UUID(int=1), Filter(area))
    assert ready
    return Index([ready]).reaches(incident)


def zigzag(count: int, *, west: float, east: float, south: float, north: float) -> Lines:
    return [(west if turn % 2 else east, south + (north - south) * turn / count) for turn in range(count)]


def ring(count: int, centre: tuple[float, float], degrees: float) -> Lines:
    angles = [2 * math.pi * turn / (count - 1) for turn in range(count)]
    return [(centre[0] + degrees * math.cos(angle), centre[1] + degrees * math.sin(angle)) for angle in angles]


HOSTILE = {
    "from side to side": zigzag(9_999, west=-89.5, east=89.5, south=-80, north=80),
    "over the pole": zigzag(9_999, west=-89.5, east=89.5, south=84, north=90),
    "along the pole": zigzag(9_999, west=-179, east=0, south=89.9, north=89.99),
    "all equally far": ring(9_999, (0.0, 85.0), 4.9),
    "all in one place": [(1e-300 * turn, 85.0) for turn in range(9_999)],
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_work_is_bounded_by_the_positions(line: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, lines were cut every 0.02 degrees: millions of pieces, for seconds, on the event loop."""
    measured: list[int] = []
    chords_from = geometry.Pieces.chords_from

    def counted(pieces: geometry.Pieces, here: geometry.Floats) -> geometry.Metres:
        measured.append(len(pieces))
        return chords_from(pieces, here)

    monkeypatch.setattr(geometry.Pieces, "chords_from", counted)
    outlines: Any = np.array([shapely.LineString(line)])
    for reach in (1.0, 1_500_000.0):
        are_within(outlines, 0.0, 85.0, np.array([reach]))
    distance_to(outlines[0], 0.0, 85.0)
    assert sum(measured) < 100 * len(line)
    assert max(measured) < 25 * len(line)


def test_many_outlines_are_measured_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = np.array([shapely.LineString([(turn, 0), (turn, 1)]) for turn in range(20)], dtype=object)
    reach = np.full(20, 300_000.0)
    whole = are_within(lines, 7.0, 0.5, reach)
    monkeypatch.setattr(geometry, "_VERTICES_AT_ONCE", 5)
    assert are_within(lines, 7.0, 0.5, reach).tolist() == whole.tolist()
    assert whole.tolist() == [abs(turn - 7) <= 2 for turn in range(20)]


def test_an_explanation_far_away_says_the_distance(make: Make) -> None:
    chosen = Filter(Corridor(tuple(HOSTILE["from side to side"]), 500))
    [clause] = [
        clause
        for clause in explained(
            watch_of(UUID(int=1), chosen), chosen, make(longitude=0.0, latitude=90.0, uncertainty_m=50)
        )
        if clause.name == "area"
    ]
    assert not clause.holds
    assert clause.says.startswith("1118")  # from the pole to the last position, 79.984 north


TOO_LARGE: dict[str, tuple[Area, str]] = {
    "positions of a line": (
        Corridor(tuple((turn * 1e-4, 0.0) for turn in range(MAX_POSITIONS + 1)), 100),
        f"more than {MAX_POSITIONS}",
    ),
    "length of a line": (Corridor(((0.0, 0.0), (20.0, 0.0)), 100), f"more than {MAX_LINE_M / 1000:.0f} km"),
    "length of a line with many turns": (Corridor(tuple(zigzag(100, west=0, east=1, south=0, north=1)), 100), "km"),
    "positions of a polygon": (Polygon((tuple(ring(MAX_POSITIONS + 1, (0.0, 0.0), 1)),)), f"more than {MAX_POSITIONS}"),
    "positions of holes": (
        Polygon(tuple(tuple(ring(MAX_POSITIONS // 2 + 1, (0.0, 0.0), size)) for size in (2.0, 1.0))),
        f"more than {MAX_POSITIONS}",
    ),
    "radius": (Circle((0.0, 0.0), 500_001), "500000 metres"),
    "width": (RouteCorridor(UUID(int=1), 500_001), "500000 metres"),
}


@pytest.mark.parametrize(("area", "bound"), TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_an_area_over_a_bound_is_refused_with_the_bound_and_what_to_do(area: Area, bound: str) -> None:
    with pytest.raises(ImpossibleArea) as refused:
        check_area(area)
    assert bound in refused.value.fault.problem
    assert refused.value.fault.remedy


def test_areas_at_their_bounds_are_accepted() -> None:
    closed = ring(MAX_POSITIONS, (0.0, 0.0), 1)
    check_area(Polygon(((*closed[:-1], closed[0]),)))
    check_area(Corridor(tuple((turn * 1e-4, 0.0) for turn in range(MAX_POSITIONS)), 500_000))
    check_area(Corridor(((0.0, 0.0), (17.9, 0.0)), 500_000))
    check_area(Polygon((((-90.0, -90.0), (90.0, -90.0), (90.0, 90.0), (-90.0, 90.0), (-90.0, -90.0)),)))
