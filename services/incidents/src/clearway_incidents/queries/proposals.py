"""Reading proposals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_incidents.domain.proposals import ProposalState
from clearway_incidents.queries.readable import is_readable, is_whole, marks_of
from clearway_incidents.storage.tables import INCIDENTS, PROPOSALS
from clearway_platform.auth.principals import Principal


async def proposals(
    connection: AsyncConnection, reader: Principal, states: Sequence[ProposalState], before: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` proposals that are older than the proposal `before`, the newest first."""
    table = PROPOSALS.c
    query = _seen_by(reader).where(table.state.in_([state.value for state in states]))
    if before is not None:
        query = query.where(table.proposal_id < before)
    found: Sequence[Row[Any]] = (await connection.execute(query.order_by(table.proposal_id.desc()).limit(limit))).all()
    return found


async def proposal(connection: AsyncConnection, reader: Principal, proposal_id: UUID) -> Row[Any] | None:
    query = _seen_by(reader).where(PROPOSALS.c.proposal_id == proposal_id)
    found: Row[Any] | None = (await connection.execute(query)).one_or_none()
    return found


def _seen_by(reader: Principal) -> Select[Any]:
    """The proposals of the mission about incidents that the reader may see whole: a proposal says what their source
    calls them."""
    marks = marks_of(INCIDENTS.c)
    whole = is_readable(marks, reader.ceiling) & is_whole(marks, reader.ceiling)
    about = (INCIDENTS.c.incident_id == PROPOSALS.c.incident_id) & (INCIDENTS.c.mission == PROPOSALS.c.mission)
    return select(PROPOSALS).join(INCIDENTS, about).where(PROPOSALS.c.mission == reader.mission, whole)
