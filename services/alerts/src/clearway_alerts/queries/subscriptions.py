"""Subscriptions."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.tables import SUBSCRIPTION


async def one_subscription(connection: AsyncConnection, mission: str, subscription_id: UUID) -> RowMapping | None:
    query = select(SUBSCRIPTION).where(
        SUBSCRIPTION.c.mission == mission, SUBSCRIPTION.c.id == subscription_id, SUBSCRIPTION.c.deleted_at.is_(None)
    )
    return (await connection.execute(query)).mappings().first()


async def page_of_subscriptions(
    connection: AsyncConnection, mission: str, after: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Oldest first."""
    query = select(SUBSCRIPTION).where(SUBSCRIPTION.c.mission == mission, SUBSCRIPTION.c.deleted_at.is_(None))
    if after is not None:
        query = query.where(SUBSCRIPTION.c.id > after)
    return (await connection.execute(query.order_by(SUBSCRIPTION.c.id).limit(limit))).mappings().all()
