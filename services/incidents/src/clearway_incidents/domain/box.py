"""A box of degrees: what a list is narrowed to, or a region."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nextafter

from clearway_contracts.grid import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Degrees; west may be greater than east: then the box crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float


def places_of(cell: Cell) -> Box:
    """All places of a cell. Its eastern or northern side belongs to the cell beyond, where there is one."""
    east, north = _last(cell.east, 180), _last(cell.north, 90)
    return Box(west=cell.west, south=cell.south, east=east, north=north)


def _last(side: float, limit: float) -> float:
    return side if side >= limit else nextafter(side, -inf)
