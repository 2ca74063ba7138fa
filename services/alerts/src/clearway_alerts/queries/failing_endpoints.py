"""Subscriptions whose messages do not get through: since when, how many wait, and the last error."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, null, or_, select

from clearway_alerts.storage.tables import DELIVERY, SUBSCRIPTION, is_pending
from clearway_platform.database.engines import Database


async def page_of_failing_endpoints(
    database: Database, mission: str, after: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` of the mission's subscriptions, the oldest first, whose deliveries failed, are tried again or are
    held, or that are suspended."""
    waiting = (
        select(
            DELIVERY.c.subscription_id,
            func.count().label("waiting"),
            func.min(DELIVERY.c.created_at).label("waiting_since"),
            func.max(DELIVERY.c.attempts).label("attempts"),
            func.max(DELIVERY.c.held).label("held"),
        )
        .where(is_pending(), DELIVERY.c.mission == mission)
        .group_by(DELIVERY.c.subscription_id)
        .subquery()
    )
    last_error = (
        select(DELIVERY.c.last_error)
        .where(DELIVERY.c.subscription_id == SUBSCRIPTION.c.id, DELIVERY.c.last_error.is_not(None))
        .order_by(DELIVERY.c.id.desc())
        .limit(1)
        .correlate(SUBSCRIPTION)
        .scalar_subquery()
    )
    # Of a subscription that never failed, every delivery would be searched for an error.
    fails = or_(SUBSCRIPTION.c.failing_since.is_not(None), waiting.c.attempts > 0)
    query = (
        select(
            *(
                SUBSCRIPTION.c[name]
                for name in ("id", "name", "state", "state_reason", "suspended_at", "failing_since")
            ),
            func.coalesce(waiting.c.waiting, 0).label("waiting"),
            waiting.c.waiting_since,
            waiting.c.held,
            case((fails, last_error), else_=null()).label("last_error"),
        )
        .outerjoin_from(SUBSCRIPTION, waiting, waiting.c.subscription_id == SUBSCRIPTION.c.id)
        .where(SUBSCRIPTION.c.mission == mission, SUBSCRIPTION.c.deleted_at.is_(None))
        .where(or_(fails, waiting.c.held.is_not(None), SUBSCRIPTION.c.suspended_at.is_not(None)))
        .order_by(SUBSCRIPTION.c.id)
        .limit(limit)
    )
    return await database.of(mission).measure(query if after is None else query.where(SUBSCRIPTION.c.id > after))
