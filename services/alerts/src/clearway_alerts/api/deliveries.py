"""What is sent to a subscription's webhook: the log, one message once more, one message now."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Response

from clearway_alerts.api.bodies import DeliveryView
from clearway_alerts.api.channels import address_of
from clearway_alerts.api.cursors import cursor_id, next_cursor
from clearway_alerts.api.dependencies import Reader, Subscriber, Wired, Wiring
from clearway_alerts.api.inspection import existing
from clearway_alerts.domain.delivery import DeliveryState
from clearway_alerts.domain.errors import NotActive, NotPending, NotTheOwner, StillPending
from clearway_alerts.queries.deliveries import one_delivery, page_of_deliveries
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.heavy import of_each
from clearway_platform.web.conditional import NOTHING_CHANGED
from clearway_platform.web.document import header
from clearway_platform.web.pages import Cursor, Limit, Page
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write, WriteRequest

router: Final = Router(prefix="/v1/subscriptions/{subscription_id}/deliveries", tags=["Deliveries"])


# A command on one delivery of a subscription, and whether it changed anything.
Command = Callable[[Transaction, Principal, UUID, UUID], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Asking:
    """A person asks for the delivery in the address."""

    wiring: Wiring
    principal: Principal
    subscription_id: UUID
    delivery_id: UUID
    write: WriteRequest

    async def run(self, command: Command) -> Response:
        """One command, and the delivery after it."""
        return await self.write(partial(self._reply, command))

    async def _reply(self, command: Command, transaction: Transaction) -> Reply:
        changed = await command(transaction, self.principal, self.subscription_id, self.delivery_id)
        connection, mission = transaction.connection, self.principal.mission
        subscription = await existing(connection, self.principal, self.subscription_id)
        row = await one_delivery(connection, mission, self.subscription_id, self.delivery_id)
        view = DeliveryView.of(row, address_of(self.wiring.channels, subscription))
        return Reply(202, view, {} if changed else NOTHING_CHANGED)


async def _asking(
    subscription_id: UUID, delivery_id: UUID, principal: Subscriber, wiring: Wired, write: Write
) -> Asking:
    return Asking(wiring, principal, subscription_id, delivery_id, write)


AskingForDelivery = Annotated[Asking, Depends(_asking)]


@router.get("", operation_id="deliveries.list", summary="List deliveries")
async def list_deliveries(
    subscription_id: UUID,
    principal: Reader,
    connection: Reading,
    wiring: Wired,
    state: Annotated[list[DeliveryState] | None, Query(max_length=3, description="Only those in these states.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[DeliveryView]:
    """What was, or is to be, sent to the webhook, newest first, with every request that was made."""
    subscription = await existing(connection, principal, subscription_id)
    address, before = address_of(wiring.channels, subscription), cursor_id(cursor)
    rows = await page_of_deliveries(
        connection, principal.mission, subscription_id, before, limit + 1, states=state or tuple(DeliveryState)
    )
    items = await of_each(lambda row: DeliveryView.of(row, address), rows[:limit])
    return Page(items=items, next=next_cursor([row["id"] for row in rows], limit))


@router.post(
    "/{delivery_id}/resend",
    operation_id="deliveries.resend",
    summary="Send one once more",
    status_code=202,
    response_model=DeliveryView,
    responses=raises(NotTheOwner, NotActive, StillPending),
)
async def resend_delivery(asking: AskingForDelivery) -> Response:
    """Send a message again that was delivered, or given up. It keeps its `webhook-id`, so that a receiver which has it
    can tell; an older one may so arrive after a newer one, and carries its `revision`. The log keeps who asked."""
    return await asking.run(asking.wiring.deliveries.resend)


@router.post(
    "/{delivery_id}/send-now",
    operation_id="deliveries.send_now",
    summary="Send one now",
    status_code=202,
    response_model=DeliveryView,
    responses=raises(NotTheOwner, NotActive, NotPending) | {202: {"headers": header("Nothing-Changed")}},
)
async def send_delivery_now(asking: AskingForDelivery) -> Response:
    """Do not wait for the next attempt of a message that is still to be sent. What is before it about the same incident
    goes first. The log keeps who asked."""
    return await asking.run(asking.wiring.deliveries.send_now)
