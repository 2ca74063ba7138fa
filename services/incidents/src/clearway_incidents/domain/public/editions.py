"""Editions: the areas that the public is shown from one fixed moment to the next, each computed from the one before.

An area is shown from the moment on at which enough incidents wait that fit into it. Afterwards what it says changes
only when as many have come, or as many have gone or become something else, since it last changed. So nothing that is
published ever depends on one incident alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from clearway_incidents.domain.public.counting import Contribution, HazardKind, Rule
from clearway_incidents.domain.public.grid import PERIODS, AreaKey, sizes_from

PERIOD: Final = timedelta(days=1)
"""From one edition to the next. An edition is of midnight UTC."""
# Before it is told, an incident has been on record, and public, for so long: a wrong mark can be corrected in time.
HELD_BACK: Final = PERIOD
# What waits is put together over larger cells in the first edition of these months.
_WIDENING: Final = (1, 4, 7, 10)
# The lower bounds of the bands above the fewest.
_BANDS: Final = (10, 25, 50, 100, 250, 500, 1_000)

Changes = Mapping[UUID, Contribution | None]


@dataclass(slots=True)
class Area:
    """`counted`: the incidents behind what it says, each with what it added. `differ`: those of them that would add
    something else now, or nothing (None)."""

    counted: dict[UUID, Contribution] = field(default_factory=dict)
    differ: dict[UUID, Contribution | None] = field(default_factory=dict)


@dataclass(slots=True)
class Standing:
    """What an edition is computed from, beside the record: the areas that are shown, and the incidents that wait."""

    areas: dict[AreaKey, Area] = field(default_factory=dict)
    waiting: dict[UUID, Contribution] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Band:
    """So many incidents, from `at_least` to `at_most`; None: or more."""

    at_least: int
    at_most: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is said of an area. `kinds`: those of which there are enough; `stands`: whether a hazard is known to
    stand there. That none does is never said."""

    key: AreaKey
    band: Band
    kinds: tuple[HazardKind, ...]
    stands: bool


def next_moment(after: datetime) -> datetime:
    """The moment of the first edition after a time."""
    return datetime(after.year, after.month, after.day, tzinfo=UTC) + PERIOD


def advance(standing: Standing, changes: Changes, rule: Rule, day: date) -> None:
    """Take what changed since the edition before, up to the edition of a day."""
    _Edition(standing, rule).compute(changes, widens=day.day == 1 and day.month in _WIDENING)


def shown(standing: Standing, rule: Rule) -> list[Shown]:
    """What the edition says, the smallest cells first, and nothing in an order of the record."""
    return [_shown(key, standing.areas[key], rule.fewest) for key in sorted(standing.areas)]


def band_of(count: int, fewest: int) -> Band:
    """The band in which a number is."""
    bounds = [fewest, *(bound for bound in _BANDS if bound > fewest)]
    lower = max(bound for bound in bounds if bound <= count)
    above = [bound for bound in bounds if bound > count]
    return Band(lower, above[0] - 1 if above else None)


def _shown(key: AreaKey, area: Area, fewest: int) -> Shown:
    members = area.counted.values()
    numbers = Counter(member.kind for member in members)
    kinds = tuple(kind for kind in HazardKind if numbers[kind] >= fewest)
    return Shown(key, band_of(len(area.counted), fewest), kinds, any(member.stands for member in members))


class _Edition:
    def __init__(self, standing: Standing, rule: Rule) -> None:
        self._areas = standing.areas
        self._waiting = standing.waiting
        self._rule = rule

    def compute(self, changes: Changes, *, widens: bool) -> None:
        counted_in: dict[UUID, list[AreaKey]] = defaultdict(list)
        for key in sorted(self._areas):
            for incident_id in self._areas[key].counted.keys() & changes.keys():
                counted_in[incident_id].append(key)
        for incident_id, contribution in changes.items():
            self._take(incident_id, contribution, counted_in[incident_id])
        for key in sorted(self._areas):
            self._settle(key)
        for size in sizes_from(self._rule.size):
            for period in range(len(PERIODS)):
                self._release(size, period, widens=widens)

    def _take(self, incident_id: UUID, now: Contribution | None, counted_in: list[AreaKey]) -> None:
        """An incident is counted where it was, until enough differ there; what it is now waits, unless it still fits
        there."""
        self._waiting.pop(incident_id, None)
        fits = None
        if now is not None:
            fits = next((key for key in counted_in if now.fits(self._rule.size, key)), None)
        for key in counted_in:
            area = self._areas[key]
            if key != fits or now is None:
                area.differ[incident_id] = None
            elif now.says_the_same(area.counted[incident_id]):
                area.counted[incident_id] = now
                area.differ.pop(incident_id, None)
            else:
                area.differ[incident_id] = now
        if now is not None and fits is None:
            self._waiting[incident_id] = now

    def _settle(self, key: AreaKey) -> None:
        """Where enough differ, the area says what is so now. If too few are left for it, they wait again."""
        area = self._areas[key]
        if len(area.differ) < self._rule.fewest:
            return
        for incident_id, now in area.differ.items():
            if now is None:
                del area.counted[incident_id]
            else:
                area.counted[incident_id] = now
        area.differ.clear()
        if len(area.counted) < self._rule.fewest:
            self._waiting.update(area.counted)
            del self._areas[key]

    def _release(self, size: int, period: int, *, widens: bool) -> None:
        """Show those that wait, where enough fit into one area. Over cells that are larger than it needs, an incident
        is put together with others in some editions only: else few ever waited for their own cell."""
        together: dict[AreaKey, list[UUID]] = defaultdict(list)
        for incident_id, contribution in self._waiting.items():
            if contribution.size == size or widens:
                key = contribution.key(self._rule.size, size, period)
                if key is not None:
                    together[key].append(incident_id)
        for key, incident_ids in together.items():
            if len(incident_ids) >= self._rule.fewest:
                area = self._areas.setdefault(key, Area())
                area.counted.update((one, self._waiting.pop(one)) for one in incident_ids)


def counted(standing: Standing) -> Iterator[tuple[AreaKey, UUID]]:
    """Each incident that an area rests on."""
    for key, area in standing.areas.items():
        for incident_id in area.counted:
            yield key, incident_id
