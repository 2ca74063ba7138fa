"""The grids in whose cells a map counts incidents.

Their sides are degrees, not metres of the map's projection: so the database needs no logarithm, 45 / 2^zoom is exact,
and each cell has four of the next zoom inside. Away from the equator cells are drawn higher than wide, at 60 degrees
twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil
from typing import Final

from clearway_contracts.grid import CELLS_A_DEGREE, cell_of
from clearway_incidents.domain.box import Box

# A cell is an eighth of a tile: 64 pixels, which hold a circle with a number.
_SIDE_AT_ZOOM_0: Final = 360 / 8
# As many as the largest screens hold (4,096 by 4,096 pixels): an answer has no more clusters, whatever is asked for.
MOST_CELLS: Final = 4_096
UNITS_A_DEGREE: Final = 10**7
"""Places are added up as whole numbers of 1e-7 degrees (1 cm) from the corner at 180° W, 90° S: a sum of them is exact,
and the same in every order."""
# A tenth of a millimetre: what rounding may move a side by is less.
_MARGIN: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Cells:
    """A rectangle of cells: its first and last columns and rows. There are two of what lies on both sides of 180°."""

    west: int
    south: int
    east: int
    north: int

    def blocks(self, side: int) -> Iterator[tuple[int, int]]:
        """The blocks of `side` by `side` cells that it touches, by their columns and rows."""
        columns = range(self.west // side, self.east // side + 1)
        return product(columns, range(self.south // side, self.north // side + 1))


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of one zoom. `side` is that of its cells, in degrees."""

    zoom: int

    @property
    def side(self) -> float:
        return float(_SIDE_AT_ZOOM_0 / 2**self.zoom)

    def cell(self, longitude: float, latitude: float) -> tuple[int, int]:
        """The column and the row of the cell that contains a place, from 180° W and 90° S."""
        a_degree = 1 / self.side
        return int((longitude + 180.0) * a_degree), int((latitude + 90.0) * a_degree)

    def touched(self, box: Box) -> list[Cells]:
        """All cells that a box touches."""
        west, south = self.cell(box.west, box.south)
        east, north = self.cell(box.east, box.north)
        if box.west <= box.east:
            return [Cells(west, south, east, north)]
        last, _ = self.cell(180, 0)
        return [Cells(west, south, last, north), Cells(0, south, east, north)]

    def around(self, box: Box) -> Box:
        """A box with all cells inside that another one touches."""
        side, (first, *others) = self.side, self.touched(box)
        last = others[-1] if others else first
        if others and last.east + 1 >= first.west:
            first, last = Cells(0, first.south, 0, first.north), Cells(0, 0, int(360 / side), 0)
        return Box(
            west=max(-180.0, first.west * side - 180 - _MARGIN),
            south=max(-90.0, first.south * side - 90 - _MARGIN),
            east=min(180.0, (last.east + 1) * side - 180 + _MARGIN),
            north=min(90.0, (first.north + 1) * side - 90 + _MARGIN),
        )

    def box(self, column: int, row: int) -> Box:
        """What a cell covers."""
        west, south = column * self.side - 180, row * self.side - 90
        return Box(west=west, south=south, east=min(180.0, west + self.side), north=min(90.0, south + self.side))


def grid_for(zoom: int, width: float, height: float) -> Grid:
    """The grid of a zoom; of a lower one when a box of this size, in degrees, would have too many cells of it."""
    for lower in range(zoom, 0, -1):
        side = Grid(lower).side
        if ceil(width / side) * ceil(height / side) <= MOST_CELLS:
            return Grid(lower)
    return Grid(0)


def units(longitude: float, latitude: float) -> tuple[int, int]:
    """A place as it is added up."""
    return int((longitude + 180.0) * UNITS_A_DEGREE), int((latitude + 90.0) * UNITS_A_DEGREE)


def shown_at(longitude: float, latitude: float) -> tuple[float, float]:
    """Where an incident is counted that is seen reduced: in the middle of the cell in which it is shown."""
    cell = cell_of(longitude, latitude)
    x, y = (round(degrees * CELLS_A_DEGREE) for degrees in (cell.west, cell.south))
    return (x + 0.5) / CELLS_A_DEGREE, (y + 0.5) / CELLS_A_DEGREE
