"""Comparisons: each route's risk with the parameters in use and with those proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from clearway_analytics.risk.assessment import Assessment
from clearway_contracts.vocabulary import RiskBand


@dataclass(frozen=True, slots=True)
class RouteComparison:
    """One route with both sets of parameters. Both expected events are over the horizon of the parameters in use; each
    band is over the horizon of its own parameters."""

    route_id: UUID
    events_before: float
    events_after: float
    band_before: RiskBand
    band_after: RiskBand

    @classmethod
    def of(cls, route_id: UUID, before: Assessment, after: Assessment) -> RouteComparison:
        return cls(route_id, before.expected_events, after.expected_events, before.band, after.band)

    @property
    def factor(self) -> float:
        """Expected events after, divided by those before. The background keeps both above zero."""
        return self.events_after / self.events_before

    @property
    def change(self) -> float:
        """The factor, or its inverse when that is larger."""
        return max(self.factor, 1.0 / self.factor)


@dataclass(frozen=True, slots=True)
class Summary:
    """A comparison of all routes. The factors are null when there are no routes."""

    routes: int
    bands_changed: int
    bands_raised: int
    bands_lowered: int
    largest_factor: float | None
    smallest_factor: float | None

    @classmethod
    def of(cls, comparisons: Sequence[RouteComparison]) -> Summary:
        steps = [_step(comparison) for comparison in comparisons]
        factors = [comparison.factor for comparison in comparisons]
        return cls(
            routes=len(comparisons),
            bands_changed=sum(comparison.band_before is not comparison.band_after for comparison in comparisons),
            bands_raised=sum(step > 0 for step in steps),
            bands_lowered=sum(step < 0 for step in steps),
            largest_factor=max(factors, default=None),
            smallest_factor=min(factors, default=None),
        )


_RISING: Final = (RiskBand.ELEVATED, RiskBand.HIGH, RiskBand.SEVERE, RiskBand.KNOWN_HAZARD)


def _step(comparison: RouteComparison) -> int:
    """Above zero when the band has risen. Low and low_data have the same rank, below elevated."""
    return _rank(comparison.band_after) - _rank(comparison.band_before)


def _rank(band: RiskBand) -> int:
    return _RISING.index(band) + 1 if band in _RISING else 0
