"""What is near a line: points, and cells of the fixed grid in which reduced incidents are shown.

Lines between positions are straight in longitude and latitude, as RFC 7946 says and as routes are drawn. They are cut
into pieces of two kilometres at most, and distances are measured in space, on the WGS-84 ellipsoid, from which such a
piece is never more than a decimetre away. Neither the antimeridian nor a pole is special there. Pieces stand in a tree
of spheres, so that most of a long line is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import asin, ceil, cos, dist, radians, sin, sqrt
from typing import Final

from clearway_contracts.grid import Cell
from clearway_incidents.domain.box import Box

Position = tuple[float, float]
Space = tuple[float, float, float]

# Of a line that goes around half of the world pieces are longer: their number is bounded.
MOST_PIECES: Final = 50_000
MOST_BOXES: Final = 16
_PIECE_DEGREES: Final = 0.02
_A: Final = 6_378_137.0
_E2: Final = 0.006_694_379_990_141_316
# The largest radius of curvature: no arc on the earth is longer than over such a sphere. In doubt it is near.
_RADIUS: Final = 6_399_594.0
# What a piece of two kilometres keeps from the line on the ground, and more.
_SAG_M: Final = 0.15
# The shortest degree of latitude anywhere, so that a box made with it never falls short.
_SHORTEST_DEGREE_M: Final = 110_500.0
_POLAR: Final = 89.0


@dataclass(frozen=True, slots=True)
class _Piece:
    begin: Position
    end: Position
    here: Space
    there: Space


@dataclass(frozen=True, slots=True)
class _Node:
    """A sphere around pieces: one, or those of two others."""

    centre: Space
    radius: float
    piece: _Piece | None
    parts: tuple[_Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Along:
    """A line, and how far from it in metres."""

    line: tuple[Position, ...]
    within_m: float


class NearLine:
    """All that is within `within_m` metres of a line."""

    def __init__(self, line: Sequence[Position], within_m: float) -> None:
        self._line = line
        self._within_m = within_m
        # Straight through the earth, as distances are compared.
        self._reach = 2 * _RADIUS * sin(within_m / (2 * _RADIUS)) + _SAG_M
        self._root = _tree([_leaf(piece) for piece in _pieces(line)])
        self._cells: dict[Cell, bool] = {}

    def has_point(self, longitude: float, latitude: float) -> bool:
        """Whether a place is so near."""
        place = in_space(longitude, latitude)
        return any(_from_chord(place, piece.here, piece.there) <= self._reach for piece in self._around(place, 0.0))

    def has_cell(self, cell: Cell) -> bool:
        """Whether any place of the cell is so near."""
        if cell not in self._cells:
            self._cells[cell] = self._is_near(cell)
        return self._cells[cell]

    def boxes(self) -> Sequence[Box]:
        """Boxes that together hold every place that is so near."""
        share = ceil((len(self._line) - 1) / MOST_BOXES) if len(self._line) > MOST_BOXES + 1 else 0
        if share:
            runs = [self._line[start : start + share + 1] for start in range(0, len(self._line) - 1, share)]
        else:
            pieces = list(_pieces(self._line))
            many = ceil(len(pieces) / MOST_BOXES)
            cut = [pieces[start : start + many] for start in range(0, len(pieces), many)]
            runs = [[run[0].begin, *(piece.end for piece in run)] for run in cut]
        return [_around_run(run, self._within_m) for run in runs]

    def _is_near(self, cell: Cell) -> bool:
        corners = [(cell.west, cell.south), (cell.east, cell.south), (cell.east, cell.north), (cell.west, cell.north)]
        sides = [*_pieces([*corners, corners[0]])]
        centre = in_space((cell.west + cell.east) / 2, (cell.south + cell.north) / 2)
        reach = max(dist(centre, in_space(*corner)) for corner in corners) + _SAG_M
        for piece in self._around(centre, reach):
            if any(_crosses(piece, cell, turn) for turn in (-360.0, 0.0, 360.0)):
                return True
            for side in sides:
                ends = ((side.here, piece), (side.there, piece), (piece.here, side), (piece.there, side))
                if any(_from_chord(place, other.here, other.there) <= self._reach for place, other in ends):
                    return True
        return False

    def _around(self, place: Space, radius: float) -> Iterator[_Piece]:
        """The pieces that something within `radius` of a place may be near."""
        nodes = [self._root]
        while nodes:
            node = nodes.pop()
            if dist(node.centre, place) > node.radius + radius + self._reach:
                continue
            if node.piece is not None:
                yield node.piece
            nodes.extend(node.parts)


def in_space(longitude: float, latitude: float) -> Space:
    """Metres from the centre of the earth."""
    east, north = radians(longitude), radians(latitude)
    radius = _A / sqrt(1 - _E2 * sin(north) ** 2)
    return radius * cos(north) * cos(east), radius * cos(north) * sin(east), radius * (1 - _E2) * sin(north)


def _pieces(line: Sequence[Position]) -> Iterator[_Piece]:
    spans = [max(abs(end[0] - begin[0]), abs(end[1] - begin[1])) for begin, end in pairwise(line)]
    longest = max(_PIECE_DEGREES, sum(spans) / MOST_PIECES)
    for (begin, end), span in zip(pairwise(line), spans, strict=True):
        number = max(1, ceil(span / longest))
        steps = [
            (begin[0] + (end[0] - begin[0]) * part / number, begin[1] + (end[1] - begin[1]) * part / number)
            for part in range(number)
        ]
        places = [(one, in_space(*one)) for one in (*steps, end)]
        for (first, here), (second, there) in pairwise(places):
            yield _Piece(first, second, here, there)


def _leaf(piece: _Piece) -> _Node:
    (ax, ay, az), (bx, by, bz) = piece.here, piece.there
    return _Node(((ax + bx) / 2, (ay + by) / 2, (az + bz) / 2), dist(piece.here, piece.there) / 2, piece)


def _tree(nodes: Sequence[_Node]) -> _Node:
    """Neighbours on the line are neighbours in the tree."""
    while len(nodes) > 1:
        pairs = [nodes[start : start + 2] for start in range(0, len(nodes), 2)]
        nodes = [_above(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return nodes[0]


def _above(one: _Node, other: _Node) -> _Node:
    (ax, ay, az), (bx, by, bz) = one.centre, other.centre
    centre = ((ax + bx) / 2, (ay + by) / 2, (az + bz) / 2)
    radius = max(dist(centre, part.centre) + part.radius for part in (one, other))
    return _Node(centre, radius, None, (one, other))


def _from_chord(place: Space, here: Space, there: Space) -> float:
    along = (there[0] - here[0], there[1] - here[1], there[2] - here[2])
    away = (place[0] - here[0], place[1] - here[1], place[2] - here[2])
    squared = along[0] ** 2 + along[1] ** 2 + along[2] ** 2
    share = (along[0] * away[0] + along[1] * away[1] + along[2] * away[2]) / squared if squared else 0.0
    share = min(1.0, max(0.0, share))
    return dist(away, (share * along[0], share * along[1], share * along[2]))


def _crosses(piece: _Piece, cell: Cell, turn: float) -> bool:
    """Whether a piece has a place in the cell, on the plane of degrees: what of it is between the cell's sides."""
    first, last = 0.0, 1.0
    for axis, low, high, shift in ((0, cell.west, cell.east, turn), (1, cell.south, cell.north, 0.0)):
        begin, step = piece.begin[axis] + shift, piece.end[axis] - piece.begin[axis]
        if not step:
            if not low <= begin <= high:
                return False
            continue
        enters, leaves = sorted(((low - begin) / step, (high - begin) / step))
        first, last = max(first, enters), min(last, leaves)
    return first <= last


def _around_run(run: Sequence[Position], within_m: float) -> Box:
    tall = (within_m + 1.0) / _SHORTEST_DEGREE_M
    latitudes, longitudes = [position[1] for position in run], [position[0] for position in run]
    south, north = min(latitudes) - tall, max(latitudes) + tall
    highest = max(abs(south), abs(north))
    # Where a meridian is nearest to a place on another one, the place is farther to a side than along its parallel.
    wide = 360.0 if highest >= _POLAR else 360.0 / 6.283185 * asin(min(1.0, sin(radians(tall)) / cos(radians(highest))))
    west, east = min(longitudes) - wide, max(longitudes) + wide
    if east - west >= 360:
        west, east = -180.0, 180.0
    west, east = west + 360 if west < -180 else west, east - 360 if east > 180 else east
    return Box(west=west, south=max(south, -90.0), east=east, north=min(north, 90.0))
