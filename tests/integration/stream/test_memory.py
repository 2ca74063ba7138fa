"""Clients that ask for a long replay and read nothing cost little, and are cut off; others are served meanwhile."""

import asyncio
import contextlib
import json
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest
import uvicorn
from sqlalchemy import insert, update

from clearway_platform.auth.principals import Role
from clearway_platform.database.tables import FeedHead, FeedRow
from clearway_platform.web.stream import outlet
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.views import as_published
from clearway_testing.metrics import sample
from clearway_testing.platforms import Platform, embedded_platform
from clearway_testing.plumbing import Plumbing, eventually, running

from .serving import MISSION, serving_stream

EVENTS = 60
EVENT_BYTES = 1_000_000
UNREAD = 8
# What the stream asks of an incident, to know who may read it.
READABLE = {"sharing": {"tlp": "clear", "classification": "unclassified"}, "reports": []}
# Each took some hundred times this when a replay was joined before it was sent.
MOST_BYTES_EACH = 5_000_000


def fill_feed(file: Path) -> None:
    """A feed of large events."""
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE feed_head SET last_position = ?", [EVENTS])
        columns = "position, event_id, mission, type, subject, time, published_at, data"
        time = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
        for position in range(1, EVENTS + 1):
            data = json.dumps({"number": position, "incident": READABLE, "filling": "x" * EVENT_BYTES})
            row = [position, uuid4().hex, MISSION, "incident.reported", "subject", time, time, data]
            database.execute(f"INSERT INTO feed ({columns}) VALUES ({', '.join('?' * len(row))})", row)


@contextmanager
def unread(address: str, token: str) -> Iterator[socket.socket]:
    """A connection that has asked for a stream and reads nothing of it."""
    host, port = address.removeprefix("http://").split(":")
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((host, int(port)))
        connection.sendall(
            f"GET /v1/incident-events?last={EVENTS} HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        yield connection


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with AsyncExitStack() as stack:
        yield await embedded_platform(stack, tmp_path)


async def test_unread_replays_hold_a_small_fixed_amount(platform: Platform, tmp_path: Path) -> None:
    server = platform.servers["all"]
    await server.stop()
    fill_feed(tmp_path / "incidents.db")
    await server.start()
    token = await platform.key(MISSION, Role.ANALYST)
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    before = most = process.memory_info().rss
    with ExitStack() as connections:
        for _ in range(UNREAD):
            connections.enter_context(unread(server.address, token))
        replay = asyncio.create_task(whole_replay(server.address, token))
        while not replay.done():
            most = max(most, process.memory_info().rss)
            await asyncio.sleep(0.01)
        assert await replay == list(range(1, EVENTS + 1))
    assert most - before < (UNREAD + 1) * MOST_BYTES_EACH


async def whole_replay(address: str, token: str) -> list[int]:
    """The numbers of the events that a client which reads gets, beside those that do not."""
    numbers: list[int] = []
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        asyncio.timeout(60),
        httpx.AsyncClient(base_url=address, headers=headers, timeout=30, trust_env=False) as client,
        client.stream("GET", "/v1/incident-events", params={"last": EVENTS}) as stream,
    ):
        async for line in stream.aiter_lines():
            if line.startswith('data: {"number"'):
                numbers.append(json.loads(line.removeprefix("data: "))["number"])
                if len(numbers) == EVENTS:
                    break
    return numbers


async def test_a_client_that_reads_nothing_is_cut_off(
    plumbing: Plumbing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Cut off, not closed: closing would wait for it to read what is on its way, which it never does."""
    monkeypatch.setattr(outlet, "SEND_SECONDS", 0.5)
    await fill(plumbing)
    hub = Hub(plumbing.feed, "routes", as_published)
    before = sample("clearway_stream_dropped_total", stream="routes")
    async with running(hub.run):
        await hub.started.wait()
        async with serving_stream(hub) as (server, address):
            with unread(address, "any"):
                await eventually(lambda: _dropped_since(before))
                await eventually(lambda: _none_open(server))
    assert "without completing" not in caplog.text


async def fill(plumbing: Plumbing) -> None:
    """More than the buffers of a connection hold."""
    now = plumbing.clock.now()
    row = {"mission": MISSION, "type": "route.risk_changed", "subject": "subject", "time": now, "published_at": now}
    data = json.dumps({"filling": "x" * EVENT_BYTES})
    rows = [row | {"position": number, "event_id": uuid4(), "data": data} for number in range(1, 21)]
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(insert(FeedRow), rows)
        await transaction.connection.execute(update(FeedHead).values(last_position=len(rows)))


async def _dropped_since(before: float) -> bool:
    return bool(sample("clearway_stream_dropped_total", stream="routes") == before + 1)


async def _none_open(server: uvicorn.Server) -> bool:
    return not server.server_state.connections
