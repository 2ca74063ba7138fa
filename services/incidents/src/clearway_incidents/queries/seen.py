"""The incidents that a reader asks for and may see, for queries that read all of them.

They are read from one index, and looked up elsewhere only where an older program wrote a row, or where it is as of a
time and was changed since.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, and_, select

from clearway_incidents.queries.incidents import all_marks_of, at_revisions, last_known
from clearway_incidents.queries.narrowing import Filter, narrowed_apart
from clearway_incidents.queries.readable import Marks, marks_in_columns, marks_in_state
from clearway_incidents.storage.tables import INCIDENTS, MAP_COLUMNS, REVISIONS, UNCOUNTED
from clearway_platform.auth.principals import Principal

Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class SeenSource:
    """Incidents that are read in one way: their columns, and what finds those of which the reader sees the whole, and
    those that it sees reduced, where there can be any. Each incident is in one source, and in one of the two."""

    columns: Any
    exercise: ColumnElement[Any]
    uncertainty_m: ColumnElement[Any]
    whole: Conditions
    reduced: Conditions | None


def seen_sources(reader: Principal, wanted: Filter) -> Iterator[SeenSource]:
    """All that this reader asks for and may see."""
    for source in sources_of(reader.mission, wanted.as_of):
        yield seen_in(source, reader, wanted)


@dataclass(frozen=True, slots=True)
class Source:
    """Incidents as they are read in one way: their columns, all their marks, and what more narrows them."""

    columns: Any
    marks: Sequence[Marks]
    exercise: ColumnElement[Any]
    uncertainty_m: ColumnElement[Any]
    conditions: Conditions = ()


def seen_in(source: Source, reader: Principal, wanted: Filter) -> SeenSource:
    """What this reader asks for and may see of a source."""
    columns = source.columns
    whole, reduced = narrowed_apart(columns, wanted, reader, source.marks, source.exercise)
    own = [columns.mission == reader.mission, *source.conditions]
    return SeenSource(
        columns,
        source.exercise,
        source.uncertainty_m,
        [*own, *whole],
        None if reduced is None else [*own, *reduced],
    )


def sources_of(mission: str, as_of: datetime | None) -> Iterator[Source]:
    """The incidents that this version wrote, and those that an older one wrote; as of a time those that are the same
    since, and the revisions that the others had then."""
    now, older = INCIDENTS.c, _older(mission).c
    is_current = now.marks_of == now.revision
    if as_of is None:
        yield Source(now, [marks_in_columns(now)], now.exercise, now.uncertainty_m, [is_current])
        yield Source(older, [marks_in_state(older)], *_stated(older))
        return
    same = [is_current, now.updated_at <= as_of]
    yield Source(now, [marks_in_columns(now)], now.exercise, now.uncertainty_m, same)
    yield Source(older, [marks_in_state(older)], *_stated(older), [older.updated_at <= as_of])
    then = _changed_since(mission, as_of).c
    yield Source(then, all_marks_of(then), *_stated(then))


def uncounted(mission: str, most: int) -> CTE:
    """The incidents that the sums of the map do not have as they are, from the index that has nothing else. `most`: as
    many as there may be, so that PostgreSQL does not expect a million, and reads all revisions to join some."""
    now = INCIDENTS.c
    columns = [now[name] for name in (*MAP_COLUMNS, "uncertainty_m", "counted_of")]
    rows = select(*columns).where(now.mission == mission, UNCOUNTED).limit(most)
    return rows.cte("uncounted").prefix_with("MATERIALIZED")


def uncounted_source(rows: CTE) -> Source:
    """Of these what this version wrote."""
    now = rows.c
    return Source(now, [marks_in_columns(now)], now.exercise, now.uncertainty_m, [now.marks_of == now.revision])


def counted_before(mission: str, rows: CTE) -> Source:
    """What the sums have of them: the revisions at which they were counted."""
    then = REVISIONS.c
    is_counted = and_(
        then.mission == mission, then.incident_id == rows.c.incident_id, then.revision == rows.c.counted_of
    )
    query = select(REVISIONS).join(rows, is_counted).cte("counted_before").prefix_with("MATERIALIZED")
    return Source(query.c, [marks_in_columns(query.c)], *_stated(query.c))


def _older(mission: str) -> FromClause:
    """Read first, from the index that has nothing else: SQLite would look for them through the whole map."""
    now = INCIDENTS.c
    rows = select(INCIDENTS).where(now.mission == mission, now.marks_of.is_distinct_from(now.revision))
    return rows.cte("older").prefix_with("MATERIALIZED")


def _changed_since(mission: str, as_of: datetime) -> FromClause:
    """The incidents that were changed since, as they were. Few as a rule, so each is looked up by its key."""
    now = INCIDENTS.c
    # What was made since had no revision then; of years there would be as many look-ups as incidents. EXCEPT, because
    # PostgreSQL goes through what NOT IN names again for each, where it is too much for its memory: for minutes.
    made = select(now.incident_id).where(now.mission == mission, now.created_at > as_of)
    later = select(now.incident_id).where(now.mission == mission, now.updated_at > as_of).except_(made).subquery()
    is_one = (now.mission == mission) & (now.incident_id == later.c.incident_id)
    changed = select(now.incident_id, now.revision).join(later, is_one).subquery()
    last = last_known(changed.c, mission, as_of)
    latest = select(changed.c.incident_id, last.label("revision")).subquery()
    return at_revisions(mission, latest).cte("changed").prefix_with("MATERIALIZED")


def _stated(columns: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return columns.state["exercise"].as_boolean(), columns.state["location"]["uncertainty_m"].as_float()
