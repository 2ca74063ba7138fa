"""The parameters of the risk model, by name, so that every answer can state those it used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from clearway_analytics.domain.errors import InvalidParameters
from clearway_analytics.domain.incident_view import IncidentView
from clearway_analytics.risk.bands import BandLimits

Preset = Literal["sparse", "dense"]


@dataclass(frozen=True, slots=True)
class Parameters:
    """One theatre's parameters.

    name: the name in answers.
    scales_m: standard deviations s_k of the spatial kernels, metres.
    shares: a_k, the expected number of further incidents after one incident, for each kernel.
    decay_days: τ, after which the effect of an incident is 1/e of what it was.
    background_per_km2_day: u, the rate where no earlier incident is near.
    status_weights, credibility_weights: v, how far an incident is believed, is the weight of its status times that of
        the credibility of its information; a status that is not listed has weight 0. What is verified has no second
        factor. Parameters from before there were any have no weights for credibility.
    formulas: the version of the formulas that contributions were computed with; 1: a sum over segments, 2: a union.
    bands: the limits of the bands.
    horizon_days: the horizon of bands and published risks.
    interval_level: coverage of the stated interval.
    cutoff_sd: an incident farther away than this many of its widest standard deviations is left out.
    """

    name: str
    scales_m: tuple[float, ...]
    shares: tuple[float, ...]
    decay_days: float
    background_per_km2_day: float
    status_weights: Mapping[str, float]
    bands: BandLimits
    horizon_days: float = 7.0
    interval_level: float = 0.90
    cutoff_sd: float = 5.0
    credibility_weights: Mapping[str, float] = field(default_factory=dict)
    formulas: int = 1

    def weight(self, incident: IncidentView) -> float:
        """v, from 0 to 1: how far the incident is believed."""
        return incident.weight(self.status_weights, self.credibility_weights)

    def widest_sd(self, location_sd: NDArray[np.float64]) -> NDArray[np.float64]:
        """The widest kernel convolved with the error of each location, metres."""
        return np.hypot(max(self.scales_m), location_sd)

    def check(self) -> None:
        """Raise InvalidParameters when the values do not fit together. Each value alone is bounded where it is sent."""
        if len(self.shares) != len(self.scales_m):
            problem = f"{len(self.shares)} shares for {len(self.scales_m)} scales"
            raise InvalidParameters("shares", problem, "Send one share for each of scales_m, in the same order.")
        if sorted(set(self.scales_m)) != list(self.scales_m):
            raise InvalidParameters("scales_m", "not in rising order", "Send the narrowest scale first, each once.")
        if not 0.0 < sum(self.shares) <= MOST_SHARES:
            problem = f"the shares add up to {sum(self.shares):g}"
            remedy = f"Send shares whose sum is above 0 and at most {MOST_SHARES:g}: further incidents per incident."
            raise InvalidParameters("shares", problem, remedy)
        if self.credibility_weights and set(self.credibility_weights) != set(CREDIBILITY_WEIGHTS):
            missing = ", ".join(sorted(set(CREDIBILITY_WEIGHTS) - set(self.credibility_weights)))
            raise InvalidParameters("credibility_weights", f"no weight for {missing}", "Send a weight for each grade.")
        limits = (self.bands.elevated, self.bands.high, self.bands.severe)
        if not limits[0] < limits[1] < limits[2]:
            problem = f"elevated, high and severe begin at {limits[0]:g}, {limits[1]:g} and {limits[2]:g}"
            raise InvalidParameters("bands", problem, "Send limits that rise from elevated to high to severe.")


# The sum of shares is the number of further incidents after one incident; estimates for real theatres are near one.
MOST_SHARES: Final = 2.0

# A shorter decay would soon overflow: a weight, squared, is raised by twice its age since the landmark over the decay.
# At 20 days this happens 19 years after it.
SHORTEST_DECAY_DAYS: Final = 20.0
LONGEST_DECAY_DAYS: Final = 730.0

# To look at a report changes nothing. Disputed is halved because a person has examined the report and objects, and is
# above 0 because the objection may be wrong. Retracted and merged incidents are not listed: their weight is 0, and the
# survivor of a merge counts instead.
STATUS_WEIGHTS: Final[Mapping[str, float]] = {
    "verified": 1.0,
    "closed": 1.0,
    "under_review": 1.0,
    "reported": 1.0,
    "disputed": 0.5,
}

# The share of reports that is later confirmed differs between theatres: these are starting points.
CREDIBILITY_WEIGHTS: Final[Mapping[str, float]] = {
    "confirmed": 1.0,
    "probably_true": 0.85,
    "possibly_true": 0.6,
    "doubtful": 0.3,
    "improbable": 0.1,
    "cannot_be_judged": 0.4,
}

# The version of the formulas of this program.
FORMULAS: Final = 2

# A prior, used until a theatre has data of its own: one incident a day in a million square kilometres.
PRIOR_BACKGROUND: Final = 1e-6

SCALES_M: Final = (100.0, 500.0, 2_500.0, 15_000.0)

# For a theatre of at most two incidents a day. τ is the short end of 90 to 180 days, because the next
# report corrects a warning that is too strong, and none corrects one that is too weak.
SPARSE: Final = Parameters(
    name="sparse",
    scales_m=SCALES_M,
    shares=(0.03, 0.12, 0.48, 0.37),
    decay_days=90.0,
    background_per_km2_day=PRIOR_BACKGROUND,
    status_weights=STATUS_WEIGHTS,
    bands=BandLimits(),
    credibility_weights=CREDIBILITY_WEIGHTS,
    formulas=FORMULAS,
)

# For a theatre of ten incidents a day or more.
DENSE: Final = Parameters(
    name="dense",
    scales_m=SCALES_M,
    shares=(0.50, 0.35, 0.22, 0.03),
    decay_days=52.0,
    background_per_km2_day=PRIOR_BACKGROUND,
    status_weights=STATUS_WEIGHTS,
    bands=BandLimits(),
    credibility_weights=CREDIBILITY_WEIGHTS,
    formulas=FORMULAS,
)

PRESETS: Final[Mapping[Preset, Parameters]] = {"sparse": SPARSE, "dense": DENSE}

TRAILING_DAYS: Final = 90.0
SPARSE_UNTIL_PER_DAY: Final = 2.0
DENSE_FROM_PER_DAY: Final = 10.0


def by_rate(incidents_per_day: float, in_use: Parameters) -> Parameters:
    """The preset for a trailing rate of incidents, as this program has it. Between the limits it is the one in use."""
    name = suggested(incidents_per_day, in_use.name) or in_use.name
    return next((preset for preset in PRESETS.values() if preset.name == name), SPARSE)


def suggested(incidents_per_day: float, in_use: str) -> Preset | None:
    """The preset for a trailing rate of incidents; None when it is in use already.

    Between the two limits nothing is suggested: a rate that rises and falls around one limit would suggest a change
    every week.
    """
    preset: Preset | None = None
    if incidents_per_day <= SPARSE_UNTIL_PER_DAY:
        preset = "sparse"
    elif incidents_per_day >= DENSE_FROM_PER_DAY:
        preset = "dense"
    return None if preset == in_use else preset
