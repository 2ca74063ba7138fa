"""The corridor gain against sums that are made day by day."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from clearway_analytics.risk.gain import DECAY_DAYS, PER_DAY, CorridorSums, gain, in_corridor, predicted
from clearway_analytics.risk.parameters import DENSE, SPARSE, Parameters

PARAMETERS = pytest.mark.parametrize("parameters", [SPARSE, DENSE], ids=lambda one: one.name)


@PARAMETERS
def test_what_was_predicted_is_the_intensity_integrated_with_its_decay(parameters: Parameters) -> None:
    rng = np.random.default_rng(12)
    ages, weights = rng.uniform(0, 400, 40), rng.uniform(0, 1, 40)
    area, tau = 300.0, parameters.decay_days

    def rate(before: float) -> float:
        """Expected incidents a day, so many days ago, at g = 1."""
        since = ages - before
        followed = np.where(since > 0, weights * np.exp(-since / tau) / tau, 0.0).sum()
        return float(followed) + parameters.background_per_km2_day * area

    day_by_day, _ = quad(
        lambda before: rate(before) * PER_DAY**before, 0, 420, points=sorted(ages.tolist()), limit=2_000
    )
    recent, total = (weights * PER_DAY**ages).sum(), (weights * np.exp(-ages / tau)).sum()
    sums = CorridorSums(0.0, float(recent), float(total), area)
    assert predicted(sums, parameters) == pytest.approx(day_by_day, rel=1e-6)


def test_a_theatre_without_incidents_has_no_gain_to_speak_of() -> None:
    assert gain(CorridorSums(0.0, 0.0, 0.0, 0.0), SPARSE) == 1.0
    assert 0.9 < gain(CorridorSums(0.0, 0.0, 0.0, 1_000.0), SPARSE) < 1.0


def test_more_incidents_on_routes_than_predicted_raise_it() -> None:
    ten = CorridorSums(observed=10.0, recent=0.0, total=5.0 * (SPARSE.decay_days / DECAY_DAYS - 1.0), area_km2=0.0)
    assert predicted(ten, SPARSE) == pytest.approx(5.0)
    assert gain(ten, SPARSE) == pytest.approx(15.0 / 10.0)


@pytest.mark.parametrize(
    ("distance", "sd", "chance"),
    [(0.0, 0.0, 1.0), (499.0, 0.0, 0.84), (501.0, 0.0, 0.16), (500.0, 100.0, 0.5), (0.0, 500.0, 0.6827)],
)
def test_an_incident_counts_by_the_chance_that_it_is_in_the_corridor(distance: float, sd: float, chance: float) -> None:
    found = in_corridor(np.array([distance]), np.array([500.0]), np.array([sd]))
    assert found[0] == pytest.approx(chance, abs=2e-3)
    assert math.isfinite(found[0])


@pytest.mark.parametrize("count", [10, 100, 1_000])
def test_incidents_of_one_hour_are_followed_by_fewer_than_they_are(count: int) -> None:
    """Nothing of what follows them was predicted yet: their number over that prediction would be any number."""
    share, hour = 0.2, 1.0 / 24.0
    sums = CorridorSums(
        observed=count * PER_DAY**hour,
        recent=share * count * PER_DAY**hour,
        total=share * count * math.exp(-hour / SPARSE.decay_days),
        area_km2=0.0,
    )
    assert predicted(sums, SPARSE) < 0.01 * count * share
    assert 1.0 < gain(sums, SPARSE) < 1.0 / share
    assert gain(sums, SPARSE) * sums.total < count


@PARAMETERS
@pytest.mark.parametrize("known_days", [20.0, 60.0])
def test_a_record_that_begins_does_not_raise_the_gain(parameters: Parameters, known_days: float) -> None:
    """What followed from the incidents before the record was predicted by nothing. Nine of ten incidents follow others
    here, as in a theatre that is rated for years."""
    found = [gain(_simulated(3.7, 0.9, parameters, seed, known_days), parameters) for seed in range(20)]
    assert np.mean(found) == pytest.approx(3.7, rel=0.15)


@pytest.mark.parametrize("truth", [1.0, 3.7])
def test_the_gain_of_a_simulated_theatre_is_found(truth: float) -> None:
    whole = _simulated(truth, 0.5, DENSE, 37, 600.0)
    spread = 3.0 * truth / math.sqrt(whole.observed)
    assert gain(whole, DENSE) == pytest.approx(truth, abs=spread)
    # The five that are added to both sides pull a gain of a few incidents towards one.
    assert whole.observed > 5.0


def _simulated(truth: float, followed: float, parameters: Parameters, seed: int, known_days: float) -> CorridorSums:
    """Incidents fall on corridors as the intensity says, `truth` times as often, and each is followed by `followed`
    others on average; 600 days, of which the last ones are known."""
    rng = np.random.default_rng(seed)
    area, share = 2_000.0, followed / truth
    rate = truth * parameters.background_per_km2_day * area * 200
    ages, present = np.empty(0), 0.0
    for _ in range(600):
        following = truth * share * present / parameters.decay_days
        ages = np.concatenate([ages + 1.0, rng.random(rng.poisson(rate + following))])
        present = np.exp(-ages / parameters.decay_days).sum()
    ages = ages[ages <= known_days]
    return CorridorSums(
        observed=float((PER_DAY**ages).sum()),
        recent=float(share * (PER_DAY**ages).sum()),
        total=float(share * np.exp(-ages / parameters.decay_days).sum()),
        area_km2=200.0 * area,
    )
