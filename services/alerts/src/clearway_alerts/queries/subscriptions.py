"""Subscriptions, and what was sent to them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.tables import DELIVERY, DELIVERY_ATTEMPT, SUBSCRIPTION


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
) -> Sequence[RowMapping]:
    """Oldest first."""
    query = select(SUBSCRIPTION).where(SUBSCRIPTION.c.mission == mission, SUBSCRIPTION.c.deleted_at.is_(None))
    if after is not None:
        query = query.where(SUBSCRIPTION.c.id > after)
    return (await connection.execute(query.order_by(SUBSCRIPTION.c.id).limit(limit))).mappings().all()


async def page_of_deliveries(
    connection: AsyncConnection, mission: str, subscription_id: UUID, before: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Newest first, each with its `requests`."""
    query = select(DELIVERY).where(DELIVERY.c.mission == mission, DELIVERY.c.subscription_id == subscription_id)
    if before is not None:
        query = query.where(DELIVERY.c.id < before)
    rows = (await connection.execute(query.order_by(DELIVERY.c.id.desc()).limit(limit))).mappings().all()
    requests = await _requests(connection, [row["id"] for row in rows])
    return [{**row, "requests": requests[row["id"]]} for row in rows]


async def _requests(connection: AsyncConnection, delivery_ids: list[UUID]) -> dict[UUID, list[RowMapping]]:
    found: dict[UUID, list[RowMapping]] = defaultdict(list)
    query = select(DELIVERY_ATTEMPT).where(DELIVERY_ATTEMPT.c.delivery_id.in_(delivery_ids))
    for row in (await connection.execute(query.order_by(DELIVERY_ATTEMPT.c.number))).mappings():
        found[row["delivery_id"]].append(row)
    return found
