"""What the interval is worth on a real and sparse record: the Aid Worker Security Database, edition of April 2025.

It has a few hundred attacks a year in the whole world, and no routes. A route here is a line of 40 km through a place
that was attacked before the year begins; fifteen of them together see one attack in half a year. The interval is about
the expected number, on average from 0.20 to 0.72 a quarter: a count is 0 or 1, and 2 % of the counts lie in it. So a
coverage of .90 cannot be shown for counts on such a record. What can be shown: hardly a count contradicts its interval,
taken with the chance of a Poisson count, and all quarters together fall where the intervals together say.
"""

import csv
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import poisson

from clearway_analytics.risk.arrays import Floats
from clearway_analytics.risk.footprint import Footprint
from clearway_analytics.risk.gain import DECAY_DAYS, CorridorSums, gain, in_corridor
from clearway_analytics.risk.intensity import background, expected_from_incidents
from clearway_analytics.risk.interval import fay_feuer
from clearway_analytics.risk.parameters import SPARSE

EDITION = Path(__file__).parents[4] / "shared" / "data" / "awsd-2025-04.csv"
YEARS = range(2010, 2025)
HORIZON_DAYS = 90.0
ROUTES = 15

pytestmark = pytest.mark.reference_data


@pytest.fixture
def attacks() -> Floats:
    """Days since 1997, longitude and latitude of each attack whose day and place are known."""
    if not EDITION.exists():
        reason = f"the edition is not at {EDITION}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with EDITION.open(encoding="utf-8-sig", newline="") as file:
        return np.array(sorted(_read(file)))


def _read(file: Iterable[str]) -> Iterator[tuple[float, float, float]]:
    for row in csv.DictReader(file):
        if row["Day"] and row["Month"] and row["Latitude"] and row["Longitude"]:
            at = datetime(int(row["Year"]), int(row["Month"]), int(row["Day"]), tzinfo=UTC)
            days = (at - datetime(1997, 1, 1, tzinfo=UTC)) / timedelta(days=1)
            yield days, float(row["Longitude"]), float(row["Latitude"])


def routes_before(attacks: Floats, now: float) -> list[Footprint]:
    """Lines through the places with most attacks in the three years before."""
    recent = attacks[(attacks[:, 0] < now) & (attacks[:, 0] >= now - 3 * 365)]
    places, counts = np.unique(np.round(recent[:, 1:], 1), axis=0, return_counts=True)
    chosen = places[np.argsort(-counts, kind="stable")[:ROUTES]]
    return [Footprint.of(((x - 0.18, y), (x + 0.18, y)), 500.0) for x, y in chosen.tolist()]


def rated(attacks: Floats, routes: list[Footprint], now: float) -> tuple[float, float, float, float]:
    """The interval of what is expected on all routes together, its gain, and what was then observed on them."""
    known = attacks[(attacks[:, 0] < now) & (attacks[:, 0] >= now - 5 * 365)]
    ahead = attacks[(attacks[:, 0] >= now) & (attacks[:, 0] < now + HORIZON_DAYS)]
    age, sd = now - known[:, 0], np.full(len(known), 500.0)
    shares, observed, seen, area, largest = np.zeros(len(known)), 0.0, 0, 0.0, 0.0
    for route in routes:
        reach = route.reach(known[:, 1], known[:, 2], sd, SPARSE)
        shares += reach.share
        inside = in_corridor(np.minimum(reach.distance_m, 1e9), np.full(len(known), 500.0), sd)
        observed += float((inside * np.exp(-age / DECAY_DAYS)).sum())
        after = route.reach(ahead[:, 1], ahead[:, 2], np.zeros(len(ahead)), SPARSE)
        seen += int((after.distance_m <= 500.0).sum())
        area += route.corridor.area_km2
        largest = max(largest, route.reference_share(SPARSE))
    present = shares * np.exp(-age / SPARSE.decay_days)
    recent = float((shares * np.exp(-age / DECAY_DAYS)).sum())
    learned = gain(CorridorSums(observed, recent, float(present.sum()), area), SPARSE)
    factor = learned * expected_from_incidents(1.0, HORIZON_DAYS, SPARSE.decay_days)
    interval = fay_feuer(
        factor * float(present.sum()),
        factor**2 * float((present**2).sum()),
        factor * max(largest, float(present.max(initial=0.0))),
        SPARSE.interval_level,
    )
    quiet = learned * background(area, HORIZON_DAYS, SPARSE)
    return interval.low + quiet, interval.high + quiet, learned, float(seen)


def test_a_sparse_record_does_not_contradict_the_interval(attacks: Floats) -> None:
    results = []
    for year in YEARS:
        start = (datetime(year, 1, 1, tzinfo=UTC) - datetime(1997, 1, 1, tzinfo=UTC)) / timedelta(days=1)
        routes = routes_before(attacks, start)
        results += [rated(attacks, routes, start + HORIZON_DAYS * quarter) for quarter in range(4)]
    low, high, learned, seen = np.array(results).T
    possible = (seen >= poisson.ppf(0.05, low)) & (seen <= poisson.ppf(0.95, high))
    assert possible.mean() >= 0.90
    assert low.sum() <= seen.sum() <= high.sum()
    # It shows what cannot be shown, and that the gain stays near one where nothing is observed.
    assert ((low <= seen) & (seen <= high)).mean() < 0.10
    assert learned.mean() == pytest.approx(1.0, abs=0.05)
