"""Grids, and sums over their cells."""

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from clearway_incidents.domain.box import Box
from clearway_incidents.domain.map_grid import Cells, Grid, shown_at, units
from clearway_incidents.domain.map_sums import AS_SHOWN, BLOCK, BY_PLACE, Counted, Kind, added_up, block_of

KINDS = [
    Kind("reported", state, "ied", "detonated", exercise, "amber", "unclassified", "[]")
    for state in ("active", "none")
    for exercise in (False, True)
]
LONGITUDES, LATITUDES = st.floats(-180, 180), st.floats(-90, 90)
INCIDENTS = st.builds(Counted, st.sampled_from(KINDS), LONGITUDES, LATITUDES)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    south, north = sorted((draw(LATITUDES), draw(LATITUDES)))
    return Box(west=draw(LONGITUDES), south=south, east=draw(LONGITUDES), north=north)


def contains(cells: list[Cells], column: int, row: int) -> bool:
    return any(one.west <= column <= one.east and one.south <= row <= one.north for one in cells)


@given(st.lists(INCIDENTS, max_size=8), st.lists(INCIDENTS, max_size=8), st.randoms())
def test_what_is_taken_away_leaves_no_trace(stays: list[Counted], goes: list[Counted], chance: Random) -> None:
    """In every order, exactly."""
    away = [Counted(one.kind, one.longitude, one.latitude, -1) for one in goes]
    mixed = [*stays, *goes, *away]
    chance.shuffle(mixed)
    assert added_up(mixed) == added_up(stays)
    assert added_up([*goes, *away]) == {}


@given(st.lists(INCIDENTS, min_size=1, max_size=8))
def test_each_is_counted_once_in_each_grid(incidents: list[Counted]) -> None:
    counted: Counter[tuple[int, int]] = Counter()
    x: Counter[tuple[int, int]] = Counter()
    for (_kind, cell), one in added_up(incidents).items():
        counted[cell.reduced, cell.zoom] += one.incidents
        x[cell.reduced, cell.zoom] += one.x
        assert cell.block == block_of(cell.column_number // BLOCK, cell.row_number // BLOCK)
    assert set(counted) == {(0, zoom) for zoom in BY_PLACE} | {(1, zoom) for zoom in AS_SHOWN}
    assert set(counted.values()) == {len(incidents)}
    for (reduced, _zoom), total in x.items():
        places = [shown_at(one.longitude, one.latitude) if reduced else (one.longitude, 0.0) for one in incidents]
        assert total == sum(units(*place)[0] for place in places)


@given(LONGITUDES, LATITUDES)
def test_a_place_is_in_its_cell_and_that_in_the_cell_of_the_zoom_before(longitude: float, latitude: float) -> None:
    column, row = Grid(0).cell(longitude, latitude)
    for zoom in range(1, 23):
        inside = Grid(zoom).cell(longitude, latitude)
        assert (inside[0] // 2, inside[1] // 2) == (column, row)
        column, row = inside
    box = Grid(3).box(*Grid(3).cell(longitude, latitude))
    assert box.west - 1e-9 <= longitude <= box.east + 1e-9
    assert box.south - 1e-9 <= latitude <= box.north + 1e-9


@given(boxes(), LONGITUDES, LATITUDES, st.integers(0, 9))
def test_what_a_box_touches_is_around_it(box: Box, longitude: float, latitude: float, zoom: int) -> None:
    """Every place in a cell that a box touches is in the box around these cells, also across 180 degrees."""
    grid = Grid(zoom)
    touched, around = grid.touched(box), grid.around(box)
    assert contains(touched, *grid.cell(box.west, box.south))
    assert contains(touched, *grid.cell(box.east, box.north))
    if contains(touched, *grid.cell(longitude, latitude)):
        assert around.south <= latitude <= around.north
        is_across = around.west > around.east
        inside = (longitude >= around.west, longitude <= around.east)
        assert any(inside) if is_across else all(inside)


@given(boxes(), st.integers(0, 5))
def test_the_blocks_of_a_box_have_all_its_cells(box: Box, zoom: int) -> None:
    for cells in Grid(zoom).touched(box):
        blocks = set(cells.blocks(BLOCK))
        for column in range(cells.west, cells.east + 1):
            for row in range(cells.south, cells.north + 1):
                assert (column // BLOCK, row // BLOCK) in blocks
