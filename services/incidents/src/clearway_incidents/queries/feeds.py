"""What changed of late, for feeds: few columns of many incidents, from the index that the map is read from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, bindparam, cast, func, literal, select, union_all

from clearway_contracts.vocabulary import Status
from clearway_incidents.queries.incidents import PageEnd, known_at, updated_in
from clearway_incidents.queries.narrowing import Filter
from clearway_incidents.queries.seen import SeenSource, seen_sources
from clearway_platform.auth.principals import Principal

_SHOWN: Final = (
    *("incident_id", "revision", "category", "status", "hazard_state", "outcome"),
    *("earliest", "latest", "longitude", "latitude"),
)
_NO_CASUALTIES: Final = len("[]")


@dataclass(frozen=True, slots=True)
class Changed:
    """What a feed is about: what was recorded or changed from `since` on."""

    wanted: Filter
    since: datetime
    with_casualties: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """Rows, the last changed first, and whether others follow. `merged`: what was merged into them."""

    rows: Sequence[Row[Any]]
    is_last: bool
    merged: Mapping[UUID, Sequence[str]]


def feed(connection: Connection, reader: Principal, changed: Changed, after: PageEnd | None, most: int) -> Feed:
    """The incidents of a feed, as this reader may see them."""
    parts = union_all(*(part for one in seen_sources(reader, changed.wanted) for part in _of(one, changed))).subquery()
    query = select(parts)
    if after is not None:
        query = query.where(_is_after(parts.c, after))
    query = query.order_by(parts.c.updated.desc(), parts.c.incident_id.desc()).limit(most + 1)
    rows = connection.execute(query).all()
    merged = _merged(connection, reader.mission, changed.wanted.as_of) if rows else {}
    return Feed(rows[:most], len(rows) <= most, merged)


def deleted(
    connection: Connection, mission: str, since: datetime, as_of: datetime | None, after: PageEnd | None, most: int
) -> Feed:
    """What was retracted or merged, which those who keep copies must drop: every reader gets all of it."""
    columns = known_at(mission, as_of).c
    changed = updated_in(columns)
    query: Select[Any] = select(
        columns.incident_id,
        columns.revision,
        columns.status,
        changed.label("updated"),
        columns.state["retraction"]["reason"].as_string().label("reason"),
        columns.state["links"]["merged_into"].as_string().label("merged_into"),
    ).where(
        columns.mission == mission,
        columns.status.in_([Status.RETRACTED.value, Status.MERGED.value]),
        changed >= since,
    )
    found = query.subquery()
    query = select(found)
    if after is not None:
        query = query.where(_is_after(found.c, after))
    rows = connection.execute(query.order_by(found.c.updated.desc(), found.c.incident_id.desc()).limit(most + 1)).all()
    return Feed(rows[:most], len(rows) <= most, {})


def _of(one: SeenSource, changed: Changed) -> Iterator[Select[Any]]:
    columns = one.columns
    updated = updated_in(columns)
    hurt = [func.length(cast(columns.state["casualties"], Text)) > _NO_CASUALTIES] if changed.with_casualties else []
    for whole, conditions in ((1, one.whole), (0, one.reduced)):
        if conditions is not None:
            yield select(
                *(columns[name] for name in _SHOWN),
                updated.label("updated"),
                one.exercise.label("exercise"),
                one.uncertainty_m.label("uncertainty_m"),
                literal(whole).label("whole"),
            ).where(*conditions, updated >= changed.since, *hurt)


def _is_after(columns: Any, end: PageEnd) -> ColumnElement[bool]:
    """Behind the end of the page before, in the order of a feed."""
    moment = bindparam(None, end.moment, type_=columns.updated.type)
    incident_id = bindparam(None, end.incident_id, type_=columns.incident_id.type)
    before: ColumnElement[bool] = (columns.updated < moment) | (
        (columns.updated == moment) & (columns.incident_id < incident_id)
    )
    return before


def _merged(connection: Connection, mission: str, as_of: datetime | None) -> Mapping[UUID, Sequence[str]]:
    """By their survivor, the incidents that are an alias, or were one at a time."""
    columns = known_at(mission, as_of).c
    into = columns.state["links"]["merged_into"].as_string()
    query = select(columns.incident_id, into.label("into")).where(
        columns.mission == mission, columns.status == Status.MERGED.value
    )
    merged: dict[UUID, list[str]] = defaultdict(list)
    for row in connection.execute(query.order_by(columns.incident_id)):
        merged[UUID(row.into)].append(str(row.incident_id))
    return merged
