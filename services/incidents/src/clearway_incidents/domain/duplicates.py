"""Whether two incidents may be one event: what speaks for it, part by part, and how much. A person decides.

The bounds are those of INCIDENT.md's rule: the same category, six hours, and a distance of 500 metres or of the sum of
both uncertainties. Within them each part counts less the further the two are apart, and the less closely they are
known: two points of a small town agree with each other more often by chance than two position fixes do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clearway_contracts.geometry import Point
from clearway_contracts.vocabulary import Category, Outcome
from clearway_incidents.domain.place import distance_m

LONGEST_APART: Final = timedelta(hours=6)
NEAREST_M: Final = 500.0
# What is known less closely agrees with everything: a province, or a week, is no evidence.
WIDEST_M: Final = 50_000.0
LONGEST_SPAN: Final = timedelta(days=3)
# A suggestion has at least this. The benchmark `benchmarks.duplicates` measures what it finds and what it misses.
LEAST: Final = 0.4

_WEIGHTS: Final = {"place": 0.45, "time": 0.25, "category": 0.15, "outcome": 0.15}
# At this radius of certainty a place counts half.
_HALF_M: Final = 5_000.0
_ONE_UNKNOWN: Final = 0.5
_COMPATIBLE: Final = 0.7

_WENT_OFF: Final = frozenset({Outcome.DETONATED, Outcome.PARTIAL})
_WAS_FOUND: Final = frozenset(
    {
        Outcome.PARTIAL,
        Outcome.FOUND_CLEARED,
        Outcome.FOUND_MARKED,
        Outcome.FOUND_NOT_CLEARED,
        Outcome.CACHE_RECOVERED,
    }
)
_WAS_SUSPECTED: Final = frozenset({Outcome.FOUND_NOT_CLEARED, Outcome.FOUND_MARKED, Outcome.HOAX, Outcome.FALSE_ALARM})


@dataclass(frozen=True, slots=True)
class Compared:
    """What of an incident is compared."""

    point: Point
    uncertainty_m: float
    earliest: datetime
    latest: datetime
    category: Category
    outcome: Outcome
    exercise: bool


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two incidents are. `score` is between 0 and 1, and so is each part of it.

    `within_m` is the distance at which they would be too far apart, `apart` the time that certainly lies between them,
    zero where their spans touch.
    """

    score: float
    place: float
    time: float
    category: float
    outcome: float
    distance_m: float
    within_m: float
    apart: timedelta


def likeness(one: Compared, other: Compared) -> Likeness | None:
    """How alike they are; None where they cannot be one event, or too little is known to say."""
    if one.exercise is not other.exercise:
        return None
    category, outcome = _category(one.category, other.category), _outcome(one.outcome, other.outcome)
    within = max(NEAREST_M, one.uncertainty_m + other.uncertainty_m)
    apart = max(timedelta(0), max(one.earliest, other.earliest) - min(one.latest, other.latest))
    longest = max(one.latest - one.earliest, other.latest - other.earliest)
    if category is None or outcome is None or within > WIDEST_M or apart > LONGEST_APART or longest > LONGEST_SPAN:
        return None
    distance = distance_m(one.point, other.point)
    if distance > within:
        return None
    parts = {
        "place": (1 - distance / within) / (1 + within / _HALF_M),
        "time": 1 / (1 + (apart + longest / 2) / LONGEST_APART),
        "category": category,
        "outcome": outcome,
    }
    score = sum(_WEIGHTS[name] * value for name, value in parts.items())
    return Likeness(score=score, **parts, distance_m=distance, within_m=within, apart=apart)


def _category(one: Category, other: Category) -> float | None:
    if one is other:
        return 1.0
    return _ONE_UNKNOWN if Category.UNKNOWN in (one, other) else None


def _outcome(one: Outcome, other: Outcome) -> float | None:
    if Outcome.UNKNOWN in (one, other):
        return _ONE_UNKNOWN
    if one is other:
        return 1.0
    alike = any({one, other} <= group for group in (_WENT_OFF, _WAS_FOUND, _WAS_SUSPECTED))
    return _COMPATIBLE if alike else None
