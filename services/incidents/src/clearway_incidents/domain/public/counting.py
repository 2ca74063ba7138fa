"""Which incidents the public is told of, and what each adds to the area in which it is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from clearway_contracts.handling import Handling
from clearway_contracts.vocabulary import Category, Classification, HazardState, Outcome, Status, Tlp
from clearway_incidents.domain.public.grid import PERIODS, AreaKey, Region, cell_numbers, larger, size_for

FEWEST: Final = 3
MOST: Final = 1_000
DEFAULT: Final = 5

_GONE: Final = frozenset({Status.RETRACTED.value, Status.MERGED.value})
_NOTHING_WAS_THERE: Final = frozenset({Outcome.HOAX.value, Outcome.FALSE_ALARM.value})
_STANDS: Final = frozenset({HazardState.ACTIVE.value, HazardState.SUSPECTED.value, HazardState.MARKED.value})
_FOR_ALL: Final = Handling(Tlp.CLEAR, Classification.UNCLASSIFIED)
_MOMENT: Final = timedelta(microseconds=1)


class HazardKind(StrEnum):
    """Kinds of hazards as the public is told of them. None says how a device works."""

    LANDMINES = "landmines"
    ORDNANCE = "unexploded_ordnance"
    DEVICES = "improvised_devices"
    OTHER = "other_explosives"


_KINDS: Final = {
    Category.IED.value: HazardKind.DEVICES,
    Category.LANDMINE.value: HazardKind.LANDMINES,
    Category.UXO_ERW.value: HazardKind.ORDNANCE,
    Category.GRENADE.value: HazardKind.ORDNANCE,
    Category.AMMUNITION_STORAGE.value: HazardKind.ORDNANCE,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """How a mission publishes. It stays as it is from the first edition on: two publications of one record by two rules
    could be compared. `fewest` incidents are behind all that is said; `size` is that of the smallest cells."""

    fewest: int
    size: int
    region: Region


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an incident at a moment, as far as it matters here. Words that a newer program wrote count as
    texts that are not known."""

    longitude: float
    latitude: float
    uncertainty_m: float
    earliest: datetime
    latest: datetime
    category: str
    status: str
    hazard_state: str
    outcome: str
    exercise: bool
    handling: Handling


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one incident adds. It is no more exact than the cells and days: `x`, `y` are the smallest cell of the rule,
    `first` and `last` the ordinals of the days between which it was. It fits into no cells smaller than `size`."""

    x: int
    y: int
    size: int
    first: int
    last: int
    kind: HazardKind
    stands: bool

    def key(self, smallest: int, size: int, period: int) -> AreaKey | None:
        """The area of a size and a period that holds it; None where it is too small or too short."""
        if size < self.size or not PERIODS[period].holds(self.first, self.last):
            return None
        x, y = larger(self.x, smallest, size), larger(self.y, smallest, size)
        return AreaKey(size, y, x, period, PERIODS[period].start(self.first))

    def fits(self, smallest: int, area: AreaKey) -> bool:
        return self.key(smallest, area.size, area.period) == area

    def says_the_same(self, other: Contribution) -> bool:
        """Whether an area that holds both would say the same with either."""
        return (self.kind, self.stands) == (other.kind, other.stands)


def is_public(known: Known) -> bool:
    """Whether everyone may know of it, and it is about a hazard."""
    return (
        known.handling == _FOR_ALL
        and not known.exercise
        and known.status not in _GONE
        and known.category != Category.NOT_EXPLOSIVE.value
        and known.outcome not in _NOTHING_WAS_THERE
    )


def contribution(known: Known, rule: Rule) -> Contribution | None:
    """What an incident adds to the publication; None where it is not of it."""
    if not is_public(known) or not rule.region.contains(known.longitude, known.latitude):
        return None
    x, y = cell_numbers(known.longitude, known.latitude, rule.size)
    # A span of whole days ends with the midnight after the last one.
    last = max(known.earliest, known.latest - _MOMENT)
    return Contribution(
        x,
        y,
        size_for(y, known.uncertainty_m, rule.size),
        known.earliest.toordinal(),
        last.toordinal(),
        _KINDS.get(known.category, HazardKind.OTHER),
        known.hazard_state in _STANDS,
    )
