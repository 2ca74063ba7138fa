"""A subscriber confirms to have taken note of an alert. The first acknowledgement stays."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from clearway_alerts.domain.errors import NoSuchAlert, NotTheOwner
from clearway_alerts.domain.subscription import may_change
from clearway_alerts.outgoing import SOURCE, acknowledgement_of, state_of
from clearway_alerts.storage.alert_rows import StoredAlert, one_alert
from clearway_alerts.storage.tables import ALERT, SUBSCRIPTION
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.refusals import StaleRevision


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The alert with who acknowledged it, and whether that was done now."""

    alert: StoredAlert
    is_first: bool


@dataclass(frozen=True, slots=True)
class Acknowledge:
    outbox: Outbox
    clock: Clock

    async def __call__(self, transaction: Transaction, principal: Principal, alert_id: UUID, seen: int) -> Acknowledged:
        """Raises NoSuchAlert, NotTheOwner, StaleRevision."""
        stored = await one_alert(transaction.connection, principal.mission, alert_id)
        if stored is None:
            raise NoSuchAlert(alert_id)
        await _require_owner(transaction, principal, stored.alert.subscription_id)
        if stored.revision != seen:
            raise StaleRevision(stored.revision)
        if stored.acknowledged_at is not None:
            return Acknowledged(stored, is_first=False)
        now = self.clock.now()
        if not await _mark(transaction, principal, alert_id, now):
            raise StaleRevision(seen + 1)
        await self._publish(transaction, stored, principal, now)
        return Acknowledged(replace(stored, acknowledged_by=principal.id, acknowledged_at=now), is_first=True)

    async def _publish(
        self, transaction: Transaction, stored: StoredAlert, principal: Principal, now: datetime
    ) -> None:
        data = acknowledgement_of(state_of(stored.alert, stored.incident), principal.id, now)
        subject = str(data.subject)
        await self.outbox.add(transaction, [self.outbox.event(data, subject=subject, source=SOURCE, occurred=now)])


async def _require_owner(transaction: Transaction, principal: Principal, subscription_id: UUID) -> None:
    query = select(SUBSCRIPTION.c.owner).where(SUBSCRIPTION.c.id == subscription_id)
    if not may_change((await transaction.connection.execute(query)).scalar_one(), principal):
        raise NotTheOwner


async def _mark(transaction: Transaction, principal: Principal, alert_id: UUID, now: datetime) -> bool:
    """False when another request has acknowledged it meanwhile."""
    marked = (
        update(ALERT)
        .where(ALERT.c.id == alert_id, ALERT.c.acknowledged_at.is_(None))
        .values(acknowledged_at=now, acknowledged_by=principal.id)
    )
    return (await transaction.connection.execute(marked.returning(ALERT.c.id))).first() is not None
