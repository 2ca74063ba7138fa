"""What was, or is to be, sent to a subscription."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.domain.delivery import DeliveryState
from clearway_alerts.storage.tables import ALERT, DELIVERY, DELIVERY_ATTEMPT, INCIDENT_VIEW


async def page_of_deliveries(
    connection: AsyncConnection,
    mission: str,
    subscription_id: UUID,
    before: UUID | None,
    limit: int,
    *,
    states: Sequence[DeliveryState],
) -> list[dict[str, Any]]:
    """Newest first, each with its `requests` and the `incident` of its alert."""
    query = _deliveries(mission, subscription_id).where(DELIVERY.c.state.in_([state.value for state in states]))
    if before is not None:
        query = query.where(DELIVERY.c.id < before)
    return await _with_requests(connection, query.order_by(DELIVERY.c.id.desc()).limit(limit))


async def one_delivery(
    connection: AsyncConnection, mission: str, subscription_id: UUID, delivery_id: UUID
) -> dict[str, Any]:
    """One that is known to exist."""
    [row] = await _with_requests(connection, _deliveries(mission, subscription_id).where(DELIVERY.c.id == delivery_id))
    return row


def _deliveries(mission: str, subscription_id: UUID) -> Select[Any]:
    of_alert = and_(
        INCIDENT_VIEW.c.mission == ALERT.c.mission,
        INCIDENT_VIEW.c.incident_id == ALERT.c.incident_id,
        INCIDENT_VIEW.c.revision == ALERT.c.revision,
    )
    return (
        select(*DELIVERY.c, INCIDENT_VIEW.c.incident, ALERT.c.source)
        .select_from(DELIVERY.outerjoin(ALERT, ALERT.c.id == DELIVERY.c.alert_id).outerjoin(INCIDENT_VIEW, of_alert))
        .where(DELIVERY.c.mission == mission, DELIVERY.c.subscription_id == subscription_id)
    )


async def _with_requests(connection: AsyncConnection, query: Select[Any]) -> list[dict[str, Any]]:
    rows = (await connection.execute(query)).mappings().all()
    requests = await _requests(connection, [row["id"] for row in rows])
    return [{**row, "requests": requests[row["id"]]} for row in rows]


async def _requests(connection: AsyncConnection, delivery_ids: list[UUID]) -> dict[UUID, list[RowMapping]]:
    found: dict[UUID, list[RowMapping]] = defaultdict(list)
    query = select(DELIVERY_ATTEMPT).where(DELIVERY_ATTEMPT.c.delivery_id.in_(delivery_ids))
    for row in (await connection.execute(query.order_by(DELIVERY_ATTEMPT.c.number))).mappings():
        found[row["delivery_id"]].append(row)
    return found
