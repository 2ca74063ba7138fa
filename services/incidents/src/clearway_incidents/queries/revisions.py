"""The revisions of one incident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_contracts.handling import Handling
from clearway_contracts.incident import IncidentState
from clearway_incidents.domain.content_guard import WITHHELD
from clearway_incidents.domain.held_texts import HeldTextState
from clearway_incidents.domain.sight import handling_of
from clearway_incidents.domain.withholding import REASON
from clearway_incidents.storage.tables import HELD_TEXTS, REVISIONS
from clearway_platform.database.states import State, StateVersions
from clearway_platform.paging import part_of

States = StateVersions[IncidentState]


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision: the columns of its row, its state in the newest shape, if it was asked for, the marks that it
    had, and its reason, also where that was withheld and is released."""

    row: Row[Any]
    state: State | None
    handling: Handling
    reason: str | None


@dataclass(frozen=True, slots=True)
class RevisionPage:
    """Revisions of an incident, and whether others follow."""

    revisions: Sequence[Revision]
    is_last: bool


async def state_as_of(
    connection: AsyncConnection, states: States, mission: str, incident_id: UUID, as_of: datetime
) -> State | None:
    """The incident as it was on record at a time."""
    query = _of(mission, incident_id, REVISIONS.c.state).where(REVISIONS.c.recorded_at <= as_of)
    query = query.order_by(REVISIONS.c.revision.desc()).limit(1)
    stored = (await connection.execute(query)).scalar_one_or_none()
    return None if stored is None else states.shape(stored)


async def revisions(
    connection: AsyncConnection,
    states: States,
    mission: str,
    incident_id: UUID,
    before: int | None,
    limit: int,
    *,
    with_states: bool,
) -> RevisionPage:
    """The revisions of an incident before a number, the last one first; empty when there is no such incident."""
    columns = [column for column in REVISIONS.c if with_states or column.key != "state"]
    query = _of(mission, incident_id, *columns, REVISIONS.c.state["sharing"].label("sharing"))
    if before is not None:
        query = query.where(REVISIONS.c.revision < before)
    heavy = "state" if with_states else "changed"
    part = await part_of(connection, query, ["revision"], heavy=heavy, limit=limit, newest_first=True)
    reasons = await _released_reasons(connection, mission, incident_id, part.rows)
    found = [
        Revision(
            row,
            states.shape(row.state) if with_states else None,
            handling_of({"sharing": row.sharing}),
            reasons.get(row.revision, row.reason),
        )
        for row in part.rows
    ]
    return RevisionPage(found, part.is_last)


async def revision(
    connection: AsyncConnection, states: States, mission: str, incident_id: UUID, number: int
) -> Revision | None:
    query = _of(mission, incident_id, REVISIONS).where(REVISIONS.c.revision == number)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    reasons = await _released_reasons(connection, mission, incident_id, [row])
    return Revision(row, states.shape(row.state), handling_of(row.state), reasons.get(number, row.reason))


async def _released_reasons(
    connection: AsyncConnection, mission: str, incident_id: UUID, rows: Iterable[Row[Any]]
) -> dict[int, str]:
    """The reasons of revisions that were withheld and are released: a revision does not change, and its hash is of the
    sentence."""
    numbers = [row.revision for row in rows if row.reason == WITHHELD]
    if not numbers:
        return {}
    table = HELD_TEXTS.c
    query = select(table.incident_revision, table.text, table.redacted).where(
        table.mission == mission,
        table.incident_id == incident_id,
        table.incident_revision.in_(numbers),
        table.field == REASON,
        table.state == HeldTextState.RELEASED.value,
    )
    found = await connection.execute(query)
    return {row.incident_revision: row.redacted or row.text for row in found}


def _of(mission: str, incident_id: UUID, *what: Any) -> Select[Any]:
    return select(*what).where(REVISIONS.c.mission == mission, REVISIONS.c.incident_id == incident_id)
