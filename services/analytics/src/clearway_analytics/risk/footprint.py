"""A footprint: a route's corridor in metres, computed once and used for every incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clearway_analytics.domain.line import Position, middle, stepped
from clearway_analytics.risk import intensity
from clearway_analytics.risk.corridor import Corridor, Stretch
from clearway_analytics.risk.gaussian import Floats
from clearway_analytics.risk.intensity import Reach
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.risk.projection import project, utm_zone

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Footprint:
    """A route's corridor. `zone` is the EPSG code of its projection; `box` is the line's bounding box in degrees: west,
    south, east, north."""

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

    @property
    def half_width_m(self) -> float:
        return float(np.max(self.corridor.half_width_m))

    def reach(self, longitude: Floats, latitude: Floats, location_sd: Floats, parameters: Parameters) -> Reach:
        """The effect of m incidents on the route; each array is (m,), degrees and metres."""
        x, y = project(self.zone, longitude, latitude)
        return intensity.reach(self.corridor, x, y, location_sd, parameters)

    def stretches(self, longitude: float, latitude: float, radius_m: float) -> list[Stretch]:
        """The stretches of the route's line within a radius of a place."""
        x, y = project(self.zone, longitude, latitude)
        return self.corridor.stretches(float(x[0]), float(y[0]), radius_m)

    def reference_share(self, parameters: Parameters) -> float:
        """c of an exactly known incident in the middle of the route."""
        longitude, latitude = (np.array([degrees]) for degrees in self.middle)
        return float(self.reach(longitude, latitude, np.zeros(1), parameters).share[0])
