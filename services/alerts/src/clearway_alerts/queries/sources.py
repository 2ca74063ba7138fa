"""Watched sources."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.storage.tables import WATCHED_SOURCE


async def one_source(connection: AsyncConnection, mission: str, source_id: UUID) -> RowMapping | None:
    its_own = (WATCHED_SOURCE.c.mission == mission) & (WATCHED_SOURCE.c.id == source_id)
    query = select(WATCHED_SOURCE).where(its_own, WATCHED_SOURCE.c.deleted_at.is_(None))
    return (await connection.execute(query)).mappings().first()


async def page_of_sources(
    connection: AsyncConnection, mission: str, after: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit`, oldest first."""
    query = select(WATCHED_SOURCE).where(WATCHED_SOURCE.c.mission == mission, WATCHED_SOURCE.c.deleted_at.is_(None))
    if after is not None:
        query = query.where(WATCHED_SOURCE.c.id > after)
    return (await connection.execute(query.order_by(WATCHED_SOURCE.c.id).limit(limit))).mappings().all()
