"""A route's line in metres, with the distance along it: kilometres to corridors, and places to kilometres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from clearway_analytics.domain.line import EARTH, Position, Stretch, length_m, middle, stepped
from clearway_analytics.risk.arrays import Floats
from clearway_analytics.risk.corridor import Corridor
from clearway_analytics.risk.projection import project, utm_zone

# Stretches that are no farther apart than rounding are one.
JOINED_M: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Milestones:
    """The vertices of a line, projected in `zone`, (n,) each. `along_m` is their distance from the start along the
    ellipsoid: kilometres as a map and an odometer count them, whatever the projection does to lengths."""

    zone: int
    x: Floats
    y: Floats
    along_m: Floats

    @classmethod
    def of(cls, line: Sequence[Position]) -> Milestones:
        points = stepped(line)
        zone = utm_zone(*middle(line))
        x, y = project(zone, points[:, 0], points[:, 1])
        steps = np.asarray(EARTH.line_lengths(points[:, 0], points[:, 1]), dtype=np.float64)
        along = np.concatenate(([0.0], np.cumsum(steps)))
        # The steps follow the map, and the length of a route follows the ellipsoid: both are to end at one kilometre.
        return cls(zone, x, y, along * (length_m(line) / along[-1]))

    def project(self, longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
        """Places in the projection of the line, metres."""
        return project(self.zone, longitude, latitude)

    def nearest(self, longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
        """Of m places, how far along the line the nearest point of it is, and how far away, metres, (m,) each."""
        px, py = self.project(longitude, latitude)
        along, offset = np.empty(len(px)), np.empty(len(px))
        for i, (x, y) in enumerate(zip(px.tolist(), py.tolist(), strict=True)):
            along[i], offset[i] = self._nearest(x, y)
        return along, offset

    def _nearest(self, x: float, y: float) -> tuple[float, float]:
        east, north = np.diff(self.x), np.diff(self.y)
        squared = np.maximum(east * east + north * north, np.finfo(np.float64).tiny)
        part = np.clip(((x - self.x[:-1]) * east + (y - self.y[:-1]) * north) / squared, 0.0, 1.0)
        away = np.hypot(self.x[:-1] + part * east - x, self.y[:-1] + part * north - y)
        which = int(away.argmin())
        step = self.along_m[which + 1] - self.along_m[which]
        return float(self.along_m[which] + part[which] * step), float(away[which])

    def within(self, longitude: Floats, latitude: Floats, radius_m: Floats) -> list[list[Stretch]]:
        """Of m places, the stretches of the line within a radius of each, metres (m,), in order: several where the line
        comes back to it."""
        px, py = self.project(longitude, latitude)
        places = zip(px.tolist(), py.tolist(), radius_m.tolist(), strict=True)
        return [self._within(x, y, radius) for x, y, radius in places]

    def _within(self, x: float, y: float, radius_m: float) -> list[Stretch]:
        east, north = np.diff(self.x), np.diff(self.y)
        length = np.maximum(np.hypot(east, north), np.finfo(np.float64).tiny)
        foot = ((x - self.x[:-1]) * east + (y - self.y[:-1]) * north) / length
        aside = ((y - self.y[:-1]) * east - (x - self.x[:-1]) * north) / length
        half = np.sqrt(np.maximum(radius_m * radius_m - aside * aside, 0.0))
        touched = (np.abs(aside) <= radius_m) & (foot + half >= 0.0) & (foot - half <= length)
        # A step without length has no side: what it would touch, the steps beside it do.
        touched &= (east != 0.0) | (north != 0.0)
        # Within a step the ground and the projection are proportional.
        ground = np.diff(self.along_m) / length
        first = self.along_m[:-1] + ground * np.maximum(foot - half, 0.0)
        last = self.along_m[:-1] + ground * np.minimum(foot + half, length)
        return _joined(first[touched].tolist(), last[touched].tolist())

    def corridor(self, stretches: Sequence[Stretch], half_width_m: float) -> Corridor:
        """The corridor of these stretches alone: one without ground, where there are none."""
        return Corridor.around([self._part(stretch) for stretch in stretches], half_width_m)

    def _part(self, stretch: Stretch) -> Floats:
        """The vertices of a stretch, (n, 2)."""
        start_m, end_m = stretch.start_m, stretch.end_m
        inside = (self.along_m > start_m) & (self.along_m < end_m)
        along = np.concatenate(([start_m], self.along_m[inside], [end_m]))
        return np.column_stack((np.interp(along, self.along_m, self.x), np.interp(along, self.along_m, self.y)))


def _joined(first: Sequence[float], last: Sequence[float]) -> list[Stretch]:
    """The parts from each first to its last, in order, as one where they meet."""
    found: list[Stretch] = []
    for stretch in map(Stretch, first, last):
        if found and stretch.start_m <= found[-1].end_m + JOINED_M:
            found[-1] = Stretch(found[-1].start_m, stretch.end_m)
        else:
            found.append(stretch)
    return found
