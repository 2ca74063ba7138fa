"""How many incidents began in each span of days, by what they are: a planner compares spans without reading each one.

The moments of an incident are told to the day, so that a reader who sees it reduced learns nothing more here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Row,
    Select,
    Text,
    cast,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)

from clearway_contracts.vocabulary import Category
from clearway_incidents.queries.narrowing import Filter
from clearway_incidents.queries.seen import seen_sources
from clearway_platform.auth.principals import Principal


class CountedBy(StrEnum):
    """What incidents are told apart by, beside their time."""

    CATEGORY = "category"
    STATUS = "status"
    OUTCOME = "outcome"
    HAZARD_STATE = "hazard_state"


@dataclass(frozen=True, slots=True)
class Periods:
    """Spans of `days` days, one after the other. `last` is the last day of the last one; days are in UTC."""

    last: date
    days: int

    def place(self, day: date) -> int:
        """How many periods before the last one a day is. A field clock may be ahead of the last day by minutes."""
        return max(0, (self.last - day).days // self.days)

    def span(self, place: int) -> tuple[date, date]:
        """The first and the last day of a period. Before the first day that there is, nothing was."""
        end = self.last.toordinal() - place * self.days
        return date.fromordinal(max(1, end - self.days + 1)), date.fromordinal(end)


@dataclass(frozen=True, slots=True)
class Count:
    """Incidents that began in one period. `values` are those that they are counted by, in the order asked for;
    `uncertain` how many of them may have happened in a later period; `reduced` how many the reader sees reduced."""

    place: int
    values: tuple[str, ...]
    incidents: int
    uncertain: int
    reduced: int


def counted(reader: Principal, wanted: Filter, by: Sequence[CountedBy], dialect: str) -> CompoundSelect[Any]:
    """The incidents that this reader asks for and may see, counted by their days. `counts_of` makes counts of the rows,
    of which there may be many."""
    return union_all(*_parts(reader, wanted, by, dialect))


def counts_of(rows: Iterable[Row[Any]], periods: Periods, by: Sequence[CountedBy]) -> list[Count]:
    """Each incident is counted once. The first period comes first."""
    incidents: Counter[tuple[int, tuple[str, ...]]] = Counter()
    uncertain: Counter[tuple[int, tuple[str, ...]]] = Counter()
    reduced: Counter[tuple[int, tuple[str, ...]]] = Counter()
    for first, last, number, are_reduced, *values in map(tuple, rows):
        began, ended = date.fromisoformat(first), date.fromisoformat(last)
        place = periods.place(began)
        key = place, tuple(_word(named, value) for named, value in zip(by, values, strict=True))
        incidents[key] += number
        uncertain[key] += number if periods.place(ended) != place else 0
        reduced[key] += number if are_reduced else 0
    ordered = sorted(incidents, key=lambda key: (-key[0], key[1]))
    return [Count(*key, incidents[key], uncertain[key], reduced[key]) for key in ordered]


def _parts(reader: Principal, wanted: Filter, by: Sequence[CountedBy], dialect: str) -> Iterator[Select[Any]]:
    for source in seen_sources(reader, wanted):
        columns = source.columns
        named = [columns[name.value] for name in by]
        days = [_day(columns.earliest, dialect).label("first"), _day(columns.latest, dialect).label("last")]
        for reduced, conditions in ((0, source.whole), (1, source.reduced)):
            if conditions is not None:
                counted = select(*days, func.count().label("incidents"), literal(reduced).label("reduced"))
                yield counted.add_columns(*named).where(*conditions).group_by("first", "last", *named)


def _day(moment: ColumnElement[Any], dialect: str) -> ColumnElement[str]:
    """The day of a moment in UTC, as ISO 8601 writes it. SQLite keeps moments as such texts."""
    if dialect == "sqlite":
        return func.substr(type_coerce(moment, Text), 1, 10)
    return cast(cast(func.timezone("UTC", moment), Date), Text)


def _word(named: CountedBy, value: str) -> str:
    """Categories had other words in earlier versions."""
    return Category(value).value if named is CountedBy.CATEGORY else value
