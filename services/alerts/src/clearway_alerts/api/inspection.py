"""Whether a subscription works, what was sent to it, and why it did or did not get an alert."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.api.bodies import DeliveryView, ExplanationView, TestFired
from clearway_alerts.api.cursors import cursor_id, next_cursor
from clearway_alerts.api.refusals import refusals
from clearway_alerts.api.wiring import Reader, Reading, Subscriber, Wired
from clearway_alerts.queries.explain import explain
from clearway_alerts.queries.subscriptions import one_subscription, page_of_deliveries
from clearway_shared.auth import Principal
from clearway_shared.database import Transaction
from clearway_shared.web.pages import Cursor, Limit, Page
from clearway_shared.web.problems import not_found
from clearway_shared.web.writes import Reply, Write

router: Final = APIRouter(prefix="/v1/subscriptions/{subscription_id}", tags=["Subscriptions"])


@router.post("/test", status_code=202, response_model=TestFired)
async def test_fire(subscription_id: UUID, principal: Subscriber, wired: Wired, write: Write) -> Response:
    """Send a signed message of type `subscription.test` the way that alerts go. Its deliveries show what came of it."""

    async def command(tx: Transaction) -> Reply:
        with refusals(subscription_id):
            delivery_id = await wired.subscriptions.test_fire(tx, principal, subscription_id)
        return Reply(202, TestFired(delivery_id=delivery_id))

    return await write(command)


@router.get("/deliveries")
async def list_deliveries(
    subscription_id: UUID, principal: Reader, connection: Reading, limit: Limit = 100, cursor: Cursor = None
) -> Page[DeliveryView]:
    """What was, or is to be, sent to it, newest first, with every request that was made."""
    await _existing(connection, principal, subscription_id)
    rows = await page_of_deliveries(connection, principal.mission, subscription_id, cursor_id(cursor), limit + 1)
    items = [DeliveryView.of(row) for row in rows[:limit]]
    return Page(items=items, next=next_cursor([row["id"] for row in rows], limit))


@router.get("/explain")
async def explain_incident(
    subscription_id: UUID,
    incident: Annotated[UUID, Query(description="The incident's id.")],
    principal: Reader,
    connection: Reading,
    wired: Wired,
) -> ExplanationView:
    """Why it did, or did not, get an alert about an incident."""
    subscription = await _existing(connection, principal, subscription_id)
    found = await explain(connection, subscription, incident, wired.news_hours, wired.heavy)
    if found is None:
        raise not_found("incident", incident)
    return ExplanationView.of(found)


async def _existing(connection: AsyncConnection, principal: Principal, subscription_id: UUID) -> RowMapping:
    row = await one_subscription(connection, principal.mission, subscription_id)
    if row is None:
        raise not_found("subscription", subscription_id)
    return row
