"""Forward decay: sums of decaying weights that are updated by plain addition.

Instead of lowering every weight as time passes, each is raised to a fixed landmark L when it is added,
c·e^{(t−L)/τ}, and the sum is lowered once when it is read, ·e^{−(now−L)/τ} (Cormode, Shkapenyuk, Srivastava & Xu,
"Forward decay: a practical time decay model for streaming systems", ICDE 2009). Additions commute, so late,
repeated, corrected and retracted incidents need no code of their own: what was added is subtracted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

# Any fixed moment is correct; a recent one keeps the numbers near one. At τ = 90 days nothing overflows for 170 years.
LANDMARK: Final = datetime(2025, 1, 1, tzinfo=UTC)

_DAY: Final = timedelta(days=1)


def days_between(earlier: datetime, later: datetime) -> float:
    return (later - earlier) / _DAY


def raised(weight: float, moment: datetime, landmark: datetime, decay_days: float) -> float:
    """A weight at `moment`, raised to the landmark."""
    return weight * math.exp(days_between(landmark, moment) / decay_days)


def lowered(kept: float, now: datetime, landmark: datetime, decay_days: float) -> float:
    """A weight at the landmark, or a sum of such weights, lowered to `now`."""
    return kept * math.exp(-days_between(landmark, now) / decay_days)


@dataclass(frozen=True, slots=True)
class DecayedSums:
    """A = Σc, Q = Σc² and the count of weights at the landmark. Q decays with 2/τ.

    nearby: Σv of the incidents near the route, also at the landmark.
    """

    total: float = 0.0
    squares: float = 0.0
    count: int = 0
    nearby: float = 0.0

    def __add__(self, other: DecayedSums) -> DecayedSums:
        return DecayedSums(
            self.total + other.total,
            self.squares + other.squares,
            self.count + other.count,
            self.nearby + other.nearby,
        )

    def __sub__(self, other: DecayedSums) -> DecayedSums:
        return DecayedSums(
            self.total - other.total,
            self.squares - other.squares,
            self.count - other.count,
            self.nearby - other.nearby,
        )

    @classmethod
    def of(cls, kept: Iterable[float], nearby: Iterable[float] = ()) -> DecayedSums:
        """The sums of weights that are at the landmark already."""
        weights = list(kept)
        return cls(
            math.fsum(weights), math.fsum(weight * weight for weight in weights), len(weights), math.fsum(nearby)
        )

    def read(self, now: datetime, landmark: datetime, decay_days: float) -> tuple[float, float]:
        """S and Q at `now`. An empty sum is zero, and so is a rounding error below zero."""
        if self.count <= 0:
            return 0.0, 0.0
        total = lowered(self.total, now, landmark, decay_days)
        squares = lowered(self.squares, now, landmark, decay_days / 2.0)
        return max(0.0, total), max(0.0, squares)

    def read_nearby(self, now: datetime, landmark: datetime, decay_days: float) -> float:
        """Σv of the incidents near the route, at `now`."""
        return max(0.0, lowered(self.nearby, now, landmark, decay_days)) if self.count > 0 else 0.0
