"""The fixed grid in whose cells a place is given to those who may not read it: the same cell on every request."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from clearway_contracts.geometry import Polygon

CELLS_A_DEGREE: Final = 10
"""A cell is a tenth of a degree on each side: 11 km from south to north."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, by the degrees of its sides. It always contains the place that it is given for."""

    west: float
    south: float
    east: float
    north: float

    @property
    def polygon(self) -> Polygon:
        """Its outline, counterclockwise."""
        west, south, east, north = self.west, self.south, self.east, self.north
        return Polygon(coordinates=(((west, south), (east, south), (east, north), (west, north), (west, south)),))


def cell_of(longitude: float, latitude: float) -> Cell:
    """The cell that contains a place. A place on a side belongs to the cell in the east or north of it."""
    west, east = _sides(longitude, 180)
    south, north = _sides(latitude, 90)
    return Cell(west, south, east, north)


def _sides(degrees: float, limit: int) -> tuple[float, float]:
    number = min(math.floor(degrees * CELLS_A_DEGREE), limit * CELLS_A_DEGREE - 1)
    # The product may round to the next whole number: the cell would then begin after the place.
    if number / CELLS_A_DEGREE > degrees:
        number -= 1
    return number / CELLS_A_DEGREE, (number + 1) / CELLS_A_DEGREE
