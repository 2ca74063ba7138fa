"""All routes of a mission at once: those that an incident may reach, and its effect on them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from clearway_analytics.risk import intensity
from clearway_analytics.risk.arrays import Numbers
from clearway_analytics.risk.corridor import Corridors
from clearway_analytics.risk.footprint import Box, Footprint
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.risk.projection import project

# The shortest degree of latitude, reduced by the largest stretch of a projection over a line of 2,000 km.
METRES_PER_DEGREE: Final = 110_000.0


@dataclass(frozen=True, slots=True)
class Network:
    """R footprints by number: a tree of their boxes, their corridors end to end, and their zones (R,)."""

    tree: shapely.STRtree
    corridors: Corridors
    zones: Numbers

    @classmethod
    def of(cls, footprints: Sequence[Footprint]) -> Network:
        boxes = np.array([footprint.box for footprint in footprints]).reshape(-1, 4)
        return cls(
            shapely.STRtree(shapely.box(*boxes.T)),
            Corridors.joined([footprint.corridor for footprint in footprints]),
            np.array([footprint.zone for footprint in footprints], dtype=np.intp),
        )

    def near(self, longitude: float, latitude: float, distance_m: float) -> Numbers:
        """The numbers of all footprints within the distance, and of some a little farther away, in order."""
        found = [self.tree.query(shapely.box(*box)) for box in boxes_within(longitude, latitude, distance_m)]
        # At the antimeridian there are two boxes, and a footprint may be in both.
        return np.sort(found[0]) if len(found) == 1 else np.unique(np.concatenate(found))

    def edges(self, which: Numbers) -> int:
        """The number of edges of these footprints: the cost of measuring them."""
        return self.corridors.edges(which)

    def reach(
        self, which: Numbers, longitude: float, latitude: float, location_sd: float, parameters: Parameters
    ) -> Iterator[tuple[int, float, float]]:
        """The effect of one incident on some footprints: (number, c, distance in metres) of those near enough."""
        if len(which) == 0:
            return
        zones = self.zones[which].tolist()
        by_zone = {zone: _metres(zone, longitude, latitude) for zone in set(zones)}
        x, y = np.array([by_zone[zone] for zone in zones]).T
        reach = intensity.reach_each(self.corridors, which, x, y, location_sd, parameters)
        near = reach.near
        yield from zip(which[near].tolist(), reach.share[near].tolist(), reach.distance_m[near].tolist(), strict=True)


def _metres(zone: int, longitude: float, latitude: float) -> tuple[float, float]:
    x, y = project(zone, longitude, latitude)
    return float(x[0]), float(y[0])


def boxes_within(longitude: float, latitude: float, distance_m: float) -> list[Box]:
    """Boxes in degrees that together contain every point within `distance_m`; two at the antimeridian."""
    tall = distance_m / METRES_PER_DEGREE
    farthest = abs(latitude) + tall
    wide = 180.0 if farthest >= 89.0 else min(180.0, tall / math.cos(math.radians(farthest)))
    box = (longitude - wide, latitude - tall, longitude + wide, latitude + tall)
    wrapped = [(box[0] + turn, box[1], box[2] + turn, box[3]) for turn in (-360.0, 360.0)]
    return [box, *(other for other in wrapped if other[2] > -180.0 and other[0] < 180.0)]
