"""Whether a subscription works, and why it did or did not get an alert."""

from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.api.bodies import ClauseView, DecisionView, ExplanationView, SubscriptionView, TestSent
from clearway_alerts.api.channels import address_of
from clearway_alerts.api.dependencies import Reader, Subscriber, Wired, Wiring
from clearway_alerts.api.source_bodies import SourceExplanationView
from clearway_alerts.domain.errors import (
    NoMessages,
    NoSuchIncident,
    NoSuchSource,
    NoSuchSubscription,
    NotActive,
    NotTheOwner,
)
from clearway_alerts.queries.explain import decisions_on_source, explain
from clearway_alerts.queries.sources import one_source
from clearway_alerts.queries.subscriptions import one_subscription
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.web.conditional import NOTHING_CHANGED
from clearway_platform.web.document import header
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write

router: Final = Router(prefix="/v1/subscriptions/{subscription_id}", tags=["Deliveries"])


@router.post(
    "/test",
    operation_id="subscriptions.send_test",
    summary="Send a test message",
    status_code=202,
    response_model=TestSent,
    responses=raises(NotTheOwner, NoMessages, NotActive),
)
async def send_test(subscription_id: UUID, principal: Subscriber, wiring: Wired, write: Write) -> Response:
    """Send a signed message of type `subscription.test` the way that alerts go. Its deliveries show what came of it."""
    return await write(partial(_send_test, wiring, principal, subscription_id))


async def _send_test(wiring: Wiring, principal: Principal, subscription_id: UUID, transaction: Transaction) -> Reply:
    delivery_id = await wiring.subscriptions.send_test(transaction, principal, subscription_id)
    return Reply(202, TestSent(delivery_id=delivery_id))


@router.post(
    "/challenge",
    operation_id="subscriptions.challenge",
    summary="Challenge the endpoint again",
    status_code=202,
    response_model=SubscriptionView,
    responses=raises(NotTheOwner, NoMessages) | {202: {"headers": header("Nothing-Changed")}},
)
async def challenge(subscription_id: UUID, principal: Subscriber, wiring: Wired, write: Write) -> Response:
    """Send the endpoint a signed message of type `challenge` at once; `proof` of the subscription shows what came of
    it. Nothing changes when it has proved itself. A new endpoint, and a changed URL, is challenged without this."""
    return await write(partial(_challenge, wiring, principal, subscription_id))


async def _challenge(wiring: Wiring, principal: Principal, subscription_id: UUID, transaction: Transaction) -> Reply:
    kept = await wiring.subscriptions.challenge(transaction, principal, subscription_id)
    view = SubscriptionView.of(kept.row, principal, wiring.channels)
    return Reply(202, view, {} if kept.changed else NOTHING_CHANGED)


@router.get("/explain", operation_id="subscriptions.explain", summary="Explain why an alert came, or did not")
async def explain_incident(
    subscription_id: UUID,
    incident_id: Annotated[UUID, Query(description="The incident that it is asked about.")],
    principal: Reader,
    connection: Reading,
    wiring: Wired,
) -> ExplanationView:
    """Why it did, or did not, get an alert about an incident."""
    subscription = await existing(connection, principal, subscription_id)
    found = await explain(connection, subscription, incident_id, wiring.news_hours, wiring.heavy)
    if found is None:
        raise NoSuchIncident(incident_id)
    return ExplanationView.of(found, principal, address_of(wiring.channels, subscription))


@router.get("/explain-source", operation_id="subscriptions.explain_source", summary="Explain alerts of a silent source")
async def explain_source(
    subscription_id: UUID,
    source_id: Annotated[UUID, Query(description="The watched source that it is asked about.")],
    principal: Reader,
    connection: Reading,
) -> SourceExplanationView:
    """Why it did, or did not, get an alert about a watched source."""
    subscription = await existing(connection, principal, subscription_id)
    if await one_source(connection, principal.mission, source_id) is None:
        raise NoSuchSource(source_id)
    decisions, clauses = await decisions_on_source(connection, subscription, source_id)
    return SourceExplanationView(
        source_id=source_id,
        alerted=bool(decisions),
        decisions=[DecisionView.of(one) for one in decisions],
        clauses=[ClauseView(**clause._asdict()) for clause in clauses],
    )


async def existing(connection: AsyncConnection, principal: Principal, subscription_id: UUID) -> RowMapping:
    """The subscription. Raises a 404 problem."""
    row = await one_subscription(connection, principal.mission, subscription_id)
    if row is None:
        raise NoSuchSubscription(subscription_id)
    return row
