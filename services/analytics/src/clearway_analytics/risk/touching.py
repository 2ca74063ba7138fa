"""Where polygons touch a route's corridor, as stretches along the route."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from clearway_analytics.domain.area import Rings, polygon_of
from clearway_analytics.domain.line import MAX_LATITUDE, Position, Stretch, stepped
from clearway_analytics.risk.arrays import Floats, Numbers
from clearway_analytics.risk.milestones import Milestones
from clearway_analytics.risk.network import METRES_PER_DEGREE

# Edges of a polygon are straight on the map: in steps of this size they are so in metres too.
_STEP_DEGREES: Final = 0.02
_SEGMENTS_OF_A_QUARTER: Final = 32
# Stretches that are less than this apart are one.
_JOINED_M: Final = 10.0


@dataclass(frozen=True, slots=True)
class Polygons:
    """Polygons by number, in degrees, and a tree of them: each line is compared with those near it alone."""

    shapes: Sequence[shapely.Polygon]
    tree: shapely.STRtree

    @classmethod
    def of(cls, polygons: Sequence[Rings]) -> Polygons:
        shapes = [polygon_of(rings) for rings in polygons]
        shapely.prepare(shapes)
        return cls(shapes, shapely.STRtree(shapes))

    def near(self, boxes: Floats) -> Numbers:
        """The numbers of those boxes, (n, 4) as `around` returns them, that a polygon touches."""
        return np.unique(self.tree.query(shapely.box(*boxes.T), predicate="intersects")[0])

    def touched(self, line: Sequence[Position], half_width_m: float) -> dict[int, list[Stretch]]:
        """The stretches of the line within `half_width_m` of each polygon, by its number, in metres along the line. A
        polygon that is farther away is left out.

        Only the part of a polygon near the line is projected, so a large area far from the line's zone does no harm.
        """
        box = shapely.box(*around(box_of(line), half_width_m).T)[0]
        near = np.sort(self.tree.query(box, predicate="intersects")).tolist()
        if not near:
            return {}
        milestones = Milestones.of(line)
        whole = [Stretch(0.0, float(milestones.along_m[-1]))]
        # A large area over many routes contains most of them whole.
        found = {
            i: whole if shape.contains(box) else _stretches(milestones, half_width_m, shape.intersection(box))
            for i, shape in ((i, self.shapes[i]) for i in near)
        }
        return {i: stretches for i, stretches in found.items() if stretches}


def box_of(line: Sequence[Position]) -> Floats:
    """The bounding box of a line as drawn on a map: west, south, east, north, degrees, (1, 4)."""
    points = stepped(line)
    return np.concatenate((points.min(axis=0), points.max(axis=0)))[None]


def around(boxes: Floats, half_width_m: Floats | float) -> Floats:
    """Boxes of lines, (n, 4), made as much wider as their corridors are, with room to spare."""
    west, south, east, north = boxes.T
    tall = 1.1 * np.asarray(half_width_m) / METRES_PER_DEGREE
    farthest = np.minimum(MAX_LATITUDE, np.maximum(np.abs(south), np.abs(north)) + tall)
    wide = tall / np.cos(np.radians(farthest))
    return np.column_stack((west - wide, south - tall, east + wide, north + tall))


def _stretches(milestones: Milestones, half_width_m: float, near: shapely.Geometry) -> list[Stretch]:
    flat = shapely.transform(
        shapely.segmentize(near, _STEP_DEGREES), lambda at: np.column_stack(milestones.project(at[:, 0], at[:, 1]))
    )
    reached = shapely.make_valid(flat).buffer(half_width_m, quad_segs=_SEGMENTS_OF_A_QUARTER)
    return _joined(_within(milestones, reached))


def _within(milestones: Milestones, reached: shapely.Geometry) -> list[Stretch]:
    vertices = np.column_stack((milestones.x, milestones.y))
    segments = shapely.linestrings(np.stack((vertices[:-1], vertices[1:]), axis=1))
    shapely.prepare(reached)
    found: list[Stretch] = []
    for i in np.flatnonzero(shapely.intersects(reached, segments)).tolist():
        length = float(np.hypot(*(vertices[i + 1] - vertices[i])))
        start, step = milestones.along_m[i], milestones.along_m[i + 1] - milestones.along_m[i]
        for part in shapely.get_parts(shapely.intersection(segments[i], reached)):
            away = np.hypot(*(shapely.get_coordinates(part) - vertices[i]).T) / length if length else np.zeros(1)
            found.append(Stretch(float(start + step * away.min()), float(start + step * away.max())))
    return found


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    whole: list[Stretch] = []
    for start, end in sorted(stretches):
        if whole and start - whole[-1].end_m <= _JOINED_M:
            whole[-1] = Stretch(whole[-1].start_m, max(whole[-1].end_m, end))
        else:
            whole.append(Stretch(start, end))
    return whole
