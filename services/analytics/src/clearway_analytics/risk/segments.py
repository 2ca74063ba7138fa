"""Straight segments in metres, as arrays: those of a route's line, and those of its corridor's outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clearway_analytics.risk.arrays import Floats, Numbers


@dataclass(frozen=True, slots=True)
class Segments:
    """n segments. start: (n, 2); direction: unit vectors (n, 2); length: (n,)."""

    start: Floats
    direction: Floats
    length: Floats

    @classmethod
    def between(cls, points: Floats) -> Segments:
        """The segments of a polyline, without those of no length."""
        steps = np.diff(points, axis=0)
        length = np.hypot(steps[:, 0], steps[:, 1])
        real = length > 0
        return cls(points[:-1][real], steps[real] / length[real, None], length[real])

    @classmethod
    def joined(cls, parts: Sequence[Segments]) -> Segments:
        return cls(
            np.concatenate([np.empty((0, 2)), *(part.start for part in parts)]),
            np.concatenate([np.empty((0, 2)), *(part.direction for part in parts)]),
            np.concatenate([np.empty(0), *(part.length for part in parts)]),
        )

    def some(self, which: Numbers) -> Segments:
        return Segments(self.start[which], self.direction[which], self.length[which])

    def locate(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """The position along each segment's line, and the distance to the left of it (negative: to the right), metres.

        Points are (m, 1), each against every segment, and the results (m, n); or (n,), each against its own segment.
        """
        east = x - self.start[:, 0]
        north = y - self.start[:, 1]
        along = east * self.direction[:, 0] + north * self.direction[:, 1]
        left = north * self.direction[:, 0] - east * self.direction[:, 1]
        return along, left

    def distances(self, x: Floats, y: Floats) -> Floats:
        """From the points to the segments, metres; points as in `locate`."""
        along, left = self.locate(x, y)
        return np.hypot(left, along - np.clip(along, 0.0, self.length))


@dataclass(frozen=True, slots=True)
class Groups:
    """The segments of R things end to end: those of thing i begin at `first[i]` and end before `first[i + 1]`."""

    segments: Segments
    first: Numbers

    @classmethod
    def of(cls, parts: Sequence[Segments]) -> Groups:
        sizes = np.array([len(part.length) for part in parts], dtype=np.intp)
        return cls(Segments.joined(parts), np.concatenate((np.zeros(1, dtype=np.intp), np.cumsum(sizes))))

    def sizes(self, which: Numbers) -> Numbers:
        """The number of segments of each of some things."""
        return self.first[which + 1] - self.first[which]

    def among(self, which: Numbers) -> tuple[Segments, Numbers]:
        """The segments of some things, at least one, and where those of each begin."""
        sizes = self.sizes(which)
        begin = np.cumsum(sizes) - sizes
        return self.segments.some(np.repeat(self.first[which] - begin, sizes) + np.arange(sizes.sum())), begin
