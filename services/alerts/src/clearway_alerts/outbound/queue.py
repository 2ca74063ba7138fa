"""The queue of deliveries: rows of the database, whose dates the policy sets, and this process's worker woken by the
commit. A delivery that may go out at once is inserted with this worker's lease (ADR 0012)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Row, RowMapping, bindparam, insert, select, update

from clearway_alerts.channels.registry import Channels
from clearway_alerts.domain.delivery import DeliveryState
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outbound.leases import Lease
from clearway_alerts.outbound.planning import NOT_LEASED, planned_columns, replan
from clearway_alerts.outbound.recipients import Recipient
from clearway_alerts.policy.facts import Cause, Known, Message, SendAt, Verdict
from clearway_alerts.policy.stages import Policy
from clearway_alerts.storage.tables import DELIVERY, is_pending
from clearway_contracts.alert import AlertState, DigestState
from clearway_contracts.vocabulary import AlertKind
from clearway_platform.clock import Clock, new_id
from clearway_platform.database.engines import Transaction, one_or_many

_FIRST_EPOCH: Final = 1
_WAITING: Final = select(
    *(DELIVERY.c[name] for name in ("incident_id", "subscription_id", "due_at", "lease_until", "held"))
).where(
    DELIVERY.c.incident_id.in_(bindparam("incidents", expanding=True)),
    DELIVERY.c.mission == bindparam("in_mission"),
    is_pending(),
)
_INSERT: Final = insert(DELIVERY)


class Sending(Protocol):
    """The worker of this process, as the queue knows it."""

    def wake(self) -> None: ...

    def lease_until(self, subscription_id: UUID) -> datetime | None:
        """Until when it would have the lease of a new delivery; None when it could not send it soon."""
        ...

    def of_lease(self, epoch: int) -> dict[str, Any]:
        """The columns of a new lease that say who has it."""
        ...

    def hand_over(self, leases: Iterable[Lease]) -> None: ...

    def expect(self, subscription_ids: Iterable[UUID]) -> None: ...


# The pending deliveries about one incident or source.
Waiting = Sequence[Row[*tuple[Any, ...]]]


@dataclass(slots=True)
class NewDeliveries:
    """Deliveries that are not inserted yet: their rows, the leases that they have from the beginning, the subscriptions
    of the others, and the incidents and sources that they are about."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    leases: list[Lease] = field(default_factory=list)
    expected: list[UUID] = field(default_factory=list)
    about: set[UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Queue:
    """Deliveries are enqueued, and planned anew, in the transaction of what causes it."""

    policy: Policy
    channels: Channels
    worker: Sending
    clock: Clock

    def add(
        self, new: NewDeliveries, addressed: Iterable[tuple[AlertState, Recipient]], behind: Container[UUID]
    ) -> None:
        """Add deliveries of alerts to their subscriptions; those of `behind` wait for what was said before."""
        now = self.clock.now()
        for alert, recipient in addressed:
            row, lease = self._new(alert, recipient, alert.subscription_id in behind, now)
            new.rows.append(row)
            new.about.add(alert.about)
            if lease is not None:
                new.leases.append(lease)
            elif row["held"] is None:
                new.expected.append(alert.subscription_id)

    async def insert(self, transaction: Transaction, new: NewDeliveries) -> None:
        """Insert new deliveries. Those that may go out at once leave after the commit."""
        if new.rows:
            await transaction.connection.execute(_INSERT, one_or_many(new.rows))
        if new.leases:
            transaction.after_commit(partial(self.worker.hand_over, new.leases))
        if new.expected:
            transaction.after_commit(partial(self.worker.expect, new.expected))

    async def waiting(self, transaction: Transaction, mission: str, about: Sequence[UUID]) -> Mapping[UUID, Waiting]:
        """What waits to be sent, or is being sent, about these incidents and sources."""
        found: dict[UUID, list[Row[*tuple[Any, ...]]]] = {}
        for row in await transaction.connection.execute(_WAITING, {"incidents": about, "in_mission": mission}):
            found.setdefault(row.incident_id, []).append(row)
        return found

    async def behind(self, transaction: Transaction, alerts: Sequence[AlertState], waiting: Waiting) -> frozenset[UUID]:
        """The subscriptions that have not yet got what was said before about the incident or source of these alerts.
        The policy is asked again about that, so that the new alert need not wait for a retry."""
        now = self.clock.now()
        if any(row.lease_until is None and (row.held or row.due_at > now) for row in waiting):
            its_own = (DELIVERY.c.incident_id == alerts[0].about) & (DELIVERY.c.mission == alerts[0].mission)
            await replan(transaction, self.policy, its_own & NOT_LEASED, Cause.LATER_ALERT, now)
        return frozenset(row.subscription_id for row in waiting)

    async def enqueue_digest(self, transaction: Transaction, digest: DigestState, recipient: Recipient) -> None:
        """Queue one message for all alerts of a digest."""
        now = self.clock.now()
        message = Message(new_id(), digest.subscription_id, now, attempts=0, alert_kind=AlertKind.ISSUED)
        known = Known(now, Cause.NEW, recipient.state, recipient.state_reason)
        planned = planned_columns(self.policy.verdict(message, known), recipient.revision, now)
        about = {"alert_id": digest.digest_id, "digest_id": digest.digest_id}
        await transaction.connection.execute(_INSERT, _row(message, digest.mission, now) | about | planned)
        transaction.after_commit(self.worker.wake)

    async def enqueue_test(self, transaction: Transaction, subscription: RowMapping) -> UUID:
        """Queue a test message for the subscription of a row. Returns its delivery's id."""
        now = self.clock.now()
        message = Message(new_id(), subscription["id"], now, attempts=0)
        known = Known(now, Cause.NEW, SubscriptionState(subscription["state"]), subscription["state_reason"])
        planned = planned_columns(self.policy.verdict(message, known), subscription["revision"], now)
        row = _row(message, subscription["mission"], now) | planned
        await transaction.connection.execute(_INSERT, row)
        transaction.after_commit(self.worker.wake)
        return message.delivery_id

    async def subscription_changed(self, transaction: Transaction, subscription_id: UUID) -> None:
        """It was paused or resumed: ask again about what waits for it, and is not being sent at the moment."""
        await self._replan_all(transaction, (DELIVERY.c.subscription_id == subscription_id) & NOT_LEASED)

    async def subscription_deleted(self, transaction: Transaction, subscription_id: UUID) -> None:
        """Ask again about all that waits for it. What is being sent at the moment is not recorded any more."""
        await self._replan_all(transaction, DELIVERY.c.subscription_id == subscription_id)

    async def _replan_all(self, transaction: Transaction, which: ColumnElement[bool]) -> None:
        await replan(transaction, self.policy, which, Cause.SUBSCRIPTION_CHANGED, self.clock.now())
        transaction.after_commit(self.worker.wake)

    async def send_now(self, transaction: Transaction, which: ColumnElement[bool], asked_by: str) -> bool:
        """A person asks for these pending deliveries. False when all of them are due, or are being sent, already."""
        now = self.clock.now()
        changed = await replan(transaction, self.policy, which & NOT_LEASED, Cause.ASKED, now)
        if changed:
            noted = update(DELIVERY).where(DELIVERY.c.id.in_(changed)).values(asked_by=asked_by, asked_at=now)
            await transaction.connection.execute(noted)
        transaction.after_commit(self.worker.wake)
        return bool(changed)

    async def send_again(self, transaction: Transaction, delivery_id: UUID, asked_by: str) -> None:
        """A person asks for a delivery that is finished: it is pending again, and goes on counting its attempts."""
        now = self.clock.now()
        opened = {"state": DeliveryState.PENDING, "finished_at": None, "lease_until": None}
        noted = {"asked_by": asked_by, "asked_at": now}
        its_own = DELIVERY.c.id == delivery_id
        await transaction.connection.execute(update(DELIVERY).where(its_own).values(opened | noted))
        await replan(transaction, self.policy, its_own, Cause.ASKED, now)
        transaction.after_commit(self.worker.wake)

    def _new(
        self, alert: AlertState, recipient: Recipient, is_behind: bool, now: datetime
    ) -> tuple[dict[str, Any], Lease | None]:
        """The row of a new delivery, and the lease that it has from the beginning, if it may go out at once."""
        message = Message(new_id(), alert.subscription_id, now, 0, alert.about, alert.kind, alert.severity)
        known = Known(now, Cause.NEW, recipient.state, recipient.state_reason, is_behind=is_behind)
        row = _row(message, alert.mission, now) | {"alert_id": alert.alert_id, "sequence": alert.sequence}
        verdict = self.policy.verdict(message, known)
        lease = self._lease(message, alert, recipient) if _is_due(verdict, now) else None
        planned = row | planned_columns(verdict, recipient.revision, now)
        if lease is None:
            return planned, None
        leased = {"lease_until": lease.until, "lease_epoch": lease.epoch}
        return planned | leased | self.worker.of_lease(lease.epoch), lease

    def _lease(self, message: Message, alert: AlertState, recipient: Recipient) -> Lease | None:
        """What a lease from the database would hold; None when this process cannot send it soon."""
        address = recipient.address
        until = self.worker.lease_until(message.subscription_id) if address else None
        if address is None or until is None:
            return None
        return Lease(
            message=message,
            epoch=_FIRST_EPOCH,
            until=until,
            channel=address.name,
            destination=address.destination,
            body=address.message(alert),
            mission=alert.mission,
            host=address.host,
            owner=recipient.owner,
        )


def _is_due(verdict: Verdict, now: datetime) -> bool:
    return isinstance(verdict, SendAt) and not verdict.in_turn and verdict.at <= now


def _row(message: Message, mission: str, now: datetime) -> dict[str, Any]:
    return {
        "id": message.delivery_id,
        "mission": mission,
        "subscription_id": message.subscription_id,
        "alert_id": None,
        "digest_id": None,
        "incident_id": message.incident_id,
        "sequence": 1,
        "attempts": 0,
        "lease_until": None,
        "lease_epoch": 0,
        "lease_holder": None,
        "lease_holder_epoch": None,
        "created_at": now,
    }
