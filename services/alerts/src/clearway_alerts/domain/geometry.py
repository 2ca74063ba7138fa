"""Distances between an incident and the areas that are watched, in metres on the WGS-84 ellipsoid, anywhere on it.

Lines between vertices are straight in longitude and latitude, as RFC 7946 says. A place is a point in space, where
neither the antimeridian nor a pole is special, and a piece of a line runs within a known distance of its chord. Only
pieces that can decide are halved, until that distance is small: so the work does not grow with the length of a line.

No distance is computed too long: up to 0.1 m too short near the place, 0.003 % of it at 1,500 km. In doubt it warns.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

_A: Final = 6_378_137.0
_E2: Final = 0.006_694_379_990_141_316
# The largest radius of curvature of the ellipsoid, at its poles: arcs over it are never longer than those on the earth.
_RADIUS: Final = 6_399_594.0
# The shortest degree of latitude anywhere, so that a box made with it never falls short.
_SHORTEST_DEGREE_M: Final = 110_500.0
# From this latitude on a box has the whole circle of longitudes.
_POLAR: Final = 89.0
# A piece that keeps so close to its chord is not halved any more.
_FINE_M: Final = 0.05
# How far the curve over a piece can bend, above that of a sphere of radius _A.
_BEND: Final = _A * 1.01 / 8
# So many vertices are measured at once, which bounds memory at some tens of megabytes.
_VERTICES_AT_ONCE: Final = 50_000

Geometries = npt.NDArray[np.object_]
Metres = npt.NDArray[np.float64]
Boxes = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.intp]


def polygon_of(rings: Sequence[Sequence[tuple[float, float]]]) -> shapely.Polygon:
    """The polygon of an outer ring and its holes. From arrays it is made four times as fast as from tuples."""
    outer, *holes = map(np.array, rings)
    return shapely.Polygon(outer, holes)


def box_around(longitude: float, latitude: float, metres: float) -> tuple[float, float, float, float]:
    """West, south, east, north of a box of degrees that holds everything within `metres` of the point: `widened` for
    one place, without the arrays, because every incident asks for its own."""
    tall = metres / _SHORTEST_DEGREE_M
    highest = abs(latitude) + tall
    wide = 360.0 if highest >= _POLAR else min(360.0, tall / math.cos(math.radians(highest)))
    return longitude - wide, latitude - tall, longitude + wide, latitude + tall


def widened(boxes: Boxes, metres: Metres) -> Boxes:
    """The boxes (rows of west, south, east, north), larger by at least `metres` on every side; near a pole the
    whole circle of longitudes. West may become less than -180, and east more than 180."""
    tall = metres / _SHORTEST_DEGREE_M
    highest = np.maximum(np.abs(boxes[:, 1] - tall), np.abs(boxes[:, 3] + tall))
    wide = np.minimum(360.0, tall / np.cos(np.radians(np.minimum(highest, _POLAR))))
    wide = np.where(highest >= _POLAR, 360.0, wide)
    larger: Boxes = boxes + np.column_stack((-wide, -tall, wide, tall))
    return larger


def are_within(
    outlines: Geometries, longitude: npt.ArrayLike, latitude: npt.ArrayLike, reach_m: Metres
) -> npt.NDArray[np.bool_]:
    """Which of the lines and points (n,) are within `reach_m` (n,) metres of the place, or each of its own (n,)."""
    near = np.zeros(len(outlines), dtype=np.bool_)
    places = np.broadcast_to(_in_space(longitude, latitude), (len(outlines), 3))
    for part in _parts(outlines):
        reach = _chord(reach_m[part])
        near[part] = _nearest(outlines[part], places[part], enough=reach, limit=reach) <= reach
    return near


def distance_to(outline: Any, longitude: float, latitude: float) -> float:
    """From the place to a line or a point."""
    alone = np.empty(1, dtype=np.object_)
    alone[0] = outline
    chord = _nearest(alone, _in_space(longitude, latitude)[None], enough=np.array([-1.0]), limit=np.array([math.inf]))
    return float(_arc(chord)[0])


def distance_m(from_longitude: float, from_latitude: float, to_longitude: float, to_latitude: float) -> float:
    """Between two places."""
    return float(_arc(np.linalg.norm(_in_space(to_longitude, to_latitude) - _in_space(from_longitude, from_latitude))))


def line_length_m(line: npt.ArrayLike) -> float:
    """The length of a line of degrees, (n, 2), to about one percent; of one with long segments to ten."""
    longitude, latitude = np.asarray(line, dtype=np.float64).T
    narrow = np.cos(np.radians((latitude[1:] + latitude[:-1]) / 2))
    return float(np.hypot(np.diff(longitude) * narrow, np.diff(latitude)).sum() * math.radians(_A))


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of lines (n of them): the number of the line, the degrees (n, 2) and the places (n, 3) of both ends."""

    line: Numbers
    degrees: tuple[Floats, Floats]
    space: tuple[Floats, Floats]

    @classmethod
    def of(cls, outlines: Geometries) -> Pieces:
        """Every segment. A point is one of no length."""
        parts, line = shapely.get_parts(outlines, return_index=True)
        degrees, part = shapely.get_coordinates(parts, return_index=True)
        space = _in_space(degrees[:, 0], degrees[:, 1])
        last = np.ones(len(part), dtype=np.bool_)
        last[:-1] = part[1:] != part[:-1]
        alone = last.copy()
        alone[1:] &= last[:-1]
        (first,) = np.nonzero(~last | alone)
        second = first + ~alone[first]
        return cls(line[part[first]], (degrees[first], degrees[second]), (space[first], space[second]))

    def __len__(self) -> int:
        return len(self.line)

    def some(self, which: npt.NDArray[np.bool_]) -> Pieces:
        (begin, end), (here, there) = self.degrees, self.space
        return Pieces(self.line[which], (begin[which], end[which]), (here[which], there[which]))

    def halved(self) -> Pieces:
        (begin, end), (here, there) = self.degrees, self.space
        half = (begin + end) / 2
        middle = _in_space(half[:, 0], half[:, 1])
        return Pieces(
            np.concatenate((self.line, self.line)),
            (np.concatenate((begin, half)), np.concatenate((half, end))),
            (np.concatenate((here, middle)), np.concatenate((middle, there))),
        )

    def chords_from(self, places: Floats) -> Metres:
        """Straight from the place of each line to the chord of each of its pieces."""
        here, there = self.space
        along, away = there - here, places[self.line] - here
        squared = np.einsum("ij,ij->i", along, along)
        share = np.einsum("ij,ij->i", along, away) / np.where(squared > 0, squared, 1.0)
        distance: Metres = np.linalg.norm(away - np.clip(share, 0.0, 1.0)[:, None] * along, axis=1)
        return distance

    def bends(self) -> Metres:
        """How far each piece is from its chord at most: an eighth of the greatest second derivative of its curve."""
        begin, end = self.degrees
        wide, tall = np.radians(np.abs(end - begin)).T
        lowest = np.where(begin[:, 1] * end[:, 1] <= 0, 0.0, np.minimum(np.abs(begin[:, 1]), np.abs(end[:, 1])))
        bend: Metres = _BEND * (wide * wide * np.cos(np.radians(lowest)) + 2 * wide * tall + tall * tall)
        return bend


def _nearest(outlines: Geometries, places: Floats, *, enough: Metres, limit: Metres) -> Metres:
    """Straight through the earth, from each place (n, 3) to its line or point: never too far.

    A line that is known to be nearer than its `enough` need not be known better; one that is farther than its
    `limit` is infinitely far.
    """
    certain = np.full(len(outlines), np.inf)  # as far as each line is at most
    nearest = np.full(len(outlines), np.inf)
    pieces = Pieces.of(outlines)
    while len(pieces):
        line, chord, bend = pieces.line, pieces.chords_from(places), pieces.bends()
        np.minimum.at(certain, line, chord + bend)
        fine = bend <= _FINE_M
        np.minimum.at(nearest, line[fine], np.maximum(chord - bend, 0.0)[fine])
        decides = (chord - bend <= np.minimum(certain, limit)[line]) & (certain > enough)[line]
        pieces = pieces.some(decides & ~fine).halved()
    return np.where(certain <= enough, np.minimum(nearest, certain), np.where(nearest <= limit, nearest, np.inf))


def _parts(outlines: Geometries) -> list[slice]:
    """The outlines in runs that are measured at once."""
    vertices = np.cumsum(shapely.get_num_coordinates(outlines))
    if not len(vertices) or vertices[-1] <= _VERTICES_AT_ONCE:
        return [slice(0, len(vertices))]
    (cuts,) = np.nonzero(np.diff(vertices // _VERTICES_AT_ONCE))
    edges = [0, *(cuts + 1).tolist(), len(vertices)]
    return [slice(begin, end) for begin, end in itertools.pairwise(edges)]


def _in_space(longitude: npt.ArrayLike, latitude: npt.ArrayLike) -> Floats:
    """Degrees as metres from the centre of the earth: (3,) for one place, (n, 3) for n."""
    east, north = np.radians(longitude), np.radians(latitude)
    sine, cosine = np.sin(north), np.cos(north)
    radius = _A / np.sqrt(1 - _E2 * sine * sine)
    return np.stack((radius * cosine * np.cos(east), radius * cosine * np.sin(east), radius * (1 - _E2) * sine), -1)


def _chord(arc_m: Metres) -> Metres:
    """The straight distance between places that are so far apart on the ground, or nearer."""
    chord: Metres = 2 * _RADIUS * np.sin(np.minimum(arc_m / (2 * _RADIUS), math.pi / 2))
    return chord


def _arc(chord_m: npt.ArrayLike) -> Metres:
    arc: Metres = 2 * _RADIUS * np.arcsin(np.minimum(np.asarray(chord_m) / (2 * _RADIUS), 1.0))
    return arc
