"""Bands: words for a risk. No route is ever called safe: a low risk without recent evidence is "low data".

A hazard that is known to be there comes before every band (docs/adr/0033-known-hazards-before-estimates.md).
"""

from dataclasses import dataclass

from clearway_contracts.vocabulary import RiskBand


def word(estimate: RiskBand, known_hazards: int) -> RiskBand:
    """The word for a route: a known hazard comes before any estimate, and does not decay."""
    return RiskBand.KNOWN_HAZARD if known_hazards else estimate


@dataclass(frozen=True, slots=True)
class BandLimits:
    """Expected incidents on the route within the horizon (7 days) from which each band applies.

    With the defaults one fresh, unverified report on a road makes it elevated, about three verified ones make it high,
    and about ten make it severe (0.15 a week is one incident in seven weeks).
    `sufficient_sample` is the decayed number of incidents near the route below which a low risk is called low data,
    unless the route was passed or cleared of late (`evidence`).
    """

    elevated: float = 0.005
    high: float = 0.03
    severe: float = 0.15
    sufficient_sample: float = 3.0

    def band(self, expected_events: float, *, is_evident: bool) -> RiskBand:
        if expected_events >= self.severe:
            return RiskBand.SEVERE
        if expected_events >= self.high:
            return RiskBand.HIGH
        if expected_events >= self.elevated:
            return RiskBand.ELEVATED
        return RiskBand.LOW if is_evident else RiskBand.LOW_DATA
