"""The mass of an incident's kernel on a route's corridor: formula (2) of the model.

For a segment of length L whose supporting line is h away from the incident, with the foot of the perpendicular
at p along it, and a circular Gaussian of standard deviation s, the mass on the strip of half-width r is

    m = [Φ((r−h)/s) − Φ((−r−h)/s)] · [Φ((L−p)/s) − Φ(−p/s)]

and a route's mass is min(1, Σ m) over its segments. At a bend the sum is an approximation, because segments overlap
on the inside and leave a wedge on the outside; so it is limited to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearway_analytics.risk.gaussian import Floats, below

# Indices of corridors, routes or segments.
Numbers = NDArray[np.intp]

NO_POINTS: Final = np.empty((0, 2))

# Points are measured in blocks of so many point-segment pairs, which fit into the processor's cache.
PAIRS_PER_BLOCK: Final = 8_000
# The segments that one incident is measured against at once; all kernels together take a few times that memory.
SEGMENTS_AT_ONCE: Final = 50_000


# Stretches that are no farther apart than rounding are one.
JOINED_M: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a line, in metres along it from its start."""

    from_m: float
    to_m: float


@dataclass(frozen=True, slots=True)
class Corridor:
    """A polyline in metres with a strip of `half_width_m` to either side, as n segments.

    start: (n, 2); direction: unit vectors (n, 2); length: (n,); half_width_m: one number, or (n,).
    """

    start: Floats
    direction: Floats
    length: Floats
    half_width_m: float | Floats

    @classmethod
    def along(cls, x: Floats, y: Floats, half_width_m: float) -> Corridor:
        """The corridor of a polyline, without repeated points. Raises ValueError when fewer than two are left."""
        points = np.column_stack((x, y))
        steps = np.diff(points, axis=0)
        length = np.hypot(steps[:, 0], steps[:, 1])
        real = length > 0
        if not real.any():
            raise ValueError("a corridor needs two distinct points")
        return cls(points[:-1][real], steps[real] / length[real, None], length[real], half_width_m)

    @property
    def area_km2(self) -> float:
        """Length times width, as in the background of formula (2)."""
        return float((2.0 * self.half_width_m * self.length).sum() / 1e6)

    def may_be_within(self, x: Floats, y: Floats, distance: Floats) -> NDArray[np.bool_]:
        """For each of m points, whether it is within `distance` (m,) of the line's bounding box."""
        ends = np.concatenate((self.start, self.start + self.direction * self.length[:, None]))
        (west, south), (east, north) = ends.min(axis=0), ends.max(axis=0)
        gap = np.hypot(x - np.clip(x, west, east), y - np.clip(y, south, north))
        within: NDArray[np.bool_] = gap <= distance
        return within

    def locate(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """The position along each segment's line (p) and the distance from it (|h|), metres.

        Points are (m, 1), each against every segment, and the results (m, n); or (n,), each against its own segment.
        """
        east = x - self.start[:, 0]
        north = y - self.start[:, 1]
        along = east * self.direction[:, 0] + north * self.direction[:, 1]
        offset = np.abs(north * self.direction[:, 0] - east * self.direction[:, 1])
        return along, offset

    def segment_masses(self, along: Floats, offset: Floats, s: Floats) -> Floats:
        """m of each point and segment, (m, n), at positions as `locate` returns them. `s` is (m, 1).

        The mass is computed from the far end, where Φ's lower tail keeps its digits; both ends give the same mass.
        """
        far = np.maximum(along, self.length - along)
        edges = np.stack((self.half_width_m - offset, -self.half_width_m - offset, self.length - far, -far))
        near_side, far_side, near_end, far_end = below(edges / s)
        masses: Floats = (near_side - far_side) * (near_end - far_end)
        return masses

    def distances(self, along: Floats, offset: Floats) -> Floats:
        """From the points to the segments, metres, at positions as `locate` returns them."""
        return np.hypot(offset, along - np.clip(along, 0.0, self.length))

    def stretches(self, x: float, y: float, radius_m: float) -> list[Stretch]:
        """The stretches of the line within a radius of a point, in order; several where the line comes back to it."""
        along, offset = self.locate(np.array(x), np.array(y))
        half = np.sqrt(np.maximum(radius_m * radius_m - offset * offset, 0.0))
        touched = (offset <= radius_m) & (along + half >= 0.0) & (along - half <= self.length)
        begin = np.cumsum(self.length) - self.length
        first = begin + np.maximum(along - half, 0.0)
        last = begin + np.minimum(along + half, self.length)
        found: list[Stretch] = []
        for stretch in map(Stretch, first[touched].tolist(), last[touched].tolist()):
            if found and stretch.from_m <= found[-1].to_m + JOINED_M:
                found[-1] = Stretch(found[-1].from_m, stretch.to_m)
            else:
                found.append(stretch)
        return found

    def measure(self, x: Floats, y: Floats, sds: Floats) -> tuple[Floats, Floats]:
        """The route's mass M_k under each kernel and the distance to its line, for m points.

        `sds` is (m, K), metres. Returns masses (m, K) and distances (m,).
        """
        masses = np.empty(sds.shape)
        distances = np.empty(len(x))
        block = max(1, PAIRS_PER_BLOCK // len(self.length))
        for first in range(0, len(x), block):
            part = slice(first, first + block)
            along, offset = self.locate(x[part, None], y[part, None])
            distances[part] = self.distances(along, offset).min(axis=1)
            for k in range(sds.shape[1]):
                masses[part, k] = self.segment_masses(along, offset, sds[part, k, None]).sum(axis=1)
        return np.minimum(masses, 1.0), distances


@dataclass(frozen=True, slots=True)
class Corridors:
    """R corridors end to end, so that an incident is measured against any of them at once.

    `segments` are all their segments, each with its half-width; those of corridor i begin at `first[i]` and end before
    `first[i + 1]`.
    """

    segments: Corridor
    first: Numbers

    @classmethod
    def joined(cls, corridors: Sequence[Corridor]) -> Corridors:
        """The corridors in the given order. Each keeps its own projection."""
        sizes = [len(corridor.length) for corridor in corridors]
        segments = Corridor(
            np.concatenate([NO_POINTS, *(corridor.start for corridor in corridors)]),
            np.concatenate([NO_POINTS, *(corridor.direction for corridor in corridors)]),
            np.concatenate([NO_POINTS[:, 0], *(corridor.length for corridor in corridors)]),
            np.repeat(np.array([corridor.half_width_m for corridor in corridors], dtype=np.float64), sizes),
        )
        return cls(segments, np.concatenate(([0], np.cumsum(sizes, dtype=np.intp))))

    def measure(self, which: Numbers, x: Floats, y: Floats, sds: Floats) -> tuple[Floats, Floats]:
        """The masses of some corridors under each kernel, and the distances to their lines.

        `which` are their numbers (m,), at least one; x and y are the incident in the projection of each (m,);
        `sds` is (K,), metres. Returns masses (m, K) and distances (m,).
        """
        sizes = self.first[which + 1] - self.first[which]
        if len(which) > 1 and sizes.sum() > SEGMENTS_AT_ONCE:
            half = len(which) // 2
            halves = [self.measure(which[part], x[part], y[part], sds) for part in (slice(half), slice(half, None))]
            return np.concatenate([one for one, _ in halves]), np.concatenate([one for _, one in halves])
        begin = np.cumsum(sizes) - sizes
        some = self._segments(np.repeat(self.first[which] - begin, sizes) + np.arange(sizes.sum()))
        along, offset = some.locate(np.repeat(x, sizes), np.repeat(y, sizes))
        masses = np.add.reduceat(some.segment_masses(along[None], offset[None], sds[:, None]), begin, axis=1)
        return np.minimum(masses, 1.0).T, np.minimum.reduceat(some.distances(along, offset), begin)

    def _segments(self, which: Numbers) -> Corridor:
        every = self.segments
        width = np.asarray(every.half_width_m)[which]
        return Corridor(every.start[which], every.direction[which], every.length[which], width)
