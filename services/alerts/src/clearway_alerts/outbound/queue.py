"""New deliveries. Whichever may go out at once is born with this process's lease, and needs no claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from clearway_alerts.outbound.leases import Claim, Endpoint
from clearway_alerts.outbound.worker import DeliveryWorker
from clearway_alerts.outgoing import webhook_body
from clearway_alerts.storage.tables import DELIVERY, is_pending
from clearway_contracts.alert import AlertState
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Transaction, one_or_many

_FIRST_EPOCH: Final = 1
_OF_INCIDENT: Final = (
    DELIVERY.c.incident_id == bindparam("incident"),
    DELIVERY.c.mission == bindparam("in_mission"),
    is_pending(),
)
_PENDING: Final = select(DELIVERY.c.subscription_id, DELIVERY.c.due_at, DELIVERY.c.lease_until).where(*_OF_INCIDENT)
_HASTEN: Final = (
    update(DELIVERY)
    .where(*_OF_INCIDENT, DELIVERY.c.lease_until.is_(None), DELIVERY.c.due_at > bindparam("now"))
    .values(due_at=bindparam("now"))
)
_BEAR: Final = insert(DELIVERY)


async def deliver(
    transaction: Transaction,
    alerts: Sequence[AlertState],
    endpoints: Mapping[UUID, Endpoint],
    worker: DeliveryWorker,
    now: datetime,
) -> None:
    """Queue the alerts of one incident's revision for their endpoints; on commit the worker has them, or knows."""
    addressed = [alert for alert in alerts if alert.subscription_id in endpoints]
    if not addressed:
        return
    behind = await _behind(transaction, addressed, now)
    rows, claims, expected = [], [], []
    for alert in addressed:
        endpoint = endpoints[alert.subscription_id]
        may_start = endpoint.is_active and alert.subscription_id not in behind
        until = worker.lease(alert.subscription_id) if may_start else None
        row = _row(alert, now, until)
        rows.append(row)
        if until is not None:
            claims.append(_claim(row["id"], alert, endpoint, until))
        elif endpoint.is_active:
            expected.append(alert.subscription_id)
    await transaction.connection.execute(_BEAR, one_or_many(rows))
    if claims:
        transaction.after_commit(partial(worker.hand_over, claims))
    if expected:
        transaction.after_commit(partial(worker.expect, expected))


async def _behind(transaction: Transaction, alerts: Sequence[AlertState], now: datetime) -> frozenset[UUID]:
    """The subscriptions that have not yet got what was said before about the incident: nothing may overtake that.

    Whatever of it waits to be tried again is due at once, to keep the line short.
    """
    if all(alert.sequence == 1 for alert in alerts):
        return frozenset()
    incident = {"incident": alerts[0].incident_id, "in_mission": alerts[0].mission}
    pending = (await transaction.connection.execute(_PENDING, incident)).all()
    if any(row.lease_until is None and row.due_at > now for row in pending):
        await transaction.connection.execute(_HASTEN, {**incident, "now": now})
    return frozenset(row.subscription_id for row in pending)


def _row(alert: AlertState, now: datetime, lease_until: datetime | None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "mission": alert.mission,
        "subscription_id": alert.subscription_id,
        "alert_id": alert.alert_id,
        "incident_id": alert.incident_id,
        "sequence": alert.sequence,
        "state": "pending",
        "due_at": now,
        "attempts": 0,
        "lease_until": lease_until,
        "lease_epoch": 0 if lease_until is None else _FIRST_EPOCH,
        "created_at": now,
    }


def _claim(delivery_id: UUID, alert: AlertState, endpoint: Endpoint, until: datetime) -> Claim:
    """What a claim would have found in the database."""
    return Claim(
        delivery_id=delivery_id,
        subscription_id=alert.subscription_id,
        epoch=_FIRST_EPOCH,
        lease_until=until,
        attempt=1,
        url=endpoint.url,
        keys=endpoint.keys,
        body=webhook_body(alert),
    )
