"""All routes of a mission at once: those that incidents may reach, and their effect on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from clearway_analytics.risk import intensity
from clearway_analytics.risk.arrays import Floats, Numbers
from clearway_analytics.risk.corridor import Corridors
from clearway_analytics.risk.footprint import Box, Footprint
from clearway_analytics.risk.intensity import Reach
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.risk.projection import project

# The shortest degree of latitude, reduced by the largest stretch of a projection over a line of 2,000 km.
METRES_PER_DEGREE: Final = 110_000.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """An incident and a route each, by their numbers: (m,)."""

    incidents: Numbers
    routes: Numbers


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

    def near(self, longitude: Floats, latitude: Floats, distance_m: Floats) -> Pairs:
        """For each of n places all footprints within its distance, and some a little farther away, in order."""
        places = zip(longitude.tolist(), latitude.tolist(), distance_m.tolist(), strict=True)
        boxes = [(place, box) for place, around in enumerate(places) for box in boxes_within(*around)]
        of_box, route = self.tree.query(shapely.box(*np.array([box for _, box in boxes]).T))
        place = np.array([place for place, _ in boxes], dtype=np.intp)[of_box]
        # At the antimeridian there are two boxes, and a footprint may be in both.
        found = np.unique(place * len(self.zones) + route)
        return Pairs(*divmod(found, max(len(self.zones), 1)))

    def edges(self, which: Numbers) -> int:
        """The number of edges of these footprints: the cost of measuring them."""
        return self.corridors.edges(which)

    def reach(
        self, near: Pairs, longitude: Floats, latitude: Floats, location_sd: Floats, parameters: Parameters
    ) -> Reach:
        """The effect of each pair's incident on its route, one pair at least. Places and errors are (n,)."""
        zones = self.zones[near.routes]
        x, y = np.empty(len(zones)), np.empty(len(zones))
        for zone in np.unique(zones).tolist():
            (some,) = np.nonzero(zones == zone)
            which = near.incidents[some]
            x[some], y[some] = project(zone, longitude[which], latitude[which])
        return intensity.reach_each(self.corridors, near.routes, x, y, location_sd[near.incidents], parameters)


def boxes_within(longitude: float, latitude: float, distance_m: float) -> list[Box]:
    """Boxes in degrees that together contain every point within `distance_m`; two at the antimeridian."""
    tall = distance_m / METRES_PER_DEGREE
    farthest = abs(latitude) + tall
    wide = 180.0 if farthest >= 89.0 else min(180.0, tall / math.cos(math.radians(farthest)))
    box = (longitude - wide, latitude - tall, longitude + wide, latitude + tall)
    wrapped = [(box[0] + turn, box[1], box[2] + turn, box[3]) for turn in (-360.0, 360.0)]
    return [box, *(other for other in wrapped if other[2] > -180.0 and other[0] < 180.0)]
