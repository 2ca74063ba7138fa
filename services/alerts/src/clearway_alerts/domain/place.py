"""Distances between an incident and the areas that are watched, exact to well under a metre where it matters.

Lines between vertices are straight in longitude and latitude, as RFC 7946 says. Near the incident they are laid
on a plane by the mid-latitude formula on the WGS-84 ellipsoid, whose error grows with the square of the distance:
0.1 m at 50 km. Only what lies near enough to decide is projected.
"""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

_A: Final = 6_378_137.0
_E2: Final = 0.006_694_379_990_141_316
_SEGMENT_DEGREES: Final = 0.02
# A box without an inside cannot be clipped to.
_SMALLEST_BOX_M: Final = 1.0
_ORIGIN: Final = shapely.Point(0, 0)
# The shortest degree of latitude anywhere, so that a box made with it never falls short.
_SHORTEST_DEGREE_M: Final = 110_500.0

Geometries = npt.NDArray[np.object_]
Metres = npt.NDArray[np.float64]


Boxes = npt.NDArray[np.float64]


def box_around(lon: float, lat: float, metres: float) -> Boxes:
    """West, south, east, north of a box of degrees that holds everything within `metres` of the point."""
    box: Boxes = widened(np.array([[lon, lat, lon, lat]]), np.array([metres]))[0]
    return box


def widened(boxes: Boxes, metres: Metres) -> Boxes:
    """The boxes (rows of west, south, east, north), larger by at least `metres` on every side; near a pole the
    whole circle of longitudes. West may become less than -180, and east more than 180."""
    tall = metres / _SHORTEST_DEGREE_M
    highest = np.maximum(np.abs(boxes[:, 1] - tall), np.abs(boxes[:, 3] + tall))
    wide = np.minimum(360.0, tall / np.cos(np.radians(np.minimum(highest, 89.0))))
    wide = np.where(highest >= 89.0, 360.0, wide)
    larger: Boxes = boxes + np.column_stack((-wide, -tall, wide, tall))
    return larger


def metres_per_degree(latitude: npt.NDArray[np.float64]) -> tuple[Metres, Metres]:
    """The lengths of a degree of longitude and of latitude at a latitude, on the ellipsoid."""
    phi = np.radians(latitude)
    root = np.sqrt(1 - _E2 * np.sin(phi) ** 2)
    return np.radians(_A * np.cos(phi) / root), np.radians(_A * (1 - _E2) / root**3)


def distances_m(outlines: Geometries, lon: float, lat: float, within_m: float) -> Metres:
    """How far each line or point is from the place; infinite for those that are farther than `within_m`."""
    near = (
        _clipped(outlines, box_around(lon, lat, max(within_m, _SMALLEST_BOX_M)))
        if math.isfinite(within_m)
        else outlines
    )
    distance: Metres = np.full(len(outlines), np.inf)
    (left,) = np.nonzero(~shapely.is_empty(near))
    if len(left):
        local = shapely.transform(shapely.segmentize(near[left], _SEGMENT_DEGREES), _plane_around(lon, lat))
        distance[left] = shapely.distance(local, _ORIGIN)
    return distance


def _clipped(outlines: Geometries, box: Boxes) -> Geometries:
    """Only speed: across the antimeridian, where a box has two parts, nothing is cut off."""
    if box[0] < -180 or box[2] > 180:
        return outlines
    clipped: Geometries = shapely.clip_by_rect(outlines, *box)
    return clipped


def _plane_around(lon: float, lat: float) -> Any:
    def project(positions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        east, north = metres_per_degree((positions[:, 1] + lat) / 2)
        turn = (positions[:, 0] - lon + 180) % 360 - 180
        return np.column_stack((turn * east, (positions[:, 1] - lat) * north))

    return project


def distance_m(from_lon: float, from_lat: float, to_lon: float, to_lat: float) -> float:
    """Between two places."""
    return float(distances_m(np.array([shapely.Point(to_lon, to_lat)]), from_lon, from_lat, math.inf)[0])
