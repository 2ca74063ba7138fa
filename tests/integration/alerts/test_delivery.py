"""Signed, in order, once more only when the outcome was unknown, and whatever the receiver does."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from standardwebhooks import Webhook
from structlog.testing import capture_logs
from structlog.types import EventDict

from clearway_alerts.channels.base import AttemptKind, AttemptResult
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.outbound.leases import Lease
from clearway_alerts.outbound.worker import DeliveryWorker
from clearway_alerts.storage.tables import DELIVERY, DELIVERY_ATTEMPT, SUBSCRIPTION
from clearway_contracts.vocabulary import Status, Tlp
from clearway_platform.auth.principals import Principal, Role
from clearway_testing.plumbing import running

from .conftest import Answering, Receiver, Service

OWNER = Principal(id="key-1", name="convoy", mission="unmix", role=Role.SUBSCRIBER)
NewIncident = Callable[..., IncidentView]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
OK = AttemptResult(AttemptKind.DELIVERED, 204, None, 1.0)
BROKEN = AttemptResult(AttemptKind.TRY_AGAIN, 500, "status 500", 1.0)


async def _can_send(worker: DeliveryWorker) -> bool:
    return worker.lease_until(uuid4()) is not None


async def _is_logged(logged: list[EventDict], event: str) -> bool:
    return any(entry["event"] == event for entry in logged)


async def states(alerts: Service) -> list[str]:
    return [row["state"] for row in await alerts.rows(DELIVERY, "sequence")]


async def leases(alerts: Service, limit: int = 10) -> list[Any]:
    leases: list[Any] = await alerts.lease(limit)
    return leases


async def record(alerts: Service, lease: Lease, result: AttemptResult) -> set[Any]:
    recorded = await alerts.record([lease], result)
    deliveries: set[Any] = recorded.deliveries
    return deliveries


@pytest.mark.usefixtures("delivering")
async def test_each_alert_arrives_signed_and_in_order(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    alerts.clock.set(datetime.now(UTC))
    row = await alerts.subscribe(receiver.url)
    await alerts.warn(report())
    await alerts.warn(report(revision=2, latitude=17.027))
    await alerts.warn(report(revision=3, latitude=17.027, status=Status.RETRACTED))
    await receiver.wait_for(3)
    messages = [Webhook(row["secret"]).verify(body, headers) for headers, body in receiver.got]
    assert [message["type"] for message in messages] == ["alert.issued", "alert.updated", "alert.cancelled"]
    assert [message["data"]["incident_revision"] for message in messages] == [1, 2, 3]
    assert messages[1]["data"]["point"] == {"type": "Point", "coordinates": [-1.0, 17.027]}
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 3
    assert max(len(body) for _, body in receiver.got) < 20_000

    async def all_recorded() -> bool:
        return await states(alerts) == ["delivered"] * 3

    await until(all_recorded)
    assert len(await alerts.rows(DELIVERY_ATTEMPT)) == 3


@pytest.mark.usefixtures("delivering")
async def test_what_is_restricted_leaves_thin(alerts: Service, receiver: Receiver, report: NewIncident) -> None:
    await alerts.subscribe(receiver.url)
    await alerts.warn(report(tlp=Tlp.AMBER_STRICT))
    await receiver.wait_for(1)
    data = json.loads(receiver.got[0][1])["data"]
    assert data["severity"] == "severe"
    assert not any(data[name] for name in ("point", "headline", "category", "hazard_state", "reason"))


@pytest.mark.usefixtures("delivering")
async def test_a_test_message_goes_the_same_way(alerts: Service, receiver: Receiver) -> None:
    alerts.clock.set(datetime.now(UTC))
    row = await alerts.subscribe(receiver.url)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.send_test(transaction, OWNER, row["id"])
    await receiver.wait_for(1)
    headers, body = receiver.got[0]
    assert Webhook(row["secret"]).verify(body, headers)["type"] == "subscription.test"


async def test_nothing_overtakes_what_is_still_being_tried(alerts: Service, report: NewIncident) -> None:
    await alerts.subscribe("http://127.0.0.1:9/hook")
    await alerts.warn(report())
    await alerts.warn(report(revision=2, status=Status.RETRACTED))
    (first,) = await leases(alerts)
    assert await leases(alerts) == []
    await record(alerts, first, BROKEN)
    assert await leases(alerts) == []
    alerts.clock.advance(timedelta(seconds=6))
    (again,) = await leases(alerts)
    assert (again.delivery_id, again.attempt) == (first.delivery_id, 2)
    await record(alerts, again, OK)
    (second,) = await leases(alerts)
    assert json.loads(second.body)["type"] == "alert.cancelled"


async def test_a_worker_that_lost_its_lease_neither_records_nor_sends(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    await alerts.subscribe(receiver.url)
    await alerts.warn(report())
    (paused,) = await leases(alerts)
    alerts.clock.advance(timedelta(seconds=45))
    (taken_over,) = await leases(alerts)
    assert (taken_over.delivery_id, taken_over.epoch) == (paused.delivery_id, paused.epoch + 1)
    assert await record(alerts, paused, OK) == set()
    assert await states(alerts) == ["pending"]
    with capture_logs() as logged:
        async with running(alerts.worker.run):
            await until(partial(_can_send, alerts.worker))
            alerts.worker.hand_over([paused])
            await until(partial(_is_logged, logged, "lease_too_short"))
    assert receiver.got == []
    assert await record(alerts, taken_over, OK) == {paused.delivery_id}
    assert await states(alerts) == ["delivered"]


async def test_two_workers_never_lease_the_same(alerts: Service, report: NewIncident) -> None:
    for _ in range(20):
        await alerts.subscribe("http://127.0.0.1:9/hook")
    await alerts.warn(report())
    taken = await asyncio.gather(*(leases(alerts, 7) for _ in range(6)))
    ids = [lease.delivery_id for batch in taken for lease in batch]
    assert len(ids) == len(set(ids))
    rest = await leases(alerts, 20)
    assert len(ids) + len(rest) == 20


async def test_gone_disables_and_too_long_a_failure_too(alerts: Service, report: NewIncident) -> None:
    await alerts.subscribe("http://127.0.0.1:9/hook")
    await alerts.warn(report())
    (only,) = await leases(alerts)
    await record(alerts, only, AttemptResult(AttemptKind.GONE, 410, "status 410", 1.0))
    (row,) = await alerts.rows(SUBSCRIPTION)
    assert (row["state"], row["state_reason"]) == ("disabled", "the endpoint is gone: status 410")
    assert await states(alerts) == ["dead"]
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.resume(transaction, OWNER, row["id"], row["revision"])
    await alerts.warn(report(revision=2, status=Status.RETRACTED))
    (second,) = await leases(alerts)
    await record(alerts, second, BROKEN)
    alerts.clock.advance(timedelta(hours=121))
    (second,) = await leases(alerts)
    await record(alerts, second, BROKEN)
    assert (await alerts.rows(SUBSCRIPTION))[0]["state_reason"].startswith("the endpoint has failed since")


async def test_after_the_last_attempt_it_is_dead(alerts: Service, report: NewIncident) -> None:
    await alerts.subscribe("http://127.0.0.1:9/hook")
    await alerts.warn(report())
    for _ in range(8):
        (only,) = await leases(alerts)
        await record(alerts, only, BROKEN)
        alerts.clock.advance(timedelta(hours=13))
    assert await states(alerts) == ["dead"]
    assert len(await alerts.rows(DELIVERY_ATTEMPT)) == 8


async def test_paused_means_later_not_never(alerts: Service, report: NewIncident) -> None:
    row = await alerts.subscribe("http://127.0.0.1:9/hook")
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.pause(transaction, OWNER, row["id"], 1)
    await alerts.warn(report())
    assert await leases(alerts) == []
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.resume(transaction, OWNER, row["id"], 2)
    assert len(await leases(alerts)) == 1


async def redirect(_: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": "/elsewhere"})


async def broken(_: web.Request) -> web.StreamResponse:
    return web.Response(status=500)


async def hang(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def too_many(_: web.Request) -> web.StreamResponse:
    return web.Response(status=429, headers={"Retry-After": "600"})


async def drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b".")
        await asyncio.sleep(0.2)


async def huge(_: web.Request) -> web.StreamResponse:
    return web.Response(body=b"x" * 5_000_000)


@pytest.mark.usefixtures("delivering")
@pytest.mark.parametrize(
    ("answer", "status", "state", "wait"),
    [
        (redirect, 302, "pending", 4), (broken, 500, "pending", 4), (hang, None, "pending", 4),
        (too_many, 429, "pending", 600), (drip, 200, "delivered", None), (huge, 200, "delivered", None),
    ],
)  # fmt: skip
async def test_a_hostile_receiver_is_recorded_and_delays_no_one(
    alerts: Service,
    new_receiver: Callable[[], Awaitable[Receiver]],
    report: NewIncident,
    until: Until,
    answer: Answering,
    status: int | None,
    state: str,
    wait: int | None,
) -> None:
    hostile, honest = await new_receiver(), await new_receiver()
    hostile.answer = answer
    bad = await alerts.subscribe(hostile.url)
    good = await alerts.subscribe(honest.url)
    await alerts.warn(report())
    await honest.wait_for(1)

    async def attempted() -> bool:
        return {row["attempts"] for row in await alerts.rows(DELIVERY)} == {1}

    await until(attempted)
    by_endpoint = {row["subscription_id"]: row for row in await alerts.rows(DELIVERY)}
    assert by_endpoint[good["id"]]["state"] == "delivered"
    failed = by_endpoint[bad["id"]]
    assert (failed["state"], failed["last_status"]) == (state, status)
    if wait is not None:
        assert failed["due_at"] - alerts.clock.now() >= timedelta(seconds=wait)
    assert len(hostile.got) == 1
