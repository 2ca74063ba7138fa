"""Subscriptions."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.storage.tables import SUBSCRIPTION
from clearway_platform.paging import part_of


async def one_subscription(connection: AsyncConnection, mission: str, subscription_id: UUID) -> RowMapping | None:
    query = select(SUBSCRIPTION).where(
        SUBSCRIPTION.c.mission == mission, SUBSCRIPTION.c.id == subscription_id, SUBSCRIPTION.c.deleted_at.is_(None)
    )
    return (await connection.execute(query)).mappings().first()


async def has_subscription(connection: AsyncConnection, mission: str, subscription_id: UUID) -> bool:
    """Whether there is one, or was: what it was told of may still be cancelled."""
    query = select(SUBSCRIPTION.c.id).where(SUBSCRIPTION.c.mission == mission, SUBSCRIPTION.c.id == subscription_id)
    return (await connection.execute(query)).first() is not None


async def page_of_subscriptions(
    connection: AsyncConnection, mission: str, after: UUID | None, limit: int
) -> tuple[Sequence[RowMapping], bool]:
    """Oldest first, and whether they are the last."""
    query = select(SUBSCRIPTION).where(SUBSCRIPTION.c.mission == mission, SUBSCRIPTION.c.deleted_at.is_(None))
    if after is not None:
        query = query.where(SUBSCRIPTION.c.id > after)
    part = await part_of(connection, query, ["id"], heavy="filter", limit=limit, newest_first=False, share=0.2)
    return [row._mapping for row in part.rows], part.is_last
