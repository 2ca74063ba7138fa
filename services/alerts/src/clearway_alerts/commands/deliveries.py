"""Send one message once more, or now, because a person asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, select

from clearway_alerts.commands.subscriptions import lock
from clearway_alerts.domain.delivery import DeliveryState
from clearway_alerts.domain.errors import NoSuchDelivery, NotActive, NotPending, StillPending
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outbound.queue import Queue
from clearway_alerts.storage.tables import DELIVERY
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction


@dataclass(frozen=True, slots=True)
class Deliveries:
    queue: Queue

    async def resend(
        self, transaction: Transaction, principal: Principal, subscription_id: UUID, delivery_id: UUID
    ) -> bool:
        """Its attempts go on counting: when none is left, this is the only one. Always True: it is pending again.

        Raises NoSuchSubscription, NotTheOwner, NotActive, NoSuchDelivery, StillPending.
        """
        delivery = await self._of_active(transaction, principal, subscription_id, delivery_id)
        if delivery["state"] == DeliveryState.PENDING:
            raise StillPending
        await self.queue.send_again(transaction, delivery_id, principal.id)
        return True

    async def send_now(
        self, transaction: Transaction, principal: Principal, subscription_id: UUID, delivery_id: UUID
    ) -> bool:
        """Make it due, with what must go before it. False when it is due already.

        Raises NoSuchSubscription, NotTheOwner, NotActive, NoSuchDelivery, NotPending.
        """
        delivery = await self._of_active(transaction, principal, subscription_id, delivery_id)
        if delivery["state"] != DeliveryState.PENDING:
            raise NotPending(delivery["state"])
        return await self.queue.send_now(transaction, _up_to(delivery), principal.id)

    async def _of_active(
        self, transaction: Transaction, principal: Principal, subscription_id: UUID, delivery_id: UUID
    ) -> RowMapping:
        subscription = await lock(transaction, principal, subscription_id)
        if subscription["state"] != SubscriptionState.ACTIVE:
            raise NotActive
        its_own = (DELIVERY.c.subscription_id == subscription_id) & (DELIVERY.c.id == delivery_id)
        query = select(DELIVERY).where(its_own, DELIVERY.c.mission == principal.mission).with_for_update()
        row = (await transaction.connection.execute(query)).mappings().first()
        if row is None:
            raise NoSuchDelivery(delivery_id)
        return row


def _up_to(delivery: RowMapping) -> ColumnElement[bool]:
    """The delivery, and those that must go before it. A test message, which is about no incident, waits for none."""
    itself: ColumnElement[bool] = DELIVERY.c.id == delivery["id"]
    if delivery["incident_id"] is None:
        return itself
    return and_(
        DELIVERY.c.subscription_id == delivery["subscription_id"],
        DELIVERY.c.incident_id == delivery["incident_id"],
        DELIVERY.c.sequence <= delivery["sequence"],
    )
