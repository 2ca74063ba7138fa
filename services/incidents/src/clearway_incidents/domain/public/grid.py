"""The fixed cells and the fixed calendar in which incidents are counted for the public."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import cos, radians
from typing import Final

from clearway_contracts.geometry import Polygon
from clearway_contracts.grid import CELLS_A_DEGREE, Cell, cell_of
from clearway_incidents.domain.box import Box

SIZES: Final = (1, 5, 10, 50)
"""The sides of the cells in tenths of a degree, the smallest first: no smaller than the cells of the reduced incident.
Each is a whole number of the one before, so that a cell lies in one cell of each larger size."""
LARGEST: Final = len(SIZES) - 1
_DAYS_A_WEEK: Final = 7
# A degree from south to north at the equator, where it is shortest, with something to spare.
_METRES_A_DEGREE: Final = 110_000.0


class GridSize(StrEnum):
    """The smallest cells of a mission's publication, by their side."""

    TENTH = "tenth_degree"
    HALF = "half_degree"
    ONE = "one_degree"

    @property
    def size(self) -> int:
        """Its place among SIZES."""
        return list(GridSize).index(self)


class Period(StrEnum):
    """A period of the calendar, in UTC, from the shortest to the one that holds all times."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    ANY = "any_time"

    def start(self, day: int) -> int:
        """The first day of the period that holds a day; both as ordinals. Of ANY it is 0."""
        found = date.fromordinal(day)
        match self:
            case Period.DAY:
                return day
            case Period.WEEK:
                return day - (day - 1) % _DAYS_A_WEEK
            case Period.MONTH:
                return found.replace(day=1).toordinal()
            case Period.QUARTER:
                return found.replace(month=found.month - (found.month - 1) % 3, day=1).toordinal()
            case Period.YEAR:
                return found.replace(month=1, day=1).toordinal()
            case Period.ANY:
                return 0

    def end(self, start: int) -> int:
        """The last day of the period that begins on a day; both as ordinals."""
        months = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}
        if self not in months:
            return start + (_DAYS_A_WEEK - 1 if self is Period.WEEK else 0)
        begun = date.fromordinal(start)
        year, month = divmod(begun.month - 1 + months[self], 12)
        if begun.year + year > date.max.year:
            return date.max.toordinal()
        return date(begun.year + year, month + 1, 1).toordinal() - 1

    def holds(self, first: int, last: int) -> bool:
        """Whether one such period holds all days from the first to the last."""
        return self.start(first) == self.start(last)


PERIODS: Final = tuple(Period)


@dataclass(frozen=True, slots=True, order=True)
class AreaKey:
    """One cell in one period: `size` is the place among SIZES, `x` and `y` count cells of it from 0 degrees, `period`
    is the place among PERIODS, and `start` the ordinal of its first day."""

    size: int
    y: int
    x: int
    period: int
    start: int

    @property
    def cell(self) -> Cell:
        side = SIZES[self.size]
        west, south, east, north = (
            number * side / CELLS_A_DEGREE for number in (self.x, self.y, self.x + 1, self.y + 1)
        )
        return Cell(west, south, east, north)

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day of its period; None where it holds all times."""
        kind = PERIODS[self.period]
        if kind is Period.ANY:
            return None
        return date.fromordinal(self.start), date.fromordinal(kind.end(self.start))

    @property
    def name(self) -> str:
        """The same for the same cell and period in every edition."""
        cell, kind = self.cell, PERIODS[self.period]
        when = kind.value if kind is Period.ANY else f"{kind.value}-{date.fromordinal(self.start).isoformat()}"
        return f"{_degrees(cell.west)}_{_degrees(cell.south)}_{_degrees(SIZES[self.size] / CELLS_A_DEGREE)}_{when}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region(Box):
    """The box that a mission publishes for. It does not cross the antimeridian."""

    def contains(self, longitude: float, latitude: float) -> bool:
        return self.west <= longitude <= self.east and self.south <= latitude <= self.north

    @property
    def polygon(self) -> Polygon:
        return Cell(self.west, self.south, self.east, self.north).polygon


def cell_numbers(longitude: float, latitude: float, size: int) -> tuple[int, int]:
    """The cell of a size that contains a place: how many cells it lies east and north of 0 degrees."""
    cell = cell_of(longitude, latitude)
    return larger(round(cell.west * CELLS_A_DEGREE), 0, size), larger(round(cell.south * CELLS_A_DEGREE), 0, size)


def larger(number: int, size: int, larger_size: int) -> int:
    """The number of the larger cell that a cell lies in."""
    return number // (SIZES[larger_size] // SIZES[size])


def size_for(y: int, uncertainty_m: float, smallest: int) -> int:
    """The smallest size, from `smallest` on, whose cells are as wide as the circle in which the place is; the largest
    where none is. `y` is the number of the smallest cell that contains it: its side that is nearer to a pole counts."""
    latitude = max(abs(y), abs(y + 1)) * SIZES[smallest] / CELLS_A_DEGREE
    metres = max(cos(radians(latitude)), 0.0) * _METRES_A_DEGREE / CELLS_A_DEGREE
    return next((size for size in range(smallest, LARGEST) if SIZES[size] * metres >= 2 * uncertainty_m), LARGEST)


def sizes_from(smallest: int) -> Iterator[int]:
    return iter(range(smallest, LARGEST + 1))


def _degrees(value: float) -> str:
    return f"{value:g}"
