"""A footprint: a route's corridor in metres, computed once and used for every incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from clearway_analytics.domain.line import Position, middle, stepped
from clearway_analytics.risk import intensity
from clearway_analytics.risk.arrays import Floats
from clearway_analytics.risk.clearing import ClearedLine, Clearing, Left
from clearway_analytics.risk.corridor import Corridor
from clearway_analytics.risk.intensity import Reach
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.risk.projection import project, utm_zone

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Footprint:
    """A route's corridor. `zone` is the EPSG code of its projection; `box` is the line's bounding box in degrees: west,
    south, east, north. `cleared`: what clearances took out of it; None where there was none."""

    zone: int
    corridor: Corridor
    box: Box
    middle: Position
    cleared: ClearedLine | None = None

    @classmethod
    def of(cls, line: Sequence[Position], half_width_m: float, clearings: Sequence[Clearing] = ()) -> Footprint:
        points = stepped(line)
        centre = middle(line)
        zone = utm_zone(*centre)
        corridor = Corridor.along(*project(zone, points[:, 0], points[:, 1]), half_width_m)
        (west, south), (east, north) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        cleared = ClearedLine.of(line, half_width_m, clearings) if clearings else None
        return cls(zone, corridor, (west, south, east, north), centre, cleared)

    def reach(self, longitude: Floats, latitude: Floats, location_sd: Floats, parameters: Parameters) -> Reach:
        """The effect of m incidents on the route; each array is (m,), degrees and metres."""
        x, y = project(self.zone, longitude, latitude)
        return intensity.reach(self.corridor, x, y, location_sd, parameters)

    def left_of(self, present: datetime) -> Left | None:
        """Where something that was present at a moment may still be, after the clearances; None: on all of the line."""
        return None if self.cleared is None else self.cleared.left_of(present)

    def share_left(
        self, left: Left, longitude: Floats, latitude: Floats, location_sd: Floats, parameters: Parameters
    ) -> Floats:
        """c_iR of m incidents on the stretches that clearances left, (m,)."""
        if self.cleared is None or not left:
            return np.zeros(len(longitude))
        x, y = project(self.zone, longitude, latitude)
        return intensity.share_on(self.cleared.corridor(left), x, y, location_sd, parameters)

    def reference_share(self, parameters: Parameters) -> float:
        """c of an exactly known incident in the middle of the route."""
        longitude, latitude = (np.array([degrees]) for degrees in self.middle)
        return float(self.reach(longitude, latitude, np.zeros(1), parameters).share[0])
