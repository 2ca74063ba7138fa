"""The photos of an incident, and of what was merged into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_contracts.handling import Handling
from clearway_incidents.domain.sight import handling_of
from clearway_incidents.queries.incidents import States, incident, incident_as_of
from clearway_incidents.storage.tables import ATTACHMENTS, INCIDENTS, REVISIONS
from clearway_platform.auth.ceilings import Sight
from clearway_platform.auth.principals import Principal


@dataclass(frozen=True, slots=True)
class Album:
    """An incident that a reader sees whole: the ids of those whose photos are its own, and the marks that decide."""

    incidents: Sequence[UUID]
    handlings: Sequence[Handling]


async def album(
    connection: AsyncConnection, states: States, reader: Principal, incident_id: UUID, as_of: datetime | None = None
) -> Album | None:
    """None unless its reader sees the whole of it, and of all into which it was merged: there its photos are seen
    too."""
    mission = reader.mission
    if as_of is None:
        found = await incident(connection, states, mission, incident_id)
    else:
        found = await incident_as_of(connection, states, mission, incident_id, as_of)
    if found is None:
        return None
    above = await _survivors(connection, mission, incident_id)
    handlings = (*found.handlings, *above)
    if reader.ceiling.sight(*handlings) is not Sight.WHOLE:
        return None
    merged = [UUID(one) for one in found.state["links"]["merged_from"]]
    return Album([incident_id, *await _family(connection, mission, merged, as_of)], handlings)


async def attachments(
    connection: AsyncConnection,
    mission: str,
    incidents: Sequence[UUID],
    as_of: datetime | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Those of these incidents that were sent by then, in the order in which they came."""
    columns = ATTACHMENTS.c
    query = select(ATTACHMENTS).where(columns.mission == mission, columns.incident_id.in_(incidents))
    if as_of is not None:
        query = query.where(columns.sent_at <= as_of)
    if after is not None:
        query = query.where(columns.attachment_id > bindparam(None, after, type_=columns.attachment_id.type))
    return (await connection.execute(query.order_by(columns.attachment_id).limit(limit))).all()


async def attachment(
    connection: AsyncConnection, mission: str, incidents: Iterable[UUID], attachment_id: UUID
) -> Row[Any] | None:
    """One of these incidents; None when there is none, also where it is of another one."""
    columns = ATTACHMENTS.c
    query = select(ATTACHMENTS).where(columns.mission == mission, columns.attachment_id == attachment_id)
    row = (await connection.execute(query)).one_or_none()
    return row if row is not None and row.incident_id in set(incidents) else None


async def _survivors(connection: AsyncConnection, mission: str, incident_id: UUID) -> list[Handling]:
    """The marks of what it was merged into, of what that was merged into, and so on, as they are now."""
    marks: list[Handling] = []
    seen = {incident_id}
    state = INCIDENTS.c.state
    query = select(state["sharing"].label("sharing"), state["links"]["merged_into"].as_string().label("into"))
    query = query.where(INCIDENTS.c.mission == mission, INCIDENTS.c.incident_id == bindparam("of"))
    following: UUID | None = incident_id
    while following is not None:
        row = (await connection.execute(query, {"of": following})).one_or_none()
        if row is None:
            break
        if following != incident_id:
            marks.append(handling_of({"sharing": row.sharing}))
        following = None if row.into is None else UUID(row.into)
        if following in seen:
            break
        seen |= set() if following is None else {following}
    return marks


async def _family(
    connection: AsyncConnection, mission: str, merged: Sequence[UUID], as_of: datetime | None
) -> list[UUID]:
    """These incidents, what was merged into them, and so on."""
    found: list[UUID] = []
    while merged:
        found += merged
        links = await _merged_from(connection, mission, merged, as_of)
        merged = [one for one in links if one not in found]
    return found


async def _merged_from(
    connection: AsyncConnection, mission: str, ids: Sequence[UUID], as_of: datetime | None
) -> list[UUID]:
    if as_of is None:
        query = select(INCIDENTS.c.state["links"]["merged_from"]).where(
            INCIDENTS.c.mission == mission, INCIDENTS.c.incident_id.in_(ids)
        )
    else:
        columns = REVISIONS.c
        latest = (
            select(columns.incident_id, func.max(columns.revision).label("revision"))
            .where(columns.mission == mission, columns.incident_id.in_(ids), columns.recorded_at <= as_of)
            .group_by(columns.incident_id)
            .subquery()
        )
        query = select(columns.state["links"]["merged_from"]).join(
            latest, (columns.incident_id == latest.c.incident_id) & (columns.revision == latest.c.revision)
        )
        query = query.where(columns.mission == mission)
    lists = (await connection.execute(query)).scalars()
    return [UUID(one) for merged in lists for one in merged or ()]
