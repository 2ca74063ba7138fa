"""The grid in whose cells a map counts incidents.

Its sides are degrees, not metres of the map's projection: so the database needs no logarithm, 45 / 2^zoom is exact, and
each cell has four of the next zoom inside. Away from the equator cells are drawn higher than wide, at 60 degrees twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

# A cell is an eighth of a tile: 64 pixels, which hold a circle with a number.
_SIDE_AT_ZOOM_0: Final = 360 / 8
# As many as the largest screens hold (4,096 by 4,096 pixels): an answer has no more clusters, whatever is asked for.
MOST_CELLS: Final = 4_096


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of one zoom. `side` is that of its cells, in degrees."""

    zoom: int

    @property
    def side(self) -> float:
        return float(_SIDE_AT_ZOOM_0 / 2**self.zoom)

    @property
    def rows(self) -> int:
        """The cells from pole to pole, with the one that begins at the northern."""
        return ceil(180 / self.side) + 1


def grid_for(zoom: int, width: float, height: float) -> Grid:
    """The grid of a zoom; of a lower one when a box of this size, in degrees, would have too many cells of it."""
    for lower in range(zoom, 0, -1):
        side = Grid(lower).side
        if ceil(width / side) * ceil(height / side) <= MOST_CELLS:
            return Grid(lower)
    return Grid(0)
