"""What is in an area: points, and cells of the fixed grid in which reduced incidents are shown.

Sides are straight in longitude and latitude, as RFC 7946 says, and belong to the area. On which side of a line a place
is, is decided exactly, by the decimals as they are written: where the numbers of the machine do not tell, in fractions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Final

from clearway_contracts.grid import Cell
from clearway_incidents.domain.box import Box, places_of

Position = tuple[float, float]
Ring = tuple[Position, ...]
"""A closed outline: the last position is the first one."""
_Side = tuple[Position, Position]

# A degree as the machine holds it is less than 1.5e-14 from what is written. More than what that, and rounding, make of
# the difference of two products of degrees, for each degree of their factors, and of none.
_DOUBT: Final = 1.5e-13
_LEAST_DOUBT: Final = 1e-26


class Areas:
    """All that is in any of some outlines, none of which may cross itself."""

    def __init__(self, rings: Sequence[Ring]) -> None:
        self._outlines = [_Outline(ring) for ring in rings]
        self._cells: dict[Cell, bool] = {}

    def has_point(self, longitude: float, latitude: float) -> bool:
        """Whether a place is in one of them, or on its side."""
        return any(outline.has_point((longitude, latitude)) for outline in self._outlines)

    def has_cell(self, cell: Cell) -> bool:
        """Whether any place of the cell is."""
        if cell not in self._cells:
            places = places_of(cell)
            self._cells[cell] = any(outline.touches(places) for outline in self._outlines)
        return self._cells[cell]

    def boxes(self) -> Sequence[Box]:
        """Boxes that together hold every place that is in one of them."""
        return [outline.box for outline in self._outlines]


class _Outline:
    """One area. Its sides stand in bands from south to north, so that few are looked at for a place."""

    def __init__(self, ring: Ring) -> None:
        longitudes, latitudes = zip(*ring, strict=True)
        self.box = Box(west=min(longitudes), south=min(latitudes), east=max(longitudes), north=max(latitudes))
        # From south to north, as places are counted on their left.
        self._sides = [(here, there) if here[1] <= there[1] else (there, here) for here, there in pairwise(ring)]
        self._levels = sorted(set(latitudes))
        self._bands = [
            [side for side in self._sides if side[0][1] <= high and side[1][1] >= low]
            for low, high in pairwise(self._levels)
        ]

    def has_point(self, place: Position) -> bool:
        x, y = place
        if not (self.box.west <= x <= self.box.east and self.box.south <= y <= self.box.north):
            return False
        is_inside = False
        for low, high in self._bands[min(bisect_right(self._levels, y), len(self._bands)) - 1]:
            if not low[1] <= y <= high[1]:
                continue
            if low[1] == high[1]:
                if min(low[0], high[0]) <= x <= max(low[0], high[0]):
                    return True
                continue
            turn = turn_of(low, high, place)
            if turn == 0:
                return True
            # Of two sides that meet at this latitude, the one that goes on to the north is counted.
            is_inside ^= turn > 0 and y < high[1]
        return is_inside

    def touches(self, places: Box) -> bool:
        """Whether any place of a box is in it: where no side comes into the box, the whole of it is in or out."""
        if any(_comes_into(side, places) for side in self._sides):
            return True
        return self.has_point((places.west, places.south))


def crossing_of(ring: Ring) -> Position | None:
    """A position of a side at which the outline crosses or touches itself, or turns back; None where it does not."""
    sides = list(pairwise(ring))
    for (index, side), (other_index, other) in combinations(enumerate(sides), 2):
        are_next = other_index - index in (1, len(sides) - 1)
        if _turns_back(side, other) if are_next else _meet(side, other):
            return other[0]
    return None


def turn_of(begin: Position, end: Position, place: Position) -> float | Fraction:
    """Above zero where the place is on the left of a line, below where it is on its right, zero where it is on it."""
    (ax, ay), (bx, by), (x, y) = begin, end, place
    wide, tall, across, up = bx - ax, by - ay, x - ax, y - ay
    turn = wide * up - tall * across
    if abs(turn) > _DOUBT * (abs(wide) + abs(tall) + abs(across) + abs(up)) + _LEAST_DOUBT:
        return turn
    (west, south), (east, north), (over, above) = map(_written, (begin, end, place))
    return (east - west) * (above - south) - (north - south) * (over - west)


def _written(place: Position) -> tuple[Fraction, Fraction]:
    """A place by its decimals: 0.1 of the machine is a little more than a tenth."""
    return Fraction(repr(place[0])), Fraction(repr(place[1]))


def _comes_into(side: _Side, places: Box) -> bool:
    (ax, ay), (bx, by) = side
    if max(ax, bx) < places.west or min(ax, bx) > places.east or max(ay, by) < places.south or ay > places.north:
        return False
    return _parts(side, [(x, y) for x in (places.west, places.east) for y in (places.south, places.north)])


def _meet(one: _Side, other: _Side) -> bool:
    """Whether two sides have a place in common."""
    if any(
        max(one[0][axis], one[1][axis]) < min(other[0][axis], other[1][axis])
        or max(other[0][axis], other[1][axis]) < min(one[0][axis], one[1][axis])
        for axis in (0, 1)
    ):
        return False
    return _parts(one, other) and _parts(other, one)


def _parts(line: _Side, places: Sequence[Position]) -> bool:
    """Whether not all of the places are on one side of a line."""
    turns = [turn_of(*line, place) for place in places]
    return min(turns) <= 0 <= max(turns)


def _turns_back(one: _Side, other: _Side) -> bool:
    """Whether two sides that follow each other go the same way back."""
    shared = one[1] if one[1] == other[0] else one[0]
    [before] = [place for place in one if place != shared]
    [after] = [place for place in other if place != shared]
    if turn_of(before, shared, after) != 0:
        return False
    return any(
        min(before[axis], after[axis]) > shared[axis] or max(before[axis], after[axis]) < shared[axis]
        for axis in (0, 1)
    )
