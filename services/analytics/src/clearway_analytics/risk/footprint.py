"""A route as the model sees it: its corridor in metres, measured once and used for every incident."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearway_analytics.domain.line import Position, middle, stepped
from clearway_analytics.risk import intensity
from clearway_analytics.risk.corridor import Corridor
from clearway_analytics.risk.intensity import Reach
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.risk.projection import project, utm_zone

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]

# The shortest degree of latitude, less the most that a projection may stretch a line of 2,000 km.
METRES_PER_DEGREE: Final = 110_000.0


@dataclass(frozen=True, slots=True)
class Footprint:
    """`zone` is the EPSG code of the projection; `box` holds the line: west, south, east, north in degrees."""

    zone: int
    corridor: Corridor
    box: Box
    middle: Position

    @classmethod
    def of(cls, line: Sequence[Position], half_width_m: float) -> Footprint:
        points = stepped(line)
        centre = middle(line)
        zone = utm_zone(*centre)
        corridor = Corridor.along(*project(zone, points[:, 0], points[:, 1]), half_width_m)
        (west, south), (east, north) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        return cls(zone, corridor, (west, south, east, north), centre)

    def reach(self, lon: Floats, lat: Floats, location_sd: Floats, parameters: Parameters) -> Reach:
        """How m incidents bear on the route; each array is (m,), degrees and metres."""
        x, y = project(self.zone, lon, lat)
        return intensity.reach(self.corridor, x, y, location_sd, parameters)

    def reference_share(self, parameters: Parameters) -> float:
        """c of an exactly known incident in the middle of the route."""
        lon, lat = (np.array([degrees]) for degrees in self.middle)
        return float(self.reach(lon, lat, np.zeros(1), parameters).share[0])


def reach_each(
    footprints: Sequence[Footprint], lon: float, lat: float, location_sd: float, parameters: Parameters
) -> Iterator[tuple[int, float, float]]:
    """How one incident bears on many routes: (index, c, distance in metres) of those near enough."""
    zones: defaultdict[int, list[int]] = defaultdict(list)
    for index, footprint in enumerate(footprints):
        zones[footprint.zone].append(index)
    for zone, members in zones.items():
        x, y = project(zone, lon, lat)
        corridors = [footprints[index].corridor for index in members]
        bearing = intensity.reach_each(corridors, float(x[0]), float(y[0]), location_sd, parameters)
        for place in np.flatnonzero(bearing.near).tolist():
            yield members[place], float(bearing.share[place]), float(bearing.distance_m[place])


def boxes_within(lon: float, lat: float, distance_m: float) -> list[Box]:
    """Boxes in degrees that together hold every place within `distance_m`; two where they cross the antimeridian."""
    tall = distance_m / METRES_PER_DEGREE
    farthest = abs(lat) + tall
    wide = 180.0 if farthest >= 89.0 else min(180.0, tall / math.cos(math.radians(farthest)))
    box = (lon - wide, lat - tall, lon + wide, lat + tall)
    wrapped = [(box[0] + turn, box[1], box[2] + turn, box[3]) for turn in (-360.0, 360.0)]
    return [box, *(other for other in wrapped if other[2] > -180.0 and other[0] < 180.0)]
