"""One message once more, or now, because a person asks; and a message that leaves things out says so."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import TypeAdapter
from standardwebhooks import Webhook

from clearway_alerts.api import messages
from clearway_alerts.api.bodies import AlertView
from clearway_alerts.channels.base import AttemptKind, AttemptResult
from clearway_alerts.commands.deliveries import Deliveries
from clearway_alerts.domain.delivery import DeliveryState
from clearway_alerts.domain.errors import (
    NoSuchDelivery,
    NoSuchSubscription,
    NotActive,
    NotPending,
    NotTheOwner,
    StillPending,
)
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.queries.deliveries import page_of_deliveries
from clearway_alerts.storage.tables import DELIVERY, DELIVERY_ATTEMPT
from clearway_contracts.alert import OF_SOURCE, AlertState
from clearway_contracts.vocabulary import Tlp
from clearway_platform.auth.principals import Principal, Role

from .conftest import Receiver, Service

OWNER = Principal(id="key-1", name="convoy", mission="unmix", role=Role.SUBSCRIBER)
NOWHERE = "http://127.0.0.1:9/hook"
BROKEN = AttemptResult(AttemptKind.TRY_AGAIN, 500, "status 500", 1.0)
GONE = AttemptResult(AttemptKind.GONE, 410, "status 410", 1.0)
OK = AttemptResult(AttemptKind.DELIVERED, 204, None, 1.0)
NewIncident = Callable[..., IncidentView]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


class Desk:
    """The commands, each in a transaction of its own."""

    def __init__(self, alerts: Service) -> None:
        self.alerts = alerts
        self.commands = Deliveries(alerts.queue)

    async def resend(self, subscription: UUID, delivery: UUID, by: Principal = OWNER) -> None:
        async with self.alerts.database.of_every_mission("a test").write() as transaction:
            await self.commands.resend(transaction, by, subscription, delivery)

    async def send_now(self, subscription: UUID, delivery: UUID, by: Principal = OWNER) -> bool:
        async with self.alerts.database.of_every_mission("a test").write() as transaction:
            return await self.commands.send_now(transaction, by, subscription, delivery)

    async def answered(self, answer: AttemptResult) -> list[UUID]:
        """Lease what is due, and record this result for each; the deliveries that were leased."""
        leases = await self.alerts.lease()
        await self.alerts.record(leases, answer)
        return [lease.delivery_id for lease in leases]

    async def rows(self) -> list[Any]:
        found: list[Any] = await self.alerts.rows(DELIVERY, "sequence")
        return found


@pytest.fixture
def desk(alerts: Service) -> Desk:
    return Desk(alerts)


@pytest.mark.usefixtures("delivering")
async def test_a_message_that_was_delivered_goes_out_again_under_its_id(
    alerts: Service, desk: Desk, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    alerts.clock.set(datetime.now(UTC))
    row = await alerts.subscribe(receiver.url)
    await alerts.warn(report())

    async def delivered() -> bool:
        return [row["state"] for row in await desk.rows()] == ["delivered"]

    await until(delivered)
    [delivery] = await desk.rows()
    await desk.resend(row["id"], delivery["id"])
    await receiver.wait_for(2)
    (first, body), (second, again) = receiver.got
    assert first["webhook-id"] == second["webhook-id"] == str(delivery["id"])
    assert body == again
    Webhook(row["secret"]).verify(again, second)
    await until(delivered)
    [after] = await desk.rows()
    assert (after["attempts"], after["asked_by"]) == (2, OWNER.id)
    assert [row["number"] for row in await alerts.rows(DELIVERY_ATTEMPT, "number")] == [1, 2]


async def test_one_that_was_given_up_gets_one_more_attempt(alerts: Service, desk: Desk, report: NewIncident) -> None:
    row = await alerts.subscribe(NOWHERE)
    await alerts.warn(report())
    for _ in range(8):
        await desk.answered(BROKEN)
        alerts.clock.advance(timedelta(hours=12))
    [dead] = await desk.rows()
    assert (dead["state"], dead["attempts"]) == ("dead", 8)
    await desk.resend(row["id"], dead["id"])
    assert await desk.answered(OK) == [dead["id"]]
    [after] = await desk.rows()
    assert (after["state"], after["attempts"], after["last_status"]) == ("delivered", 9, 204)


async def test_one_that_waits_goes_now_and_what_is_before_it_first(
    alerts: Service, desk: Desk, report: NewIncident
) -> None:
    row = await alerts.subscribe(NOWHERE)
    await alerts.warn(report())
    await desk.answered(BROKEN)
    alerts.clock.advance(timedelta(seconds=6))
    await desk.answered(BROKEN)
    [waiting] = await desk.rows()
    assert await desk.answered(OK) == []
    assert await desk.send_now(row["id"], waiting["id"])
    assert not await desk.send_now(row["id"], waiting["id"])
    await alerts.warn(report(revision=2, latitude=17.027))
    first, second = await desk.rows()
    assert await desk.answered(BROKEN) == [first["id"]]
    assert await desk.send_now(row["id"], second["id"])
    assert await desk.answered(OK) == [first["id"]]
    assert await desk.answered(OK) == [second["id"]]


async def test_what_cannot_be_is_refused(alerts: Service, desk: Desk, report: NewIncident) -> None:
    row = await alerts.subscribe(NOWHERE)
    other = await alerts.subscribe(NOWHERE)
    await alerts.warn(report())
    own, foreign = sorted(await desk.rows(), key=lambda delivery: delivery["subscription_id"] != row["id"])
    stranger = Principal(id="key-2", name="other", mission="unmix", role=Role.SUBSCRIBER)
    elsewhere = Principal(id="key-3", name="other", mission="other", role=Role.ADMIN)
    with pytest.raises(StillPending):
        await desk.resend(row["id"], own["id"])
    with pytest.raises(NoSuchDelivery):
        await desk.resend(row["id"], foreign["id"])
    with pytest.raises(NoSuchDelivery):
        await desk.send_now(row["id"], uuid4())
    with pytest.raises(NotTheOwner):
        await desk.send_now(other["id"], foreign["id"], by=stranger)
    with pytest.raises(NoSuchSubscription):
        await desk.send_now(row["id"], own["id"], by=elsewhere)
    await desk.answered(OK)
    with pytest.raises(NotPending):
        await desk.send_now(row["id"], own["id"])
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.pause(transaction, OWNER, row["id"], 1)
    with pytest.raises(NotActive):
        await desk.resend(row["id"], own["id"])


async def test_the_log_is_narrowed_to_states(alerts: Service, desk: Desk, report: NewIncident) -> None:
    row = await alerts.subscribe(NOWHERE)
    await alerts.warn(report())
    await desk.answered(OK)
    await alerts.warn(report(revision=2, latitude=17.027))

    async def found(*states: DeliveryState) -> list[str]:
        async with alerts.database.of_every_mission("a test").read() as connection:
            page = await page_of_deliveries(connection, "unmix", row["id"], None, 10, states=states)
        return [row["state"] for row in page]

    assert await found(*DeliveryState) == ["pending", "delivered"]
    assert await found(DeliveryState.PENDING) == ["pending"]
    assert await found(DeliveryState.DEAD) == []


@pytest.mark.usefixtures("delivering")
@pytest.mark.parametrize("tlp", Tlp)
async def test_a_message_is_as_the_document_says(
    tlp: Tlp, alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    boss = Principal(id="key-8", name="admin", mission="unmix", role=Role.ADMIN)
    await alerts.subscribe(receiver.url, owner=boss)
    await alerts.warn(report(tlp=tlp))
    await receiver.wait_for(1)
    body = receiver.got[0][1]
    message = TypeAdapter(messages.AlertMessage).validate_json(body)
    # Nothing is sent that the document does not tell of.
    assert json.loads(body)["data"].keys() == type(message.data).model_fields.keys()
    thin = tlp in (Tlp.AMBER_STRICT, Tlp.RED)
    assert message.data.form == ("thin" if thin else "full")
    if thin:
        assert all(name in str(message.data.why_thin) for name in (f"TLP {tlp}", "links.alert"))


@pytest.mark.usefixtures("delivering")
async def test_a_thin_message_has_the_shape_of_the_list_and_names_what_it_leaves_out(
    alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    await alerts.subscribe(receiver.url)
    await alerts.warn(report(tlp=Tlp.RED))
    await receiver.wait_for(1)
    data = json.loads(receiver.got[0][1])["data"]
    assert data.keys() >= AlertState.model_fields.keys()
    assert AlertView.model_fields.keys() >= AlertState.model_fields.keys()
    said = AlertState.model_fields.keys() | {"read_out"}
    assert {name for name in said if data[name] is None} == {*data["left_out"], *OF_SOURCE}
    assert {"point", "headline", "category", "occurred_at"} <= set(data["left_out"])


@pytest.mark.usefixtures("delivering")
async def test_a_test_message_is_as_the_document_says(alerts: Service, receiver: Receiver) -> None:
    row = await alerts.subscribe(receiver.url)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.send_test(transaction, OWNER, row["id"])
    await receiver.wait_for(1)
    TypeAdapter(messages.TestMessage).validate_json(receiver.got[0][1])


async def test_a_test_message_is_hastened_alone(alerts: Service, desk: Desk) -> None:
    row = await alerts.subscribe(NOWHERE)
    for _ in range(2):
        async with alerts.database.of_every_mission("a test").write() as transaction:
            await alerts.subscriptions.send_test(transaction, OWNER, row["id"])
    first, second = await desk.answered(BROKEN)
    assert await desk.send_now(row["id"], second)
    assert await desk.answered(OK) == [second]
    assert first != second
