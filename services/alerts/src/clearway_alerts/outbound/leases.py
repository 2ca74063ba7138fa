"""Leases of the deliveries that are due. They are rows of the database, not a second queue."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    RowMapping,
    Select,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.channels.registry import Channels
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outbound.conduct import AT_ONCE, PER_ENDPOINT, Conduct
from clearway_alerts.outbound.digests import digests_of
from clearway_alerts.outbound.order import EARLIER, IS_BEHIND, IS_EARLIER
from clearway_alerts.outbound.passed_over import Excluded, Unreadable, View
from clearway_alerts.outbound.recipients import COLUMNS, Address, recipient_of
from clearway_alerts.outgoing import state_of
from clearway_alerts.policy.facts import Message
from clearway_alerts.storage.alert_rows import PRESENT, marked_since
from clearway_alerts.storage.rows import read_alert
from clearway_alerts.storage.states import read_incident
from clearway_alerts.storage.tables import ALERT, DELIVERY, INCIDENT_VIEW, SUBSCRIPTION, is_pending
from clearway_alerts.storage.unreadable import RowKind, why_unreadable
from clearway_contracts.alert import AlertState, DigestState
from clearway_platform.database.engines import Transaction


@dataclass(frozen=True, slots=True)
class Lease:
    """A delivery that this worker may send until `until`, and only while `epoch` is still its own. `destination` is
    the channel's own, and `host` what it shares with others that fail together. `fails`: its subscription's last
    attempt failed, as the database has it. `owner`: the key on whose behalf it is sent."""

    message: Message
    epoch: int
    until: datetime
    channel: str
    destination: Any
    body: bytes
    mission: str = ""
    host: str = ""
    fails: bool = False
    owner: str = ""

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


def _is_passed_over(delivery: FromClause) -> ColumnElement[bool]:
    """It needs an alert, or an incident at a revision, that this process cannot read. A test message needs neither."""
    its_alert = delivery.c.alert_id.in_(bindparam("passed_over_alerts", expanding=True))
    view = tuple_(ALERT.c.incident_id, ALERT.c.revision).in_(bindparam("passed_over_views", expanding=True))
    its_view = exists().where(ALERT.c.id == delivery.c.alert_id, view).correlate(delivery)
    return and_(delivery.c.alert_id.is_not(None), or_(its_alert, its_view))


# What cannot be read here keeps nothing later waiting: a receiver drops what is older than what it has.
_IS_BEHIND_READABLE: Final = exists().where(IS_EARLIER, ~_is_passed_over(EARLIER)).correlate(DELIVERY)
_TO_ENDPOINT: Final = DELIVERY.join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
_POSITION: Final = func.row_number().over(
    partition_by=DELIVERY.c.subscription_id, order_by=(DELIVERY.c.due_at, DELIVERY.c.id)
)
# What would only wait here for a slot of its endpoint is not leased.
_AT_ONCE: Final = case((SUBSCRIPTION.c.failing_since.is_(None), PER_ENDPOINT), else_=AT_ONCE[Conduct.FAILS])


def _may_start(*, passing_over: bool) -> ColumnElement[bool]:
    in_turn = ~_IS_BEHIND_READABLE & ~_is_passed_over(DELIVERY) if passing_over else ~IS_BEHIND
    may_be_sent = SUBSCRIPTION.c.state == SubscriptionState.ACTIVE
    its_own = DELIVERY.c.subscription_id.not_in(bindparam("busy", expanding=True))
    return and_(_unleased(DELIVERY), in_turn, may_be_sent, its_own)


def _waiting(*, passing_over: bool) -> Select[Any]:
    query = select(DELIVERY.c.subscription_id).select_from(_TO_ENDPOINT)
    return query.where(_may_start(passing_over=passing_over)).distinct()


def _leasing(*, passing_over: bool) -> Update:
    """On PostgreSQL another worker's rows are skipped, and the conditions are tested again on the locked row."""
    due = (
        select(DELIVERY.c.id, DELIVERY.c.due_at, _POSITION.label("position"), _AT_ONCE.label("at_once"))
        .select_from(_TO_ENDPOINT)
        .where(_may_start(passing_over=passing_over))
        .subquery("due")
    )
    candidates = (
        select(due.c.id)
        .where(due.c.position <= due.c.at_once)
        .order_by(due.c.due_at, due.c.id)
        .limit(bindparam("room"))
    )
    locked = (
        select(DELIVERY.c.id)
        .where(DELIVERY.c.id.in_(candidates), _unleased(DELIVERY))
        .with_for_update(skip_locked=True)
    )
    return (
        update(DELIVERY)
        .where(DELIVERY.c.id.in_(locked))
        .values(
            lease_until=bindparam("until"),
            lease_epoch=DELIVERY.c.lease_epoch + 1,
            lease_holder=bindparam("holder"),
            lease_holder_epoch=DELIVERY.c.lease_epoch + 1,
        )
    )


# Made once, with and without what is passed over, which costs a look at each delivery's alert.
_WAITING: Final = {passing_over: _waiting(passing_over=passing_over) for passing_over in (False, True)}
_LEASE: Final = {
    passing_over: _leasing(passing_over=passing_over).returning(DELIVERY.c.id) for passing_over in (False, True)
}
_OF_DELIVERY: Final = (
    *("id", "mission", "subscription_id", "incident_id", "alert_id", "digest_id"),
    *("due_at", "attempts", "lease_epoch", "lease_until", "created_at"),
)
# What is needed to send: the alert with its incident (neither for a test message), and the recipient's channel.
_CONTENTS: Final = (
    select(*(DELIVERY.c[name].label(f"delivery_{name}") for name in _OF_DELIVERY))
    .add_columns(*(SUBSCRIPTION.c[name].label(f"recipient_{name}") for name in COLUMNS))
    .add_columns(SUBSCRIPTION.c.failing_since.label("recipient_failing_since"))
    .add_columns(*ALERT.c, INCIDENT_VIEW.c.incident, PRESENT.label("present"))
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
_POSTPONE: Final = _GIVE_BACK.values(due_at=bindparam("at"))


@dataclass(frozen=True, slots=True)
class Room:
    """What a worker has room for: so many deliveries in all, none of the `busy` subscriptions, for `time`, and nothing
    that it cannot read. `holder` is the worker's number."""

    count: int
    time: timedelta
    holder: int | None = None
    busy: Collection[UUID] = ()
    excluded: Excluded = field(default_factory=Excluded)


@dataclass(frozen=True, slots=True)
class Leased:
    """What this process sends, and what it could not read: that is not leased, and another process may take it."""

    leases: list[Lease]
    unreadable: list[Unreadable]


async def waiting_subscriptions(connection: AsyncConnection, now: datetime, excluded: Excluded) -> set[UUID]:
    """The subscriptions of which a lease would find something, asked without writing."""
    asked = {"now": now, **_binds(excluded, ())}
    return set((await connection.execute(_WAITING[_needs_alerts(excluded)], asked)).scalars())


async def lease_due(transaction: Transaction, channels: Channels, room: Room, now: datetime) -> Leased:
    """Lease what is due, of each subscription at most as many deliveries as may start. A row that cannot be read keeps
    no other from being leased."""
    asked = {"now": now, "until": now + room.time, "room": room.count, "holder": room.holder}
    asked |= _binds(room.excluded, room.busy)
    statement = _LEASE[_needs_alerts(room.excluded)]
    ids = list((await transaction.connection.execute(statement, asked)).scalars())
    if not ids:
        return Leased([], [])
    rows = (await transaction.connection.execute(_CONTENTS, {"ids": ids})).mappings().all()
    digests = await digests_of(transaction.connection, [row["delivery_digest_id"] for row in rows])
    found = [(row, _read(row, channels, digests)) for row in rows]
    unreadable = [(row, read) for row, read in found if isinstance(read, Unreadable)]
    if unreadable:
        await _free(transaction, [(row["delivery_id"], row["delivery_lease_epoch"]) for row, _ in unreadable])
    leases = [read for _, read in found if isinstance(read, Lease)]
    return Leased(leases, list(dict.fromkeys(read for _, read in unreadable)))


async def give_back(transaction: Transaction, leases: Sequence[Lease]) -> None:
    """Let any worker lease them at once: this process will not send them."""
    await _free(transaction, [(lease.delivery_id, lease.epoch) for lease in leases])


async def postpone(transaction: Transaction, leases: Sequence[tuple[Lease, datetime]]) -> None:
    """The same, from a time on: none of them is due before."""
    held = [{"delivery": lease.delivery_id, "epoch": lease.epoch, "at": at} for lease, at in leases]
    await transaction.connection.execute(_POSTPONE, held)


async def _free(transaction: Transaction, leases: Sequence[tuple[UUID, int]]) -> None:
    held = [{"delivery": delivery_id, "epoch": epoch} for delivery_id, epoch in leases]
    await transaction.connection.execute(_GIVE_BACK, held)


def _needs_alerts(excluded: Excluded) -> bool:
    return bool(excluded.alerts or excluded.views)


def _binds(excluded: Excluded, busy: Collection[UUID]) -> dict[str, Any]:
    binds: dict[str, Any] = {"busy": [*busy, *excluded.subscriptions]}
    if _needs_alerts(excluded):
        binds |= {"passed_over_alerts": list(excluded.alerts), "passed_over_views": list(excluded.views)}
    return binds


def _read(row: RowMapping, channels: Channels, digests: Mapping[UUID, DigestState | Exception]) -> Lease | Unreadable:
    """The delivery of a row, or which of the rows behind it cannot be read: whatever the error is, it is about them."""
    subscription_id, alert_id = row["delivery_subscription_id"], row["delivery_alert_id"]
    recipient = recipient_of({name: row[f"recipient_{name}"] for name in COLUMNS}, channels)
    if recipient is None or recipient.address is None:
        why = recipient.unreadable if recipient else "its channel sends no messages"
        return Unreadable(RowKind.CHANNEL, subscription_id, why)
    reading: tuple[RowKind, UUID | View] = (RowKind.CHANNEL, subscription_id)
    try:
        if alert_id is None:
            return _lease(row, recipient.address, None)
        if row["delivery_digest_id"] is not None:
            reading = (RowKind.ALERT, alert_id)
            return _lease(row, recipient.address, _readable(digests[alert_id]))
        reading = (RowKind.ALERT, alert_id)
        alert = read_alert(row)
        if alert.source is not None:
            return _lease(row, recipient.address, state_of(alert, None))
        reading = (RowKind.INCIDENT_VIEW, (alert.incident_id, alert.revision))
        state = state_of(alert, marked_since(read_incident(row["incident"]), row["present"]))
        reading = (RowKind.ALERT, alert_id)
        return _lease(row, recipient.address, state)
    except Exception as error:
        return Unreadable(*reading, why_unreadable(error))


def _readable(digest: DigestState | Exception) -> DigestState:
    if isinstance(digest, Exception):
        raise digest
    return digest


def _lease(row: RowMapping, address: Address, alert: AlertState | DigestState | None) -> Lease:
    return Lease(
        message=_message(row, alert if isinstance(alert, AlertState) else None),
        epoch=row["delivery_lease_epoch"],
        until=row["delivery_lease_until"],
        channel=address.name,
        destination=address.destination,
        body=_body(row, address, alert),
        mission=row["delivery_mission"],
        host=address.host,
        fails=row["recipient_failing_since"] is not None,
        owner=row["recipient_owner"],
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


def _body(row: RowMapping, address: Address, alert: AlertState | DigestState | None) -> bytes:
    if isinstance(alert, DigestState):
        return address.digest(alert)
    if alert is not None:
        return address.message(alert)
    return address.channel.render_test(
        row["delivery_subscription_id"], row["delivery_mission"], row["delivery_created_at"]
    )
