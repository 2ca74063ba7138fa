"""Leases of the deliveries that are due. They are rows of the database, not a second queue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, RowMapping, and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.channels.base import MessageChannel
from clearway_alerts.channels.registry import Channels
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outbound.order import IS_BEHIND
from clearway_alerts.outbound.recipients import COLUMNS, recipient_of
from clearway_alerts.outgoing import state_of
from clearway_alerts.policy.facts import Message
from clearway_alerts.storage.rows import read_alert
from clearway_alerts.storage.states import read_incident
from clearway_alerts.storage.tables import ALERT, DELIVERY, INCIDENT_VIEW, SUBSCRIPTION, is_pending
from clearway_contracts.alert import AlertState
from clearway_platform.database.engines import Transaction

# So many messages of one endpoint are on their way at the same time.
PER_ENDPOINT: Final = 8


@dataclass(frozen=True, slots=True)
class Lease:
    """A delivery that this worker may send until `until`, and only while `epoch` is still its own. `destination` is
    the channel's own, None where this process does not know the channel."""

    message: Message
    epoch: int
    until: datetime
    channel: str
    destination: Any
    body: bytes

    @property
    def delivery_id(self) -> UUID:
        return self.message.delivery_id

    @property
    def subscription_id(self) -> UUID:
        return self.message.subscription_id

    @property
    def attempt(self) -> int:
        """The number of the attempt that it is for, from 1."""
        return self.message.attempts + 1


def _unleased(delivery: FromClause) -> ColumnElement[bool]:
    """Due at `now`, not held, and without a lease."""
    free = or_(delivery.c.lease_until.is_(None), delivery.c.lease_until <= bindparam("now"))
    return and_(is_pending(delivery), delivery.c.due_at <= bindparam("now"), delivery.c.held.is_(None), free)


_MAY_START: Final = and_(
    _unleased(DELIVERY),
    ~IS_BEHIND,
    SUBSCRIPTION.c.state == SubscriptionState.ACTIVE,
)
_TO_ENDPOINT: Final = DELIVERY.join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
_WAITING: Final = select(DELIVERY.c.subscription_id).select_from(_TO_ENDPOINT).where(_MAY_START).distinct()
_POSITION: Final = func.row_number().over(
    partition_by=DELIVERY.c.subscription_id, order_by=(DELIVERY.c.due_at, DELIVERY.c.id)
)
_DUE: Final = (
    select(DELIVERY.c.id, DELIVERY.c.due_at, _POSITION.label("position"))
    .select_from(_TO_ENDPOINT)
    .where(_MAY_START, DELIVERY.c.subscription_id.not_in(bindparam("busy", expanding=True)))
    .subquery("due")
)
_CANDIDATES: Final = (
    select(_DUE.c.id).where(_DUE.c.position <= PER_ENDPOINT).order_by(_DUE.c.due_at, _DUE.c.id).limit(bindparam("room"))
)
# On PostgreSQL another worker's rows are skipped, and the conditions are tested again on the locked row.
_LOCKED: Final = (
    select(DELIVERY.c.id).where(DELIVERY.c.id.in_(_CANDIDATES), _unleased(DELIVERY)).with_for_update(skip_locked=True)
)
_LEASE: Final = (
    update(DELIVERY)
    .where(DELIVERY.c.id.in_(_LOCKED))
    .values(lease_until=bindparam("until"), lease_epoch=DELIVERY.c.lease_epoch + 1)
    .returning(DELIVERY.c.id)
)
_OF_DELIVERY: Final = (
    *("id", "mission", "subscription_id", "incident_id", "alert_id"),
    *("due_at", "attempts", "lease_epoch", "lease_until", "created_at"),
)
# What is needed to send: the alert with its incident (neither for a test message), and the recipient's channel.
_CONTENTS: Final = (
    select(*(DELIVERY.c[name].label(f"delivery_{name}") for name in _OF_DELIVERY))
    .add_columns(*(SUBSCRIPTION.c[name].label(f"recipient_{name}") for name in COLUMNS))
    .add_columns(*ALERT.c, INCIDENT_VIEW.c.incident)
    .select_from(
        _TO_ENDPOINT.outerjoin(ALERT, ALERT.c.id == DELIVERY.c.alert_id).outerjoin(
            INCIDENT_VIEW,
            and_(
                INCIDENT_VIEW.c.mission == ALERT.c.mission,
                INCIDENT_VIEW.c.incident_id == ALERT.c.incident_id,
                INCIDENT_VIEW.c.revision == ALERT.c.revision,
            ),
        )
    )
    .where(DELIVERY.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(DELIVERY.c.id)
)
# A lease that is given back unused: the next holder counts on from its epoch.
_GIVE_BACK: Final = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("delivery"), DELIVERY.c.lease_epoch == bindparam("epoch"), is_pending(DELIVERY))
    .values(lease_until=None)
)


async def waiting_subscriptions(connection: AsyncConnection, now: datetime) -> set[UUID]:
    """The subscriptions of which a lease would find something, asked without writing."""
    return set((await connection.execute(_WAITING, {"now": now})).scalars())


@dataclass(frozen=True, slots=True)
class Room:
    """What a worker has room for: so many deliveries in all, none of the `busy` subscriptions, for `time`."""

    count: int
    time: timedelta
    busy: Collection[UUID] = ()


async def lease(transaction: Transaction, channels: Channels, room: Room, now: datetime) -> list[Lease]:
    """Lease what is due, at most PER_ENDPOINT deliveries of each subscription."""
    asked = {"now": now, "until": now + room.time, "room": room.count, "busy": list(room.busy)}
    ids = list((await transaction.connection.execute(_LEASE, asked)).scalars())
    if not ids:
        return []
    rows = await transaction.connection.execute(_CONTENTS, {"ids": ids})
    return [_lease(row, channels) for row in rows.mappings()]


async def give_back(transaction: Transaction, leases: Sequence[Lease]) -> None:
    """Let any worker lease them at once: this process will not send them."""
    held = [{"delivery": lease.delivery_id, "epoch": lease.epoch} for lease in leases]
    await transaction.connection.execute(_GIVE_BACK, held)


def _lease(row: RowMapping, channels: Channels) -> Lease:
    alert = None if row["delivery_alert_id"] is None else state_of(read_alert(row), read_incident(row["incident"]))
    recipient = recipient_of({name: row[f"recipient_{name}"] for name in COLUMNS}, channels)
    channel = channels.sending(recipient.channel) if recipient else None
    return Lease(
        message=_message(row, alert),
        epoch=row["delivery_lease_epoch"],
        until=row["delivery_lease_until"],
        channel=recipient.channel if recipient else "",
        destination=recipient.destination if recipient else None,
        body=b"" if channel is None else _body(row, channel, alert),
    )


def _message(row: RowMapping, alert: AlertState | None) -> Message:
    return Message(
        delivery_id=row["delivery_id"],
        subscription_id=row["delivery_subscription_id"],
        due_at=row["delivery_due_at"],
        attempts=row["delivery_attempts"],
        incident_id=row["delivery_incident_id"],
        alert_kind=alert.kind if alert else None,
        severity=alert.severity if alert else None,
    )


def _body(row: RowMapping, channel: MessageChannel, alert: AlertState | None) -> bytes:
    if alert is not None:
        return channel.render(alert)
    return channel.render_test(row["delivery_subscription_id"], row["delivery_mission"], row["delivery_created_at"])
