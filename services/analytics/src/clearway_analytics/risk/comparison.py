"""What other parameters would change: each route's risk by those in use and by those proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from clearway_analytics.risk.assessment import Assessment
from clearway_contracts.vocabulary import RiskBand


@dataclass(frozen=True, slots=True)
class RouteComparison:
    """One route by both sets of parameters. The expected events of both are over the horizon of those in use; each
    band is over its own parameters' horizon."""

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
        """By how much the expected events are multiplied. The background keeps both above zero."""
        return self.events_after / self.events_before

    @property
    def change(self) -> float:
        """The factor, or its inverse when that is larger: how far the two are apart."""
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


def _step(comparison: RouteComparison) -> int:
    """Above zero when the word is for more risk. Low and low_data are both below elevated, and neither is above the
    other."""
    return _rank(comparison.band_after) - _rank(comparison.band_before)


def _rank(band: RiskBand) -> int:
    return (
        [RiskBand.ELEVATED, RiskBand.HIGH, RiskBand.SEVERE].index(band) + 1
        if band not in (RiskBand.LOW, RiskBand.LOW_DATA)
        else 0
    )
