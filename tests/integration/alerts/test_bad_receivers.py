"""A receiver that hangs, drips or has a name that nobody answers for: it delays itself, and no other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from sqlalchemy import update

from clearway_alerts.channels.webhook.addresses import FilteringResolver, ForbiddenAddress, allowed_networks
from clearway_alerts.channels.webhook.names import NameNotResolved, Names
from clearway_alerts.channels.webhook.request import webhook_client
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.outbound import slots
from clearway_alerts.storage.tables import DELIVERY, SUBSCRIPTION
from clearway_platform.clock import SystemClock
from clearway_testing.name_server import NEVER, NameServer, serving_names
from clearway_testing.plumbing import running

from .conftest import Receiver, Service

LOOPBACK = allowed_networks(["127.0.0.0/8"])
AN_HOUR = 3600.0
NewIncident = Callable[..., IncidentView]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def name_server() -> AsyncIterator[NameServer]:
    addresses = {"good.test": "127.1.2.3", "private.test": "10.0.0.1"}
    async with serving_names(addresses, {".silent.test": NEVER}) as server:
        yield server


@pytest.fixture
async def names(name_server: NameServer) -> AsyncIterator[Names]:
    resolver = Names([name_server.address])
    yield resolver
    await resolver.close()


async def test_a_name_is_asked_of_the_name_server_that_was_set(names: Names) -> None:
    (found,) = await names.resolve("good.test", 443)
    assert (found["host"], found["port"]) == ("127.1.2.3", 443)


async def test_names_of_this_machine_are_not_asked_for(names: Names, name_server: NameServer) -> None:
    assert {found["host"] for found in await names.resolve("localhost", 80)} <= {"127.0.0.1", "::1"}
    assert name_server.asked == []


async def test_what_is_checked_is_what_was_found(names: Names) -> None:
    filtering = FilteringResolver(names, LOOPBACK)
    assert (await filtering.resolve("good.test", 443))[0]["host"] == "127.1.2.3"
    with pytest.raises(ForbiddenAddress, match="private"):
        await filtering.resolve("private.test", 443)


async def test_a_name_that_does_not_exist(names: Names) -> None:
    with pytest.raises(NameNotResolved, match="was not found"):
        await names.resolve("missing.test", 443)


async def test_names_that_nobody_answers_for_delay_no_other_name(names: Names) -> None:
    silent = [asyncio.create_task(names.resolve(f"n{number}.silent.test", 443)) for number in range(50)]
    await asyncio.sleep(0)
    assert await names.resolve("good.test", 443)
    assert not any(task.done() for task in silent)
    for task in silent:
        task.cancel()
    await asyncio.gather(*silent, return_exceptions=True)


async def test_the_reason_says_that_the_name_servers_are_silent(name_server: NameServer) -> None:
    async with webhook_client(LOOPBACK, AN_HOUR, SystemClock(), [name_server.address]) as client:
        result = await client.post("https://secret.silent.test/hook", b"{}", {})
    assert result.error == "ClientConnectorDNSError: the name servers did not answer in time"


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """It says that it took the message, and goes on saying so until it is left."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    try:
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)
    except ConnectionError:
        writer.close()


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    tasks = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        await serve(reader, writer)
        await writer.wait_closed()

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    finally:
        server.close()
        await asyncio.gather(*(task for task in tasks if task), return_exceptions=True)


async def test_a_receiver_that_drips_its_answer_loses_its_connection(name_server: NameServer) -> None:
    """The test would end by its own time limit: that of the attempt is an hour."""
    async with listening(drips) as url, webhook_client(LOOPBACK, AN_HOUR, SystemClock()) as client:
        result = await client.post(url, b"{}", {})
    assert result.is_delivered


async def test_endpoints_that_fail_share_few_slots_and_all_get_their_messages_in_the_end(
    alerts: Service,
    new_receiver: Callable[[], Awaitable[Receiver]],
    report: NewIncident,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slots, "FOR_SUSPECTS", 2)
    monkeypatch.setattr(slots, "LONGEST_LINE", 1)
    healthy, hanging, opened = await new_receiver(), await new_receiver(), asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await opened.wait()
        return web.Response(status=204)

    hanging.answer = hang
    for _ in range(6):
        await alerts.subscribe(hanging.url)
    failing = update(SUBSCRIPTION).values(failing_since=alerts.clock.now())
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(failing)
    await alerts.subscribe(healthy.url)
    await alerts.warn(report())

    async def all_delivered() -> bool:
        return all(row["state"] == "delivered" for row in await alerts.rows(DELIVERY))

    async with running(alerts.worker.run):
        await healthy.wait_for(1)
        await hanging.wait_for(2)
        assert len(hanging.got) == 2
        opened.set()
        await hanging.wait_for(6)
        await until(all_delivered)
    assert len(hanging.got) == 6
