"""A third channel, written in this one file: registered, subscribed to through the API, and delivered with retries, in
order and under a lease, without a change anywhere else."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import httpx
import pytest
from prometheus_client import REGISTRY
from pydantic import BaseModel

from clearway_alerts.alert_shape import ThinAlert
from clearway_alerts.channels.base import (
    AttemptKind,
    AttemptResult,
    Channel,
    ChannelForm,
    MessageChannel,
    Outgoing,
    Secrets,
)
from clearway_alerts.channels.registry import Channels
from clearway_alerts.channels.stream.channel import StreamChannel
from clearway_alerts.outbound.hosts import Hosts
from clearway_alerts.outbound.leases import Room, lease_due
from clearway_alerts.outbound.worker import DeliveryWorker
from clearway_alerts.storage.tables import DELIVERY, SUBSCRIPTION
from clearway_contracts.alert import AlertState, DigestState
from clearway_contracts.vocabulary import Status, Tlp
from clearway_platform.refusals import Invalid
from clearway_testing.plumbing import running

from .conftest import Service

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
OK = AttemptResult(AttemptKind.DELIVERED, None, None, 1.0)
BUSY = AttemptResult(AttemptKind.TRY_AGAIN, None, "the radio is busy", 1.0)
GONE = AttemptResult(AttemptKind.GONE, None, "the call sign was given back", 1.0)


class RadioForm(ChannelForm):
    """Read out by a radio operator."""

    type: Literal["radio"]
    call_sign: str


class RadioShown(BaseModel):
    """A radio channel."""

    type: Literal["radio"]
    call_sign: str


@dataclass
class Radio(MessageChannel):
    """Keeps what it sends. `answers` are what the next attempts give; then all are delivered."""

    form = RadioForm
    shown_form = RadioShown
    timeout = timedelta(seconds=1)

    answers: list[AttemptResult] = field(default_factory=list)
    sent: list[tuple[tuple[str, str], UUID, str]] = field(default_factory=list)
    tried: list[UUID] = field(default_factory=list)

    def check(self, form: RadioForm) -> None:
        if not form.call_sign.isalnum():
            raise Invalid("channel.call_sign", "is no call sign", "Give letters and digits.")

    def new_secrets(self) -> Secrets:
        return {"code_word": "heron"}

    def shown(self, form: RadioForm, secrets: Secrets, *, whole: bool) -> RadioShown:
        return RadioShown(type="radio", call_sign=form.call_sign if whole else "…")

    def destination(self, form: RadioForm, secrets: Secrets) -> tuple[str, str]:
        return form.call_sign, secrets["code_word"]

    def render(self, alert: AlertState | ThinAlert) -> bytes:
        said = alert.headline if isinstance(alert, AlertState) else alert.why_thin
        return f"{alert.kind}: {said}".encode()

    def render_digest(self, digest: DigestState, alerts: Sequence[AlertState | ThinAlert]) -> bytes:
        return digest.headline.encode()

    def render_test(self, subscription_id: UUID, mission: str, at: datetime) -> bytes:
        return b"radio check"

    async def attempt(self, destination: tuple[str, str], message: Outgoing) -> AttemptResult:
        self.tried.append(message.id)
        result = self.answers.pop(0) if self.answers else OK
        if result.is_delivered:
            self.sent.append((destination, message.id, message.body.decode()))
        return result

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Radio"]:
        yield self


@pytest.fixture
def radio() -> Radio:
    return Radio()


@pytest.fixture
def extra_channels(radio: Radio) -> list[Channel]:
    return [radio]


CIRCLE = {"type": "circle", "center": {"type": "Point", "coordinates": [-1.0, 17.0]}, "radius_m": 1000}
BODY: dict[str, Any] = {"name": "convoy", "filter": {"area": CIRCLE}}
ON_RADIO = BODY | {"channel": {"type": "radio", "call_sign": "K7"}}


def all_are(alerts: Service, *states: str) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return [row["state"] for row in await alerts.rows(DELIVERY, "sequence")] == list(states)

    return condition


async def test_it_is_subscribed_to_and_shown_without_its_secret(alerts: Service, client: httpx.AsyncClient) -> None:
    made = await client.post("/v1/subscriptions", json=ON_RADIO)
    assert made.status_code == 201, made.text
    assert made.json()["channel"] == {"type": "radio", "call_sign": "K7"}
    where = made.headers["Location"]
    others = await client.get(where, headers={"Authorization": "Bearer eve-subscriber-unmix"})
    assert others.json()["channel"] == {"type": "radio", "call_sign": "…"}
    moved = {"channel": {"type": "radio", "call_sign": "B2"}}
    patched = await client.patch(where, json=moved, headers={"If-Match": '"1"'})
    assert patched.json()["channel"] == moved["channel"]
    assert "heron" not in made.text + others.text + patched.text
    [row] = await alerts.rows(SUBSCRIPTION)
    assert row["channel"] == {"v": 1, **moved["channel"]}
    assert row["channel_secrets"] == {"code_word": "heron"}
    assert (row["url"], row["secret"]) == (None, None)
    other = {"channel": {"type": "stream"}}
    assert (await client.patch(where, json=other, headers={"If-Match": '"2"'})).status_code == 409
    assert (await client.post(f"{where}/rotate-secret", headers={"If-Match": '"2"'})).status_code == 409
    assert (await client.delete(where, headers={"If-Match": '"2"'})).status_code == 204
    assert (await alerts.rows(SUBSCRIPTION))[0]["channel_secrets"] is None


@pytest.mark.parametrize(
    ("channel", "place"),
    [
        ({"type": "radio", "call_sign": "no sign"}, "/channel/call_sign"),
        ({"type": "radio"}, "/channel/call_sign"),
        ({"type": "radio", "call_sign": "K7", "url": "x"}, "/channel/url"),
        ({"type": "pigeon"}, "/channel"),
    ],
)
async def test_its_form_and_its_check_refuse_by_place(
    client: httpx.AsyncClient, channel: dict[str, str], place: str
) -> None:
    answer = await client.post("/v1/subscriptions", json=BODY | {"channel": channel})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [place]


@pytest.mark.usefixtures("delivering")
async def test_it_delivers_with_retries_in_order_and_under_one_id(
    alerts: Service, client: httpx.AsyncClient, radio: Radio, report: Callable[..., Any], until: Until
) -> None:
    radio.answers = [BUSY, BUSY]
    await client.post("/v1/subscriptions", json=ON_RADIO)
    await alerts.warn(report())

    def tried(count: int) -> Callable[[], Awaitable[bool]]:
        async def condition() -> bool:
            recorded: int = sum(row["attempts"] for row in await alerts.rows(DELIVERY))
            return len(radio.tried) == recorded == count

        return condition

    await until(tried(1))
    [row] = await alerts.rows(DELIVERY)
    assert (row["last_error"], row["due_at"] > alerts.clock.now()) == ("the radio is busy", True)
    # A later alert does not overtake the one that is tried again, and makes it due.
    await alerts.warn(report(revision=2, status=Status.RETRACTED))
    await until(tried(2))
    assert radio.sent == []
    alerts.clock.advance(timedelta(minutes=10))
    await until(all_are(alerts, "delivered", "delivered"))
    assert [body.partition(":")[0] for _, _, body in radio.sent] == ["issued", "cancelled"]
    assert {destination for destination, _, _ in radio.sent} == {("K7", "heron")}
    assert radio.tried[:3] == [radio.sent[0][1]] * 3
    assert all(row["lease_epoch"] >= 1 for row in await alerts.rows(DELIVERY))


@pytest.mark.usefixtures("delivering")
async def test_a_receiver_that_is_gone_disables_the_subscription(
    alerts: Service, client: httpx.AsyncClient, radio: Radio, report: Callable[..., Any], until: Until
) -> None:
    radio.answers = [GONE]
    made = await client.post("/v1/subscriptions", json=ON_RADIO)
    await alerts.warn(report())
    await until(all_are(alerts, "dead"))
    read = (await client.get(made.headers["Location"])).json()
    assert (read["state"], read["state_reason"]) == ("disabled", "the endpoint is gone: the call sign was given back")


async def test_another_worker_takes_over_its_lease(
    alerts: Service, client: httpx.AsyncClient, report: Callable[..., Any]
) -> None:
    await client.post("/v1/subscriptions", json=ON_RADIO)
    await alerts.warn(report())
    (lost,) = await alerts.lease()
    assert (lost.channel, lost.destination) == ("radio", ("K7", "heron"))
    alerts.clock.advance(timedelta(seconds=45))
    (taken_over,) = await alerts.lease()
    assert (taken_over.delivery_id, taken_over.epoch) == (lost.delivery_id, lost.epoch + 1)
    assert (await alerts.record([lost], OK)).deliveries == set()
    assert (await alerts.record([taken_over], OK)).deliveries == {lost.delivery_id}


@pytest.mark.usefixtures("delivering")
async def test_a_test_message_goes_the_same_way(
    alerts: Service, client: httpx.AsyncClient, radio: Radio, until: Until
) -> None:
    made = await client.post("/v1/subscriptions", json=ON_RADIO)
    fired = await client.post(f"{made.headers['Location']}/test")
    assert fired.status_code == 202
    await until(all_are(alerts, "delivered"))
    assert radio.sent == [(("K7", "heron"), UUID(fired.json()["delivery_id"]), "radio check")]


async def test_its_messages_are_whole_at_every_level_that_its_key_reads(
    alerts: Service, client: httpx.AsyncClient, report: Callable[..., Any]
) -> None:
    boss = {"Authorization": "Bearer boss-admin-unmix"}
    made = await client.post("/v1/subscriptions", json=ON_RADIO, headers=boss)
    await alerts.warn(report(tlp=Tlp.RED))
    [delivery] = (await client.get(f"{made.headers['Location']}/deliveries")).json()["items"]
    assert (delivery["form"], delivery["why_thin"]) == ("full", None)
    incident = {"incident_id": str(report().incident_id)}
    assert (await client.get(f"{made.headers['Location']}/explain", params=incident)).json()["why_thin"] is None


async def test_a_process_without_the_channel_leaves_its_messages_to_another(
    alerts: Service, client: httpx.AsyncClient, report: Callable[..., Any]
) -> None:
    made = await client.post("/v1/subscriptions", json=ON_RADIO)
    await alerts.subscribe("http://127.0.0.1:9/hook")
    await alerts.warn(report())
    room, without = Room(10, timedelta(seconds=20)), Channels([StreamChannel(), webhook_of(alerts.channels)])
    async with alerts.database.of_every_mission("a test").write() as transaction:
        found = await lease_due(transaction, without, room, alerts.clock.now())
    [known] = found.leases
    assert json.loads(known.body)["type"] == "alert.issued"
    [unknown] = found.unreadable
    assert (unknown.row, str(unknown.key)) == ("channel", made.json()["subscription_id"])
    [again] = await alerts.lease()
    assert (again.channel, again.attempt) == ("radio", 1)


async def test_beside_an_older_process_that_does_not_know_the_channel_the_newer_one_sends(
    alerts: Service, client: httpx.AsyncClient, radio: Radio, report: Callable[..., Any], until: Until
) -> None:
    older = Channels([StreamChannel(), webhook_of(alerts.channels)])
    hosts = Hosts(0, alerts.clock)
    replica = DeliveryWorker(alerts.database, alerts.clock, older, alerts.policy, hosts, alerts.endings)
    await client.post("/v1/subscriptions", json=ON_RADIO)
    await alerts.warn(report())
    before = unreadable_channels()

    async def passed_over() -> bool:
        return unreadable_channels() > before

    async with running(replica.run):
        await until(passed_over)
        async with running(alerts.worker.run):
            await until(all_are(alerts, "delivered"))
            await alerts.warn(report(revision=2, status=Status.RETRACTED))
            await until(all_are(alerts, "delivered", "delivered"))
    assert [body.partition(":")[0] for _, _, body in radio.sent] == ["issued", "cancelled"]
    assert [row["attempts"] for row in await alerts.rows(DELIVERY)] == [1, 1]


def unreadable_channels() -> float:
    return REGISTRY.get_sample_value("clearway_alert_unreadable_rows_total", {"row": "channel"}) or 0.0


def webhook_of(channels: Channels) -> Channel:
    return channels.of(channels.read({"type": "webhook", "url": "https://example.org/"}))
