"""The mass of an incident's kernel on a route's corridor: M_k of formula (2).

For a straight line of length L, h away from the incident, with the foot of the perpendicular at p along it, and
a circular Gaussian of standard deviation s, the mass on the strip of half-width r is

    m = [Φ((r−h)/s) − Φ((−r−h)/s)] · [Φ((L−p)/s) − Φ(−p/s)]

A sum of such strips counts the ground twice where they overlap. The mass is therefore that of the union of all ground
within the half-width (`outline`), which is m where the line is straight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearway_analytics.risk import outline
from clearway_analytics.risk.arrays import Floats, Numbers
from clearway_analytics.risk.segments import Groups, Segments

# Points are measured in blocks of so many point-edge pairs, which fit into the processor's cache.
PAIRS_PER_BLOCK: Final = 8_000
# The edges that incidents are measured against at once; all kernels together take a few times that memory.
EDGES_AT_ONCE: Final = 50_000


@dataclass(frozen=True, slots=True)
class Corridor:
    """The segments of polylines in metres, and the outline of the ground within `half_width_m` of it."""

    line: Segments
    outline: Segments
    half_width_m: float
    area_m2: float

    @classmethod
    def along(cls, x: Floats, y: Floats, half_width_m: float) -> Corridor:
        """The corridor of a polyline. Raises ValueError when it does not have two distinct points."""
        corridor = cls.around([np.column_stack((x, y))], half_width_m)
        if len(corridor.line.length) == 0:
            raise ValueError("a corridor needs two distinct points")
        return corridor

    @classmethod
    def around(cls, lines: Sequence[Floats], half_width_m: float) -> Corridor:
        """The corridor of several polylines, (n, 2) each. Those without two distinct points have none."""
        parts = [(points, segments) for points in lines if len((segments := Segments.between(points)).length)]
        edges, area_m2 = outline.around([points for points, _ in parts], half_width_m)
        return cls(Segments.joined([segments for _, segments in parts]), edges, half_width_m, area_m2)

    @property
    def area_km2(self) -> float:
        """The area of the ground, as in the background of formula (2)."""
        return self.area_m2 / 1e6

    def may_be_within(self, x: Floats, y: Floats, distance: Floats) -> NDArray[np.bool_]:
        """For each of m points, whether it is within `distance` (m,) of the line's bounding box."""
        ends = np.concatenate((self.line.start, self.line.start + self.line.direction * self.line.length[:, None]))
        (west, south), (east, north) = ends.min(axis=0), ends.max(axis=0)
        gap = np.hypot(x - np.clip(x, west, east), y - np.clip(y, south, north))
        within: NDArray[np.bool_] = gap <= distance
        return within

    def measure(self, x: Floats, y: Floats, sds: Floats) -> tuple[Floats, Floats]:
        """The corridor's mass M_k under each kernel and the distance to its line, for m points.

        `sds` is (m, K), metres. Returns masses (m, K) and distances (m,).
        """
        masses = np.empty(sds.shape)
        distances = np.empty(len(x))
        block = max(1, PAIRS_PER_BLOCK // max(len(self.outline.length), len(self.line.length)))
        for first in range(0, len(x), block):
            part = slice(first, first + block)
            east, north = x[part, None], y[part, None]
            distances[part] = self.line.distances(east, north).min(axis=1)
            for k in range(sds.shape[1]):
                masses[part, k] = outline.fluxes(self.outline, east, north, sds[part, k, None]).sum(axis=1)
        return np.clip(masses, 0.0, 1.0), distances


@dataclass(frozen=True, slots=True)
class Corridors:
    """R corridors end to end, so that incidents are measured against any of them at once."""

    lines: Groups
    outlines: Groups

    @classmethod
    def joined(cls, corridors: Sequence[Corridor]) -> Corridors:
        """The corridors in the given order. Each keeps its own projection."""
        return cls(
            Groups.of([corridor.line for corridor in corridors]),
            Groups.of([corridor.outline for corridor in corridors]),
        )

    def edges(self, which: Numbers) -> int:
        """The number of edges of some corridors: the cost of measuring them."""
        return int(self.outlines.sizes(which).sum() + self.lines.sizes(which).sum())

    def measure(self, which: Numbers, x: Floats, y: Floats, sds: Floats) -> tuple[Floats, Floats]:
        """The masses of some corridors under each kernel of an incident, and the distances to their lines.

        `which` are their numbers (m,), at least one; x and y are each one's incident in its projection (m,);
        `sds` is (m, K), metres. Returns masses (m, K) and distances (m,).
        """
        if len(which) > 1 and self.edges(which) > EDGES_AT_ONCE:
            half = len(which) // 2
            halves = [
                self.measure(which[part], x[part], y[part], sds[part]) for part in (slice(half), slice(half, None))
            ]
            return np.concatenate([one for one, _ in halves]), np.concatenate([one for _, one in halves])
        line, first = self.lines.among(which)
        sizes = self.lines.sizes(which)
        distances = np.minimum.reduceat(line.distances(np.repeat(x, sizes), np.repeat(y, sizes)), first)
        edges, first = self.outlines.among(which)
        sizes = self.outlines.sizes(which)
        east, north = np.repeat(x, sizes), np.repeat(y, sizes)
        masses = np.add.reduceat(outline.fluxes(edges, east, north, np.repeat(sds, sizes, axis=0).T), first, axis=1)
        return np.clip(masses, 0.0, 1.0).T, distances
