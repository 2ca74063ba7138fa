"""The sums that the map is drawn from where it is wide: how many incidents of each kind there are in the cells of some
grids, so that a million are not counted when somebody looks.

An incident adds to each grid once by its place, and once by the middle of the cell in which those see it who see it
reduced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from clearway_incidents.domain.map_grid import Grid, shown_at, units

BY_PLACE: Final = (2, 4, 6, 8, 10, 12, 14)
"""The zooms whose grids have sums: of the last one a cell is 300 m wide. Closer, a map counts what it shows."""
AS_SHOWN: Final = (2, 4, 6, 8, 10)
"""The same for the middles of shown cells: of the last one a cell holds no more than one middle."""
BLOCK: Final = 8
"""Sums are stored by blocks of so many cells on each side: a box is read without what lies in the north of it."""
# A block's row is less than this at every zoom.
_BLOCK_ROWS: Final = 2**16


class Kind(NamedTuple):
    """What the sums tell apart: all that a map is narrowed by but place, time and words, and what decides who sees."""

    status: str
    hazard_state: str
    category: str
    outcome: str
    exercise: bool
    tlp: str
    classification: str
    releasable_to: str


class Cell(NamedTuple):
    """A cell with a sum. `reduced`: whether those are counted in it that are shown there."""

    reduced: int
    zoom: int
    block: int
    column_number: int
    row_number: int


@dataclass(frozen=True, slots=True)
class Counted:
    """An incident as it is counted, or was (`sign` -1)."""

    kind: Kind
    longitude: float
    latitude: float
    sign: int = 1


@dataclass(slots=True)
class Sum:
    """How many more incidents there are, and their places added up, in units from the corner."""

    incidents: int = 0
    x: int = 0
    y: int = 0

    def add(self, sign: int, x: int, y: int) -> None:
        self.incidents += sign
        self.x += sign * x
        self.y += sign * y


def block_of(column: int, row: int) -> int:
    """The number of a block, by its column and row among the blocks."""
    return column * _BLOCK_ROWS + row


def added_up(counted: Iterable[Counted]) -> Mapping[tuple[Kind, Cell], Sum]:
    """What these add to the sums; what adds nothing is left out."""
    sums: defaultdict[tuple[Kind, Cell], Sum] = defaultdict(Sum)
    for one in counted:
        for cell, x, y in _cells(one.longitude, one.latitude):
            sums[one.kind, cell].add(one.sign, x, y)
    return {key: one for key, one in sums.items() if one != Sum()}


def _cells(longitude: float, latitude: float) -> Iterator[tuple[Cell, int, int]]:
    for reduced, zooms, place in (0, BY_PLACE, (longitude, latitude)), (1, AS_SHOWN, shown_at(longitude, latitude)):
        x, y = units(*place)
        for zoom in zooms:
            column, row = Grid(zoom).cell(*place)
            yield Cell(reduced, zoom, block_of(column // BLOCK, row // BLOCK), column, row), x, y
