"""A route's risk: the expected events, their interval, the band, and the effective sample."""

from dataclasses import dataclass
from datetime import datetime

from clearway_analytics.risk import evidence
from clearway_analytics.risk.bands import word
from clearway_analytics.risk.decay import days_between
from clearway_analytics.risk.intensity import background, expected_from_incidents, probability_of_any
from clearway_analytics.risk.interval import effective_sample, fay_feuer
from clearway_analytics.risk.parameters import Parameters
from clearway_contracts.vocabulary import RiskBand


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums over a route's incidents at one moment.

    total: S = Σ v_i c_iR e^{−(t−t_i)/τ};  squares: Q, of the squared terms;  largest: the largest term;
    newest: time of the latest incident;  nearby: Σ v_i e^{−(t−t_i)/τ} of those near the route.
    """

    total: float = 0.0
    squares: float = 0.0
    largest: float = 0.0
    newest: datetime | None = None
    nearby: float = 0.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What a route is rated by beside its sums.

    reference_share: c of an exactly known incident in the middle of the route. known_hazards: how many hazards and
    contaminated areas stand on it. last_checked_at: since when the whole route is verified by passes and clearances;
    None when a stretch never was. gain: the theatre's corridor gain g.
    """

    area_km2: float
    reference_share: float
    known_hazards: int = 0
    last_checked_at: datetime | None = None
    gain: float = 1.0


@dataclass(frozen=True, slots=True)
class Assessment:
    """Expected events on the route within `horizon_days` after `at`: background and incidents, and their interval.

    `estimate` is the band by the expected events alone; `band` is the word for the route. `known_hazards` counts the
    hazards and the contaminated areas that stand on it.
    """

    at: datetime
    horizon_days: float
    expected_events: float
    background: float
    incidents: float
    low: float
    high: float
    effective_sample: float
    nearby_sample: float
    probability: float
    estimate: RiskBand
    data_age_days: float | None
    known_hazards: int
    gain: float

    @property
    def band(self) -> RiskBand:
        return word(self.estimate, self.known_hazards)


def assess(sums: Sums, ground: Ground, at: datetime, horizon_days: float, parameters: Parameters) -> Assessment:
    """The risk at `at`.

    In the interval, w is the largest weight that one more incident could have: that of a verified one, now, in the
    middle of the route (`ground.reference_share`), or the largest present weight if that is larger. So a route without
    incidents has a wide interval, not an empty one. The background is taken as known, and added to both ends.
    """
    ahead = ground.gain * expected_from_incidents(1.0, horizon_days, parameters.decay_days)
    largest = ahead * max(sums.largest, ground.reference_share)
    interval = fay_feuer(ahead * sums.total, ahead**2 * sums.squares, largest, parameters.interval_level)
    quiet = ground.gain * background(ground.area_km2, horizon_days, parameters)
    incidents = ahead * sums.total
    return Assessment(
        at=at,
        horizon_days=horizon_days,
        expected_events=incidents + quiet,
        background=quiet,
        incidents=incidents,
        low=interval.low + quiet,
        high=interval.high + quiet,
        effective_sample=effective_sample(sums.total, sums.squares),
        nearby_sample=sums.nearby,
        probability=probability_of_any(incidents + quiet),
        estimate=_estimate(sums, ground, at, parameters),
        data_age_days=None if sums.newest is None else max(0.0, days_between(sums.newest, at)),
        known_hazards=ground.known_hazards,
        gain=ground.gain,
    )


def _estimate(sums: Sums, ground: Ground, at: datetime, parameters: Parameters) -> RiskBand:
    """The band over the parameters' own horizon, whatever the requested one: its limits are made for that horizon."""
    horizon = parameters.horizon_days
    expected = expected_from_incidents(sums.total, horizon, parameters.decay_days) + background(
        ground.area_km2, horizon, parameters
    )
    limits = parameters.bands
    expected *= ground.gain
    is_evident = evidence.is_recent(sums.nearby, limits.sufficient_sample, ground.last_checked_at, at)
    return limits.band(expected, is_evident=is_evident)
