"""Deliveries that are enqueued with their lease: sent at once, in order, and never lost or sent by mistake."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web

from clearway_alerts.channels.base import AttemptKind, AttemptResult
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.outbound import slots as slots_module
from clearway_alerts.outbound import worker as worker_module
from clearway_alerts.outbound.conduct import PER_ENDPOINT
from clearway_alerts.storage.tables import DELIVERY
from clearway_contracts.vocabulary import Status
from clearway_platform.auth.principals import Principal, Role

from .conftest import Receiver, Service, revisions

OWNER = Principal(id="key-1", name="convoy", mission="unmix", role=Role.SUBSCRIBER)
NOWHERE = "http://127.0.0.1:9/hook"
NewIncident = Callable[..., IncidentView]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


class Calls:
    """Counts the calls of one of the worker's functions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.count = 0
        self._original = getattr(worker_module, name)
        monkeypatch.setattr(worker_module, name, self._call)

    async def _call(self, *arguments: Any, **options: Any) -> object:
        self.count += 1
        return await self._original(*arguments, **options)


class Gate:
    """A receiver's answer that waits until it is opened."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()

    async def answer(self, _: web.Request) -> web.StreamResponse:
        await self.opened.wait()
        return web.Response(status=204)


async def rows(alerts: Service) -> list[Any]:
    found: list[Any] = await alerts.rows(DELIVERY, "sequence")
    return found


async def leases(alerts: Service) -> list[Any]:
    leases: list[Any] = await alerts.lease()
    return leases


def all_delivered(alerts: Service, count: int) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return [row["state"] for row in await rows(alerts)] == ["delivered"] * count

    return condition


async def running(alerts: Service, until: Until) -> asyncio.Task[None]:
    """The service's worker, once it runs."""
    task = asyncio.create_task(alerts.worker.run())

    async def can_lease() -> bool:
        return alerts.worker.lease_until(uuid4()) is not None

    await until(can_lease)
    return task


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=20)
    assert task.cancelled()


async def test_an_alert_goes_out_with_its_first_lease_and_no_other_follows(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    leasing, looking = Calls(monkeypatch, "lease_due"), Calls(monkeypatch, "waiting_subscriptions")
    await alerts.subscribe(receiver.url)
    task = await running(alerts, until)

    async def first_look() -> bool:
        return looking.count >= 1

    await until(first_look)
    assert leasing.count == 1, "what a former process left"
    await alerts.warn(report())
    await alerts.warn(report(incident_id=uuid4()))
    await receiver.wait_for(2)
    await until(all_delivered(alerts, 2))
    looks = looking.count

    async def looked_again() -> bool:
        return looking.count >= looks + 2

    await until(looked_again)
    assert leasing.count == 1
    assert [(row["lease_epoch"], row["attempts"], row["lease_until"]) for row in await rows(alerts)] == [
        (1, 1, None)
    ] * 2
    await ended(task)


async def test_messages_to_one_receiver_go_over_one_connection(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    connections = set()

    async def note(request: web.Request) -> web.StreamResponse:
        connections.add(request.transport)
        return web.Response(status=204)

    receiver.answer = note
    await alerts.subscribe(receiver.url)
    task = await running(alerts, until)
    for count in range(1, 4):
        await alerts.warn(report(incident_id=uuid4()))
        await until(all_delivered(alerts, count))
    assert len(connections) == 1
    await ended(task)


async def test_what_is_enqueued_with_a_lease_is_what_a_later_lease_would_send(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    await alerts.subscribe(receiver.url)
    task = await running(alerts, until)
    await alerts.warn(report())
    await receiver.wait_for(1)
    await until(all_delivered(alerts, 1))
    await ended(task)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(DELIVERY.update().values(state="pending", finished_at=None))
    (again,) = await leases(alerts)
    assert again.body == receiver.got[0][1]


async def test_after_a_crash_between_commit_and_post_another_worker_delivers(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    await alerts.subscribe(receiver.url)
    task = await running(alerts, until)
    monkeypatch.setattr(alerts.worker, "hand_over", lambda _leases: None)
    await alerts.warn(report())
    other = asyncio.create_task(alerts.new_worker().run())
    assert await leases(alerts) == []
    alerts.clock.advance(timedelta(seconds=8))
    await receiver.wait_for(1)
    await until(all_delivered(alerts, 1))
    assert len(receiver.got) == 1
    assert [row["lease_epoch"] for row in await rows(alerts)] == [2]
    await ended(task)
    await ended(other)


async def warn_together(alerts: Service, report: NewIncident, count: int) -> None:
    """So many incidents in one transaction."""
    await alerts.warn(*(report(incident_id=uuid4()) for _ in range(count)))


async def warn_and_fail(alerts: Service, incident: IncidentView) -> None:
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.pipeline.warn(transaction, revisions(incident))
        raise ZeroDivisionError


async def test_what_rolls_back_is_not_handed_over(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    await alerts.subscribe(receiver.url)
    task = await running(alerts, until)
    with pytest.raises(ZeroDivisionError):
        await warn_and_fail(alerts, report())
    await alerts.warn(report())
    await receiver.wait_for(1)
    await until(all_delivered(alerts, 1))
    assert len(receiver.got) == 1
    await ended(task)


@pytest.mark.parametrize("together", [True, False])
async def test_a_second_revision_waits_for_the_first_that_is_on_its_way(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until, *, together: bool
) -> None:
    gate = Gate()
    receiver.answer = gate.answer
    await alerts.subscribe(receiver.url)
    task = await running(alerts, until)
    ended_incident = report(revision=2, status=Status.RETRACTED)
    if together:
        await alerts.warn(report(), ended_incident)
        await receiver.wait_for(1)
    else:
        await alerts.warn(report())
        await receiver.wait_for(1)
        await alerts.warn(ended_incident)
    assert [row["lease_epoch"] for row in await rows(alerts)] == [1, 0]
    await alerts.warn(report(incident_id=uuid4()))
    assert [row["lease_epoch"] for row in await rows(alerts)] == [1, 0, 0], "what is new does not starve what waits"
    gate.opened.set()
    await receiver.wait_for(3)
    await until(all_delivered(alerts, 3))
    messages = [json.loads(body)["data"] for _, body in receiver.got]
    same = [message["kind"] for message in messages if message["incident_id"] == str(report().incident_id)]
    assert same == ["issued", "cancelled"]
    await ended(task)


async def test_what_another_process_left_waits_for_a_free_moment_that_comes(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    gate = Gate()
    receiver.answer = gate.answer
    row = await alerts.subscribe(receiver.url)
    task = await running(alerts, until)
    await alerts.warn(report())
    await receiver.wait_for(1)
    other = alerts.new_pipeline()
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await other.warn(transaction, revisions(report(incident_id=uuid4())))

    async def is_known() -> bool:
        return alerts.worker.lease_until(row["id"]) is None

    await until(is_known)
    await alerts.warn(report(incident_id=uuid4()))
    assert len(receiver.got) == 1
    gate.opened.set()
    await receiver.wait_for(3)
    await until(all_delivered(alerts, 3))

    async def is_free() -> bool:
        return not await is_known()

    await until(is_free)
    await ended(task)


async def test_more_than_an_endpoint_has_slots_go_one_after_the_other(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    gate, count = Gate(), PER_ENDPOINT + 3
    receiver.answer = gate.answer
    await alerts.subscribe(receiver.url)
    task = await running(alerts, until)
    await warn_together(alerts, report, count)
    await receiver.wait_for(PER_ENDPOINT)
    await alerts.warn(report(incident_id=uuid4()))
    assert sorted(row["lease_epoch"] for row in await rows(alerts)) == [0] + [1] * count, (
        "no slot is left: it waits for a lease"
    )
    assert len(receiver.got) == PER_ENDPOINT
    gate.opened.set()
    await receiver.wait_for(count + 1)
    await until(all_delivered(alerts, count + 1))
    await ended(task)


async def test_what_waits_too_long_in_line_is_leased_anew_at_once(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    gate = Gate()
    receiver.answer = gate.answer
    await alerts.subscribe(receiver.url)
    task = await running(alerts, until)
    await warn_together(alerts, report, PER_ENDPOINT + 1)
    await receiver.wait_for(PER_ENDPOINT)
    alerts.clock.advance(timedelta(seconds=6))
    gate.opened.set()
    await until(all_delivered(alerts, PER_ENDPOINT + 1))
    assert len(receiver.got) == PER_ENDPOINT + 1
    assert sorted((row["lease_epoch"], row["attempts"]) for row in await rows(alerts)) == [
        *[(1, 1)] * PER_ENDPOINT,
        (2, 1),
    ]
    await ended(task)


async def test_a_burst_to_many_endpoints_opens_only_so_many_connections(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots_module, "ALL_SLOTS", 3)
    now, most = 0, 0

    async def counted(_: web.Request) -> web.StreamResponse:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return web.Response(status=204)

    receiver.answer = counted
    for _ in range(20):
        await alerts.subscribe(receiver.url)
    task = await running(alerts, until)
    await alerts.warn(report())
    await until(all_delivered(alerts, 20))
    assert most == 3
    await ended(task)


async def test_who_ends_gives_back_what_has_not_come_back(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "_LAST_ANSWERS_SECONDS", 0.05)
    receiver.answer = Gate().answer
    await alerts.subscribe(receiver.url)
    task = await running(alerts, until)
    await warn_together(alerts, report, PER_ENDPOINT + 2)
    await receiver.wait_for(PER_ENDPOINT)
    await ended(task)
    assert {(row["state"], row["lease_until"]) for row in await rows(alerts)} == {("pending", None)}
    assert len(await leases(alerts)) == PER_ENDPOINT


async def test_who_ends_still_records_what_comes_back_in_time(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    gate = Gate()
    receiver.answer = gate.answer
    await alerts.subscribe(receiver.url)
    task = await running(alerts, until)
    await alerts.warn(report())
    await receiver.wait_for(1)
    task.cancel()
    await asyncio.sleep(0)
    gate.opened.set()
    await asyncio.wait({task}, timeout=20)
    assert task.cancelled()
    assert [(row["state"], row["attempts"]) for row in await rows(alerts)] == [("delivered", 1)]


async def test_an_endpoint_that_is_paused_or_gone_is_sent_nothing(
    alerts: Service, report: NewIncident, until: Until
) -> None:
    row = await alerts.subscribe(NOWHERE)
    task = await running(alerts, until)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.pause(transaction, OWNER, row["id"], 1)
    await alerts.warn(report(incident_id=uuid4()))
    await ended(task)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.resume(transaction, OWNER, row["id"], 2)
    (only,) = await leases(alerts)
    await alerts.record([only], AttemptResult(AttemptKind.GONE, 410, "status 410", 1.0))
    task = await running(alerts, until)
    await alerts.warn(report(incident_id=uuid4()))
    assert sorted(row["lease_epoch"] for row in await rows(alerts)) == [0, 1]
    await ended(task)
