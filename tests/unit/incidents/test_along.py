"""What is near a line, compared with geodesics of another library."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from clearway_contracts.grid import Cell, cell_of
from clearway_incidents.domain.along import NearLine

GEOD = Geod(ellps="WGS84")
Line = list[tuple[float, float]]
ROAD: Line = [(-4.1, 17.04), (-3.9, 17.04), (-3.8, 17.2)]
PLACES = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


def metres(line: Line, longitude: float, latitude: float, steps: int = 400) -> float:
    """From a place to a line, over places that stand close on it."""
    places = [
        (begin[0] + (end[0] - begin[0]) * part / steps, begin[1] + (end[1] - begin[1]) * part / steps)
        for begin, end in pairwise(line)
        for part in range(steps + 1)
    ]
    longitudes, latitudes = [place[0] for place in places], [place[1] for place in places]
    return float(min(GEOD.inv([longitude] * len(places), [latitude] * len(places), longitudes, latitudes)[2]))


@pytest.mark.parametrize("line", [ROAD, [(20.0, 69.0), (20.3, 69.2)], [(0.0, 0.0), (0.2, 0.0)]], ids=str)
@pytest.mark.parametrize("offset", [50.0, 500.0, 9_999.0])
def test_a_distance_is_exact_to_a_metre_in_ten_kilometres(line: Line, offset: float) -> None:
    (west, south), (east, north) = line[0], line[1]
    middle = ((west + east) / 2, (south + north) / 2)
    along, _, _ = GEOD.inv(*line[0], *line[1])
    longitude, latitude, _ = GEOD.fwd(*middle, along + 90, offset)
    exact = metres(line, longitude, latitude, steps=20_000)
    tolerance = 0.5 + exact / 10_000
    assert NearLine(line, exact + tolerance).has_point(longitude, latitude)
    assert not NearLine(line, exact - tolerance).has_point(longitude, latitude)


@pytest.mark.parametrize(
    ("line", "place", "within"),
    [
        ([(179.9, 10.0), (179.99, 10.0)], (-179.99, 10.0), 3_000),
        ([(0.0, 89.99), (90.0, 89.99)], (180.0, 89.99), 2_400),
        ([(-180.0, -10.0), (-179.9, -10.0)], (180.0, -10.0), 1),
    ],
)
def test_neither_the_antimeridian_nor_a_pole_is_special(line: Line, place: tuple[float, float], within: float) -> None:
    near = NearLine(line, within)
    assert near.has_point(*place)
    assert any(in_box(box, *place) for box in near.boxes())


def in_box(box: object, longitude: float, latitude: float) -> bool:
    west, south, east, north = (getattr(box, name) for name in ("west", "south", "east", "north"))
    across = west <= longitude <= east if west <= east else longitude >= west or longitude <= east
    return bool(across and south <= latitude <= north)


@settings(max_examples=60, deadline=None)
@given(st.lists(PLACES, min_size=2, max_size=5), st.floats(1, 100_000), st.floats(0, 360), st.floats(0, 1), st.data())
def test_the_boxes_hold_whatever_is_near(
    line: Line, within: float, azimuth: float, share: float, data: st.DataObject
) -> None:
    near = NearLine(line, within)
    begin, end = data.draw(st.sampled_from(list(pairwise(line))))
    part = data.draw(st.floats(0, 1))
    on_it = (begin[0] + (end[0] - begin[0]) * part, begin[1] + (end[1] - begin[1]) * part)
    longitude, latitude, _ = GEOD.fwd(*on_it, azimuth, within * share)
    assert near.has_point(*on_it)
    assert any(in_box(box, longitude, latitude) for box in near.boxes())
    assert len(near.boxes()) <= 17


def test_a_cell_is_near_when_any_place_of_it_is() -> None:
    near = NearLine(ROAD, 500)
    crossed, beside, away = cell_of(-3.95, 17.04), cell_of(-3.95, 17.15), cell_of(-3.95, 17.35)
    assert (near.has_cell(crossed), near.has_cell(beside), near.has_cell(away)) == (True, False, False)
    to_the_side = min(metres(ROAD, x / 100, 17.1) for x in range(-400, -389))
    assert not NearLine(ROAD, to_the_side - 5).has_cell(Cell(-4.0, 17.1, -3.9, 17.2))
    assert NearLine(ROAD, to_the_side + 5).has_cell(Cell(-4.0, 17.1, -3.9, 17.2))


def test_a_line_within_a_cell_and_one_across_it_are_in_it() -> None:
    cell = Cell(10.0, 10.0, 10.1, 10.1)
    assert NearLine([(10.04, 10.05), (10.05, 10.05)], 1).has_cell(cell)
    assert NearLine([(9.0, 10.05), (11.0, 10.05)], 1).has_cell(cell)
    assert not NearLine([(9.0, 10.2), (11.0, 10.2)], 1).has_cell(cell)


def test_a_cell_at_the_antimeridian_is_near_a_line_on_its_other_side() -> None:
    near = NearLine([(179.9, 0.05), (179.999, 0.05)], 500)
    assert near.has_cell(Cell(-180.0, 0.0, -179.9, 0.1))
    assert not near.has_cell(Cell(-179.9, 0.0, -179.8, 0.1))
