"""The model: after an incident further incidents are expected near it, fewer with distance and with time.

    λ(x,t) = u + Σ_{t_i<t} v_i · Σ_k a_k · N₂(x − x_i ; s_k² + l_i²) · e^{−(t−t_i)/τ} / τ          (1)
    Λ_R(t,H) = g · [ (1 − e^{−H/τ}) · Σ_i v_i c_iR e^{−(t−t_i)/τ} + u · |R| · H ]            (2)

(1) is a linear self-exciting point process, in events per km² and day; (2) is its expected number of events on a
route's corridor within H days, with c_iR = Σ_k a_k M_k. Incidents that follow from future incidents are not counted.
|R| is the area of the corridor, and g the gain of corridors (`gain`). Adding l_i² to s_k² is the exact convolution of a
kernel with the error of the location.

Near-repeats: M. Townsley, S. D. Johnson & J. H. Ratcliffe, "Space time dynamics of insurgent activity in Iraq",
Security Journal 21 (2008). Self-exciting intensity: G. O. Mohler et al., "Self-exciting point process modeling of
crime", JASA 106 (2011); E. Lewis, G. Mohler, P. J. Brantingham & A. L. Bertozzi, "Self-exciting point process models
of civilian deaths in Iraq", Security Journal 25 (2012).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clearway_analytics.domain.route import MAX_HALF_WIDTH_M
from clearway_analytics.risk.arrays import Floats, Numbers
from clearway_analytics.risk.corridor import Corridor, Corridors
from clearway_analytics.risk.location import uncertainty_m
from clearway_analytics.risk.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Reach:
    """The effect of m incidents on a route, or of m incidents on a route each: whether each is near enough to count,
    its share c_iR, and the distance in metres.

    Each is (m,). Where `near` is false the share is 0, and the distance may be infinite.
    """

    near: NDArray[np.bool_]
    share: Floats
    distance_m: Floats


def reach(corridor: Corridor, x: Floats, y: Floats, location_sd: Floats, parameters: Parameters) -> Reach:
    """The effect on a route of m incidents at (x, y), metres in the corridor's projection: c_iR = Σ_k a_k M_k."""
    cutoff = cutoff_m(location_sd, parameters)
    share, distance = np.zeros(len(x)), np.full(len(x), np.inf)
    (some,) = np.nonzero(corridor.may_be_within(x, y, cutoff))
    masses, distance[some] = corridor.measure(x[some], y[some], _sds(location_sd[some, None], parameters))
    share[some] = masses @ np.array(parameters.shares)
    near = distance <= cutoff
    return Reach(near, np.where(near, share, 0.0), distance)


def share_on(corridor: Corridor, x: Floats, y: Floats, location_sd: Floats, parameters: Parameters) -> Floats:
    """c_iR of m incidents on a part of a route, however far away they are from that part."""
    if len(corridor.line.length) == 0:
        return np.zeros(len(x))
    masses, _ = corridor.measure(x, y, _sds(location_sd[:, None], parameters))
    share: Floats = masses @ np.array(parameters.shares)
    return share


def reach_each(
    corridors: Corridors, which: Numbers, x: Floats, y: Floats, location_sd: Floats, parameters: Parameters
) -> Reach:
    """The effect of an incident on a corridor, m times: the corridors by their numbers, x and y in the projection of
    each."""
    masses, distance = corridors.measure(which, x, y, _sds(location_sd[:, None], parameters))
    near = distance <= cutoff_m(location_sd, parameters)
    return Reach(near, np.where(near, masses @ np.array(parameters.shares), 0.0), distance)


def _sds(location_sd: Floats, parameters: Parameters) -> Floats:
    """The standard deviation of each kernel, convolved with the error of each location."""
    sds: Floats = np.hypot(np.array(parameters.scales_m), location_sd)
    return sds


def cutoff_m(location_sd: Floats, parameters: Parameters) -> Floats:
    """The distance in metres beyond which an incident is left out: less than 3·10⁻⁷ of its kernel is there, and its
    circle touches no corridor."""
    return np.maximum(
        parameters.cutoff_sd * parameters.widest_sd(location_sd), uncertainty_m(location_sd) + MAX_HALF_WIDTH_M
    )


def expected_from_incidents(total: float, horizon_days: float, decay_days: float) -> float:
    """The expected events that follow from incidents, in (2): `total` is Σ v_i c_iR e^{−(t−t_i)/τ}."""
    return -math.expm1(-horizon_days / decay_days) * total


def background(corridor_area_km2: float, horizon_days: float, parameters: Parameters) -> float:
    """The expected events of the background, in (2)."""
    return parameters.background_per_km2_day * corridor_area_km2 * horizon_days


def probability_of_any(expected_events: float) -> float:
    """The chance of at least one event, 1 − e^{−Λ}.

    This is the limit κ → 0 of the negative binomial's 1 − (1 + κΛ)^{−1/κ}: counts are taken as Poisson. Where
    events cluster more than (1) explains (κ > 0), the true chance is lower: the error is on the side of warning.
    """
    return -math.expm1(-expected_events)
