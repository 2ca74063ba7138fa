"""How much of an incident's kernel falls on a route's corridor: formula (2) of the model.

For a segment of length L whose supporting line is h away from the incident, with the foot of the perpendicular
at p along it, and a circular Gaussian of standard deviation s, the mass on the strip of half-width r is

    m = [Φ((r−h)/s) − Φ((−r−h)/s)] · [Φ((L−p)/s) − Φ(−p/s)]

and a route's mass is min(1, Σ m) over its segments. Segments overlap on the inside of a bend and leave a wedge
on its outside, which is why the sum is an approximation there and is capped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

# Points are taken in blocks of so many point-segment pairs, which bounds memory at a few tens of megabytes.
PAIRS_PER_BLOCK: Final = 200_000


@dataclass(frozen=True, slots=True)
class Corridor:
    """A polyline in metres with a strip of `half_width_m` to either side, kept per segment (n of them).

    start: (n, 2); direction: unit vectors (n, 2); length: (n,); half_width_m: one for all, or (n,).
    """

    start: Floats
    direction: Floats
    length: Floats
    half_width_m: float | Floats

    @classmethod
    def along(cls, x: Floats, y: Floats, half_width_m: float) -> "Corridor":
        """The corridor of a polyline; repeated points are dropped. Raises ValueError when nothing is left."""
        points = np.column_stack((x, y))
        steps = np.diff(points, axis=0)
        length = np.hypot(steps[:, 0], steps[:, 1])
        real = length > 0
        if not real.any():
            raise ValueError("a corridor needs two distinct points")
        return cls(points[:-1][real], steps[real] / length[real, None], length[real], half_width_m)

    @property
    def area_km2(self) -> float:
        """Length times width, as formula (2) has it for the background."""
        return float((2.0 * self.half_width_m * self.length).sum() / 1e6)

    def may_be_within(self, x: Floats, y: Floats, distance: Floats) -> NDArray[np.bool_]:
        """Which of m points are within `distance` (m,) of the line's box, and so perhaps of the line."""
        ends = np.concatenate((self.start, self.start + self.direction * self.length[:, None]))
        (west, south), (east, north) = ends.min(axis=0), ends.max(axis=0)
        gap = np.hypot(x - np.clip(x, west, east), y - np.clip(y, south, north))
        within: NDArray[np.bool_] = gap <= distance
        return within

    def place(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Position along (p) and distance from (|h|) each segment's line, for each point: (m, n) each, metres."""
        east = x[:, None] - self.start[None, :, 0]
        north = y[:, None] - self.start[None, :, 1]
        along = east * self.direction[:, 0] + north * self.direction[:, 1]
        offset = np.abs(north * self.direction[:, 0] - east * self.direction[:, 1])
        return along, offset

    def segment_masses(self, along: Floats, offset: Floats, sd: Floats) -> Floats:
        """m of each point and segment, (m, n). `sd` is (m,).

        The mass is the same seen from either end; it is taken from the far one, where Φ's lower tail keeps its digits.
        """
        s = sd[:, None]
        far = np.maximum(along, self.length - along)
        across = ndtr((self.half_width_m - offset) / s) - ndtr((-self.half_width_m - offset) / s)
        masses: Floats = across * (ndtr((self.length - far) / s) - ndtr(-far / s))
        return masses

    def distances(self, along: Floats, offset: Floats) -> Floats:
        """From each point to each segment, (m, n), metres."""
        return np.hypot(offset, along - np.clip(along, 0.0, self.length))

    def measure(self, x: Floats, y: Floats, sds: Floats) -> tuple[Floats, Floats]:
        """The route's mass M_k under each kernel and the distance to its line, for m points.

        `sds` is (m, K), metres. Returns masses (m, K) and distances (m,).
        """
        masses = np.empty(sds.shape)
        distances = np.empty(len(x))
        block = max(1, PAIRS_PER_BLOCK // len(self.length))
        for first in range(0, len(x), block):
            part = slice(first, first + block)
            along, offset = self.place(x[part], y[part])
            distances[part] = self.distances(along, offset).min(axis=1)
            for k in range(sds.shape[1]):
                masses[part, k] = self.segment_masses(along, offset, sds[part, k]).sum(axis=1)
        return np.minimum(masses, 1.0), distances


def measure_each(corridors: Sequence[Corridor], x: float, y: float, sds: Floats) -> tuple[Floats, Floats]:
    """What `measure` says of one point, for R corridors at once. `sds` is (K,). Masses (R, K), distances (R,)."""
    sizes = np.array([len(corridor.length) for corridor in corridors])
    first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    joined = Corridor(
        np.concatenate([corridor.start for corridor in corridors]),
        np.concatenate([corridor.direction for corridor in corridors]),
        np.concatenate([corridor.length for corridor in corridors]),
        np.concatenate([np.broadcast_to(corridor.half_width_m, len(corridor.length)) for corridor in corridors]),
    )
    along, offset = joined.place(np.array([x]), np.array([y]))
    masses = [np.add.reduceat(joined.segment_masses(along, offset, np.array([sd]))[0], first) for sd in sds]
    distances = np.minimum.reduceat(joined.distances(along, offset)[0], first)
    return np.minimum(np.stack(masses, axis=1), 1.0), distances
