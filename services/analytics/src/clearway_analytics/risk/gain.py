"""The corridor gain g of the model: how many more incidents there are on routes than the kernels put there.

Incidents sit on roads, so circular kernels predict too few on corridors. The gain is learned from counts there alone:

    g = (A + 5) / (B + 5),    A = Σ observed · d^age,    B = Σ predicted at g = 1 · d^age,    d = 0.93 a day

over all routes of the theatre. With d = e^{−1/τ_g} both sums have a closed form in the incidents that are known today:
nothing is counted day by day, and late, corrected and retracted incidents are right at once. An incident of share c,
weight v and age a was predicted to be followed by v·c/τ · ∫ e^{−x/τ} e^{−(a−x)/τ_g} dx incidents, x from 0 to a.

B has a lower bound, R = Σ v·c·d^age: all that the incidents will ever predict, as if it were predicted on their day. In
a theatre whose rate is steady B is R and the background, and the bound changes nothing. Where a record begins, or many
incidents are reported within days, A is there at once and B follows after months. g = A/B would then be any number,
and with g > A/R each incident would be followed by more than one on the routes, each of these again, without end. Such
a process has no steady rate (A. G. Hawkes & D. Oakes, "A cluster process representation of a self-exciting process",
Journal of Applied Probability 11 (1974)). With the bound g is at most (A + 5) / (R + 5).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from clearway_analytics.risk.arrays import Floats
from clearway_analytics.risk.parameters import Parameters

PER_DAY: Final = 0.93
DECAY_DAYS: Final = -1.0 / math.log(PER_DAY)
# As if so many incidents had been both observed and predicted.
PRIOR: Final = 5.0
# An older incident has less than 2e-5 of its first weight.
LATEST_DAYS: Final = 150.0


@dataclass(frozen=True, slots=True)
class CorridorSums:
    """Sums over all pairs of an incident and a route.

    observed: A, Σ v·P(in the corridor)·d^age;  recent: Σ v·c·d^age;  total: Σ v·c·e^{−age/τ};  area_km2 of the routes.
    """

    observed: float
    recent: float
    total: float
    area_km2: float


def gain(sums: CorridorSums, parameters: Parameters) -> float:
    """g, from what was observed and predicted in the corridors of a theatre."""
    least = max(0.0, sums.recent)
    return (max(0.0, sums.observed) + PRIOR) / (max(least, predicted(sums, parameters)) + PRIOR)


def predicted(sums: CorridorSums, parameters: Parameters) -> float:
    """B. Parameters decay in 20 days or more, so the quotient is positive."""
    followed = (sums.total - sums.recent) / (parameters.decay_days / DECAY_DAYS - 1.0)
    return followed + parameters.background_per_km2_day * sums.area_km2 * DECAY_DAYS


def in_corridor(distance_m: Floats, half_width_m: Floats, location_sd: Floats) -> Floats:
    """The chance that an incident lies in a straight corridor, when its location is `distance_m` from the line and has
    this error."""
    spread = math.sqrt(2.0) * np.maximum(location_sd, 1.0)
    near, far = (half_width_m - distance_m) / spread, (-half_width_m - distance_m) / spread
    chance: Floats = 0.5 * (_ERF(near) - _ERF(far))
    return chance


_ERF: Final = np.vectorize(math.erf, otypes=[np.float64])
