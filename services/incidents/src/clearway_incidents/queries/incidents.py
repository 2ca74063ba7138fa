"""Reading the record: as it is, and as it was known at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Row, ScalarSelect, Select, and_, bindparam, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_contracts.handling import Handling
from clearway_contracts.incident import IncidentState
from clearway_contracts.vocabulary import Status
from clearway_incidents.domain.sight import handling_of
from clearway_incidents.queries.narrowing import Filter, narrowed
from clearway_incidents.queries.readable import Marks, marks_of
from clearway_incidents.queries.revisions import state_as_of
from clearway_incidents.storage.tables import INCIDENTS, REVISIONS
from clearway_platform.auth.principals import Principal
from clearway_platform.database.states import State, StateVersions
from clearway_platform.paging import Part, part_of

States = StateVersions[IncidentState]


@dataclass(frozen=True, slots=True)
class PageEnd:
    """Where a page ended."""

    moment: datetime
    incident_id: UUID


@dataclass(frozen=True, slots=True)
class Found:
    """An incident in the newest shape, and the marks that decide who may see it: its own, and those that it has now."""

    state: State
    handlings: tuple[Handling, ...]


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """Incidents, and whether others follow."""

    found: Sequence[Found]
    is_last: bool


async def incident(connection: AsyncConnection, states: States, mission: str, incident_id: UUID) -> Found | None:
    """The incident as it is now."""
    query = select(INCIDENTS.c.state).where(INCIDENTS.c.incident_id == incident_id, INCIDENTS.c.mission == mission)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else found_in(row, states)


async def marks_now(connection: AsyncConnection, mission: str, incident_id: UUID) -> Handling | None:
    """What the incident is marked now, also when a newer program wrote it; None when there is none."""
    query = select(INCIDENTS.c.state["sharing"].label("sharing"))
    query = query.where(INCIDENTS.c.incident_id == incident_id, INCIDENTS.c.mission == mission)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else handling_of({"sharing": row.sharing})


async def incident_as_of(
    connection: AsyncConnection, states: States, mission: str, incident_id: UUID, as_of: datetime
) -> Found | None:
    """The incident as it was on record at a time. What it is marked now holds for what it was, too."""
    present = await incident(connection, states, mission, incident_id)
    then = await state_as_of(connection, states, mission, incident_id, as_of)
    if present is None or then is None:
        return None
    return Found(then, (*present.handlings, handling_of(then)))


async def incident_at(
    connection: AsyncConnection, states: States, mission: str, incident_id: UUID, as_of: datetime | None
) -> Found | None:
    """The incident as it is now, or as it was on record at a time."""
    if as_of is None:
        return await incident(connection, states, mission, incident_id)
    return await incident_as_of(connection, states, mission, incident_id, as_of)


async def incidents(
    connection: AsyncConnection, states: States, reader: Principal, wanted: Filter, after: PageEnd | None, limit: int
) -> IncidentPage:
    """The incidents of which the reader may see something, the last recorded first. The order never changes, so pages
    are stable while others write."""
    source = known_at(reader.mission, wanted.as_of)
    columns = source.c
    present = [columns.present] if "present" in columns else []
    query = select(columns.state, columns.created_at, columns.incident_id, *present)
    narrowing = narrowed(columns, wanted, reader, all_marks_of(columns), columns.state["exercise"].as_boolean())
    query = query.where(columns.mission == reader.mission, *narrowing)
    if after is not None:
        query = query.where(tuple_(columns.created_at, columns.incident_id) < tuple_(*_bound(columns, after)))
    by = ["created_at", "incident_id"]
    return _page(await part_of(connection, query, by, heavy="state", limit=limit, newest_first=True), states)


async def deleted(
    connection: AsyncConnection,
    states: States,
    mission: str,
    since: datetime | None,
    as_of: datetime | None,
    after: PageEnd | None,
    limit: int,
) -> IncidentPage:
    """Retracted incidents, the first retracted first: those who keep copies must drop them."""
    columns = known_at(mission, as_of).c
    changed = updated_in(columns)
    query = select(columns.state, changed.label("updated_at"), columns.incident_id)
    query = query.where(columns.mission == mission, columns.status == Status.RETRACTED.value)
    if since is not None:
        query = query.where(changed >= since)
    if after is not None:
        bound = tuple_(*_values(changed, after.moment, columns.incident_id, after.incident_id))
        query = query.where(tuple_(changed, columns.incident_id) > bound)
    by = ["updated_at", "incident_id"]
    return _page(await part_of(connection, query, by, heavy="state", limit=limit, newest_first=False), states)


def _page(part: Part, states: States) -> IncidentPage:
    return IncidentPage([found_in(row, states) for row in part.rows], part.is_last)


def found_in(row: Row[Any], states: States) -> Found:
    """The incident of a row that has its state, and the marks that it has now where they are apart."""
    state = states.shape(row.state)
    present = getattr(row, "present", None)
    handlings = (handling_of(state),) if present is None else (handling_of(state), handling_of({"sharing": present}))
    return Found(state, handlings)


def known_at(mission: str, as_of: datetime | None, *narrowing: ColumnElement[bool]) -> FromClause:
    """The incidents of a mission as they are, or as they were on record at a time: each one's last revision of then,
    which is looked up when the incident is come to. So a page in the order of the list reads its own alone.
    `narrowing`: what the ids of incidents, a column of the revisions, are narrowed to."""
    if as_of is None:
        return INCIDENTS
    now, then = INCIDENTS.c, REVISIONS.c
    last = last_known(now, mission, as_of)
    was_on_record = (now.mission == mission, now.created_at <= as_of)
    is_last = (then.mission == mission, then.incident_id == now.incident_id, then.revision == last)
    # The time of the incident's own row, whose index has the order.
    columns = [now.created_at if column.key == "created_at" else column for column in then]
    return select(*columns, *_present()).where(*was_on_record, *is_last, *narrowing).subquery()


def last_known(incident: Any, mission: str, as_of: datetime) -> ScalarSelect[Any]:
    """The number of the last revision of then. `incident`: columns with its id and the revision that it has now."""
    known = REVISIONS.alias("known").c
    # That none is above the present one goes without saying, but SQLite would look through all of the mission's.
    is_one = (known.incident_id == incident.incident_id, known.revision <= incident.revision)
    was_known = (known.mission == mission, known.recorded_at <= as_of)
    return select(func.max(known.revision)).where(*is_one, *was_known).scalar_subquery()


def updated_in(columns: Any) -> ColumnElement[Any]:
    """When an incident was last changed, in its row or in that of a revision."""
    updated: ColumnElement[Any] = columns.updated_at if "updated_at" in columns else columns.recorded_at
    return updated


def at_revisions(mission: str, latest: FromClause) -> Select[Any]:
    """Incidents of a mission as they were at revisions, each with the marks that it has now."""
    is_latest = and_(
        REVISIONS.c.mission == mission,
        REVISIONS.c.incident_id == latest.c.incident_id,
        REVISIONS.c.revision == latest.c.revision,
    )
    now = and_(INCIDENTS.c.mission == mission, INCIDENTS.c.incident_id == REVISIONS.c.incident_id)
    return select(REVISIONS, *_present()).join(latest, is_latest).join(INCIDENTS, now)


def _present() -> Iterator[ColumnElement[Any]]:
    """What decides who may see an incident now."""
    yield INCIDENTS.c.state["sharing"].label("present")
    for name, value in marks_of(INCIDENTS.c).items():
        yield value.label(f"present_{name}")


def all_marks_of(columns: Any) -> list[Marks]:
    """Those of a row, and, where it is as of a time, those that its incident has now."""
    marks = [marks_of(columns)]
    if "present" in columns:
        marks.append({name: columns[f"present_{name}"] for name in marks[0]})
    return marks


def _bound(columns: Any, end: PageEnd) -> tuple[Any, Any]:
    return _values(columns.created_at, end.moment, columns.incident_id, end.incident_id)


def _values(first: Any, moment: datetime, second: Any, incident_id: UUID) -> tuple[Any, Any]:
    """Bound values of the columns' own types, which a row comparison does not give by itself."""
    return bindparam(None, moment, type_=first.type), bindparam(None, incident_id, type_=second.type)
