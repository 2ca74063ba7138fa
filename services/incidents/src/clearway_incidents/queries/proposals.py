"""Reading proposals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_incidents.domain.proposals import ProposalState
from clearway_incidents.storage.tables import PROPOSALS


async def proposals(
    connection: AsyncConnection, mission: str, states: Sequence[ProposalState], before: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` proposals that are older than the proposal `before`, the newest first."""
    table = PROPOSALS.c
    query = select(PROPOSALS).where(table.mission == mission, table.state.in_([state.value for state in states]))
    if before is not None:
        query = query.where(table.proposal_id < before)
    return (await connection.execute(query.order_by(table.proposal_id.desc()).limit(limit))).all()


async def proposal(connection: AsyncConnection, mission: str, proposal_id: UUID) -> Row[Any] | None:
    table = PROPOSALS.c
    query = select(PROPOSALS).where(table.mission == mission, table.proposal_id == proposal_id)
    return (await connection.execute(query)).one_or_none()
