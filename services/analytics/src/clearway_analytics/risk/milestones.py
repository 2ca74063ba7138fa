"""A route's line in metres, with the distance along it: kilometres to corridors, and places to kilometres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clearway_analytics.domain.line import EARTH, Position, Stretch, length_m, middle, stepped
from clearway_analytics.risk.arrays import Floats
from clearway_analytics.risk.corridor import Corridor
from clearway_analytics.risk.projection import project, utm_zone


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

    def corridor(self, stretches: Sequence[Stretch], half_width_m: float) -> Corridor:
        """The corridor of these stretches alone: one without ground, where there are none."""
        return Corridor.around([self._part(stretch) for stretch in stretches], half_width_m)

    def _part(self, stretch: Stretch) -> Floats:
        """The vertices of a stretch, (n, 2)."""
        start_m, end_m = stretch.start_m, stretch.end_m
        inside = (self.along_m > start_m) & (self.along_m < end_m)
        along = np.concatenate(([start_m], self.along_m[inside], [end_m]))
        return np.column_stack((np.interp(along, self.along_m, self.x), np.interp(along, self.along_m, self.y)))
