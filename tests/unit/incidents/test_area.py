"""What is in an area, compared with another library where the machine holds all numbers, and with fractions where it
does not."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import atan2, copysign, inf, nextafter

import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clearway_contracts.grid import Cell, cell_of
from clearway_incidents.domain.area import Areas, Position, Ring, crossing_of, turn_of

SQUARE: Ring = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0))
# A field with a bay from the north, whose bottom is at the latitude of a corner.
BAY: Ring = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0), (1.0, 3.0), (0.0, 1.0), (0.0, 0.0))
# Few numbers, so that corners, sides and places often meet. The machine holds eighths exactly, and no tenths.
EIGHTHS = st.integers(-24, 24).map(lambda number: number / 8)
TENTHS = st.integers(-30, 30).map(lambda number: number / 10)
PLACES = st.tuples(EIGHTHS, EIGHTHS)
CORNERS = st.lists(PLACES, min_size=3, max_size=9, unique=True)
WRITTEN = st.tuples(TENTHS | st.floats(-3, 3), TENTHS | st.floats(-3, 3))
LONG = st.floats(-180, 180)


def closed(corners: Sequence[Position]) -> Ring:
    return (*corners, corners[0])


def around(corners: Sequence[Position]) -> Ring:
    """The corners in the order in which they are seen from the first one, which seldom cross."""
    x, y = corners[0]
    return closed([corners[0], *sorted(corners[1:], key=lambda one: atan2(one[1] - y, one[0] - x))])


@settings(max_examples=400, deadline=None)
@given(CORNERS, st.lists(PLACES, min_size=1, max_size=20))
def test_a_place_is_in_an_area_as_another_library_says(corners: list[Position], places: list[Position]) -> None:
    ring = around(corners)
    assume(crossing_of(ring) is None)
    areas, drawn = Areas([ring]), shapely.Polygon(ring)
    for place in (*places, *corners):
        assert areas.has_point(*place) == drawn.intersects(shapely.Point(place)), place


def written(ring: Sequence[Position]) -> list[tuple[Fraction, Fraction]]:
    return [(Fraction(repr(x)), Fraction(repr(y))) for x, y in ring]


def in_fractions(ring: Ring, place: Position) -> bool:
    """Whether a place is in an area: how often the outline goes around it, or that it is on a side."""
    [(x, y)], corners, times = written([place]), written(ring), 0
    for (ax, ay), (bx, by) in pairwise(corners):
        turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if turn == 0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
            return True
        times += (ay <= y < by and turn > 0) - (by <= y < ay and turn < 0)
    return times != 0


@settings(max_examples=400, deadline=None)
@given(st.lists(WRITTEN, min_size=3, max_size=7, unique=True), st.lists(WRITTEN, min_size=1, max_size=10), TENTHS)
def test_a_place_is_in_an_area_as_the_decimals_say(
    corners: list[Position], places: list[Position], share: float
) -> None:
    ring = around(corners)
    assume(crossing_of(ring) is None)
    beside = [
        tuple(float(one + (other - one) * Fraction(repr(share)) / 3) for one, other in zip(begin, end, strict=True))
        for begin, end in pairwise(written(ring))
    ]
    for longitude, latitude in (*places, *beside, *corners):
        place = (longitude, latitude)
        assert Areas([ring]).has_point(*place) == in_fractions(ring, place), place


@settings(max_examples=400, deadline=None)
@given(CORNERS.map(around) | CORNERS.map(closed))
def test_an_outline_crosses_itself_as_another_library_says(ring: Ring) -> None:
    assert (crossing_of(ring) is None) == shapely.Polygon(ring).is_valid


@settings(max_examples=300, deadline=None)
@given(CORNERS, PLACES)
def test_a_cell_is_in_an_area_as_another_library_says(corners: list[Position], place: Position) -> None:
    """All that may be the place of what is shown in the cell: what is on its eastern side is not. Ten times as large
    the sides of a cell are numbers that the machine holds."""
    ring = around(corners)
    assume(crossing_of(ring) is None)
    cell, less = cell_of(*place), 2**-20
    west, south, east, north = (round(10 * side) for side in (cell.west, cell.south, cell.east, cell.north))
    drawn = shapely.Polygon([(10 * x, 10 * y) for x, y in ring])
    assert Areas([ring]).has_cell(cell) == drawn.intersects(shapely.box(west, south, east - less, north - less))


@given(CORNERS, PLACES)
def test_what_is_in_an_area_is_in_its_cell_and_in_its_boxes(corners: list[Position], place: Position) -> None:
    ring = around(corners)
    assume(crossing_of(ring) is None)
    areas = Areas([ring])
    if areas.has_point(*place):
        assert areas.has_cell(cell_of(*place))
        [box] = areas.boxes()
        assert box.west <= place[0] <= box.east
        assert box.south <= place[1] <= box.north


@given(st.lists(st.floats(-180, 180), min_size=2, max_size=2), st.lists(st.floats(-90, 90), min_size=2, max_size=2))
def test_the_area_of_a_box_has_the_cells_that_the_box_has(longitudes: list[float], latitudes: list[float]) -> None:
    (west, east), (south, north) = sorted(longitudes), sorted(latitudes)
    assume(west < east)
    assume(south < north)
    areas = Areas([((west, south), (east, south), (east, north), (west, north), (west, south))])
    first, last = cell_of(west, south), cell_of(east, north)
    inside = (first, last, cell_of(west, north), cell_of(east, south), cell_of((west + east) / 2, (south + north) / 2))
    assert all(areas.has_cell(cell) for cell in inside)
    beyond = [cell for cell in (_moved(first, -0.05), _moved(last, 0.15)) if cell is not None]
    assert not any(areas.has_cell(cell) for cell in beyond)


def _moved(cell: Cell, degrees: float) -> Cell | None:
    """The cell beside one, to both sides, where there is one."""
    longitude, latitude = cell.west + degrees, cell.south + degrees
    return cell_of(longitude, latitude) if abs(longitude) < 180 and abs(latitude) < 90 else None


@pytest.mark.parametrize(
    ("place", "is_inside"),
    [
        ((3.0, 1.0), True),
        ((2.0, 1.0), True),
        ((2.0, 1.1), False),
        ((0.0, 0.5), True),
        ((2.0, 0.0), True),
        ((1.0, 3.0), True),
        ((1.0, nextafter(3.0, 4.0)), False),
        ((nextafter(0.0, -1.0), 0.5), False),
        ((4.0, 4.0), True),
        ((5.0, 1.0), False),
    ],
)
def test_sides_and_corners_belong_to_an_area_and_a_bay_does_not(place: Position, is_inside: bool) -> None:
    assert Areas([BAY]).has_point(*place) is is_inside
    assert Areas([BAY[::-1]]).has_point(*place) is is_inside


def test_a_cell_around_an_area_and_one_within_it_are_in_it() -> None:
    field = [(10.04, 10.04), (10.05, 10.04), (10.05, 10.05), (10.04, 10.04)]
    assert Areas([tuple(field)]).has_cell(cell_of(10.01, 10.01))
    country = ((0.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0), (0.0, 0.0))
    assert Areas([country]).has_cell(cell_of(10.01, 10.01))
    assert not Areas([country]).has_cell(cell_of(20.11, 10.01))


def test_of_several_areas_any_has_it_also_where_they_overlap() -> None:
    """At the antimeridian they are the two parts of one."""
    moved: Ring = tuple((x + 0.5, y) for x, y in SQUARE)
    both = Areas([SQUARE, moved])
    assert [both.has_point(x, 0.5) for x in (0.2, 0.7, 1.2, 1.7)] == [True, True, True, False]
    east: Ring = ((179.0, 0.0), (180.0, 0.0), (180.0, 1.0), (179.0, 1.0), (179.0, 0.0))
    west: Ring = ((-180.0, 0.0), (-179.0, 0.0), (-179.0, 1.0), (-180.0, 1.0), (-180.0, 0.0))
    parts = Areas([east, west])
    assert all(parts.has_point(x, 0.5) for x in (179.5, 180.0, -180.0, -179.5))
    assert not parts.has_point(178.9, 0.5)
    assert parts.has_cell(cell_of(180.0, 0.5))
    assert parts.has_cell(cell_of(-180.0, 0.5))


@pytest.mark.parametrize(
    "ring",
    [
        ((0.0, 0.0), (2.0, 2.0), (2.0, 0.0), (0.0, 2.0), (0.0, 0.0)),
        ((0.0, 0.0), (2.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)),
        ((0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (0.0, 0.0)),
        ((0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (1.0, 0.0), (0.0, 2.0), (0.0, 0.0)),
        ((0.0, 0.0), (1.0, 1.0), (0.0, 0.0), (1.0, 0.0), (0.0, 0.0)),
    ],
    ids=["crosses", "turns back", "has no area", "touches a side", "goes twice through a corner"],
)
def test_what_is_no_plain_outline(ring: Ring) -> None:
    assert crossing_of(ring) is not None
    assert crossing_of(ring[::-1]) is not None


@settings(max_examples=300, deadline=None)
@given(st.tuples(LONG, LONG), st.tuples(LONG, LONG), st.floats(0, 1), st.integers(-2, 2))
def test_the_side_of_a_line_is_told_to_the_last_digit(
    begin: Position, end: Position, share: float, digits: int
) -> None:
    """Close to a line the products that are compared are the same for the machine."""
    x, y = (one + (other - one) * share for one, other in zip(begin, end, strict=True))
    for _ in range(abs(digits)):
        y = nextafter(y, copysign(inf, digits))
    (ax, ay), (bx, by), (px, py) = written([begin, end, (x, y)])
    exact = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    turn = turn_of(begin, end, (x, y))
    assert (turn > 0, turn < 0) == (exact > 0, exact < 0)


def test_what_is_written_on_a_side_is_on_it() -> None:
    """The machine holds none of these, and computes that the place is beside the side."""
    ring = ((-4.1, 17.0), (-3.9, 17.0), (-3.9, 17.2), (-4.1, 17.0))
    assert not shapely.Polygon(ring).intersects(shapely.Point(-4.0, 17.1))
    assert Areas([ring]).has_point(-4.0, 17.1)
    assert not Areas([ring]).has_point(-4.0, 17.100000000000005)
