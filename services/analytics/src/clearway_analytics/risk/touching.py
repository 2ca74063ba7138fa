"""Where a polygon touches a route's corridor, as stretches along the route."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely

from clearway_analytics.domain.area import Rings
from clearway_analytics.domain.line import MAX_LATITUDE, Position, Stretch, stepped
from clearway_analytics.risk.arrays import Floats
from clearway_analytics.risk.milestones import Milestones
from clearway_analytics.risk.network import METRES_PER_DEGREE

# Edges of a polygon are straight on the map: in steps of this size they are so in metres too.
_STEP_DEGREES: Final = 0.02
_SEGMENTS_OF_A_QUARTER: Final = 32
# Stretches that are less than this apart are one.
_JOINED_M: Final = 10.0


def touched(line: Sequence[Position], half_width_m: float, polygon: Rings) -> list[Stretch]:
    """The stretches of the line within `half_width_m` of the polygon, in metres along the line; none where it is away.

    Only the part of the polygon near the line is projected, so a large area far from the line's zone does no harm.
    """
    near = _near(stepped(line), half_width_m, polygon)
    if near.is_empty:
        return []
    milestones = Milestones.of(line)
    flat = shapely.transform(
        shapely.segmentize(near, _STEP_DEGREES), lambda at: np.column_stack(milestones.project(at[:, 0], at[:, 1]))
    )
    reached = shapely.make_valid(flat).buffer(half_width_m, quad_segs=_SEGMENTS_OF_A_QUARTER)
    return _joined(_within(milestones, reached))


def _near(points: Floats, half_width_m: float, polygon: Rings) -> shapely.Geometry:
    """The part of the polygon inside the line's bounding box and a margin."""
    (west, south), (east, north) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    tall = 1.1 * half_width_m / METRES_PER_DEGREE
    wide = tall / math.cos(math.radians(min(MAX_LATITUDE, max(abs(south), abs(north)) + tall)))
    around = shapely.box(west - wide, south - tall, east + wide, north + tall)
    return shapely.Polygon(polygon[0], polygon[1:]).intersection(around)


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
