"""Send one message once more, or now, because a person asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, select, update

from clearway_alerts.commands.subscriptions import NotActive, lock
from clearway_alerts.domain.delivery import DeliveryState
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.storage.tables import DELIVERY, is_pending
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction


class NoSuchDelivery(Exception):
    """The subscription has none of this id."""


class StillPending(Exception):
    """It was not sent yet, so it cannot be sent again."""


class NotPending(Exception):
    """There is no attempt to hasten; `state` is how it ended."""

    def __init__(self, state: DeliveryState) -> None:
        super().__init__(state)
        self.state = state


class Deliveries:
    """`wake` is called when deliveries have become due by a commit of this process."""

    def __init__(self, clock: Clock, wake: Callable[[], None]) -> None:
        self._clock = clock
        self._wake = wake

    async def resend(
        self, transaction: Transaction, principal: Principal, subscription_id: UUID, delivery_id: UUID
    ) -> None:
        """Its attempts go on counting: when none is left, this is the only one.

        Raises NoSuchSubscription, NotTheOwner, NotActive, NoSuchDelivery, StillPending.
        """
        delivery = await self._of_active(transaction, principal, subscription_id, delivery_id)
        if delivery["state"] == DeliveryState.PENDING:
            raise StillPending
        due = self._asked(principal) | {"state": DeliveryState.PENDING, "finished_at": None, "lease_until": None}
        await transaction.connection.execute(update(DELIVERY).where(DELIVERY.c.id == delivery_id).values(due))
        transaction.after_commit(self._wake)

    async def send_now(
        self, transaction: Transaction, principal: Principal, subscription_id: UUID, delivery_id: UUID
    ) -> bool:
        """Make it due, with what must go before it. False when it is due already.

        Raises NoSuchSubscription, NotTheOwner, NotActive, NoSuchDelivery, NotPending.
        """
        delivery = await self._of_active(transaction, principal, subscription_id, delivery_id)
        if delivery["state"] != DeliveryState.PENDING:
            raise NotPending(DeliveryState(delivery["state"]))
        waits = is_pending() & DELIVERY.c.lease_until.is_(None) & (DELIVERY.c.due_at > self._clock.now())
        hastened = update(DELIVERY).where(_up_to(delivery), waits)
        result = await transaction.connection.execute(hastened.values(self._asked(principal)))
        transaction.after_commit(self._wake)
        return result.rowcount > 0

    def _asked(self, principal: Principal) -> dict[str, Any]:
        now = self._clock.now()
        return {"due_at": now, "asked_by": principal.id, "asked_at": now}

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
            raise NoSuchDelivery
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
