"""What a real server holds in memory while strangers, who have no key, send it what has no end."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, closing
from pathlib import Path

import httpx
import psutil
import pytest

from clearway_platform.web.connection import MAX_HEAD_BYTES, MOST_HEADS
from clearway_testing.platforms import Platform, ServerProcess, embedded_platform
from clearway_testing.server import LOOPBACK

SENT_BYTES = 200_000_000
# The head itself once more in each of its forms, and what the allocator keeps: a tenth of what is sent.
MOST_BYTES = 20_000_000
HALF_A_HEAD = b"GET /v1/incidents HTTP/1.1\r\nX-Long: " + b"a" * (MAX_HEAD_BYTES // 2)
# Each of them may hold a head, and what the server keeps for a connection.
MOST_BYTES_EACH = 2 * MAX_HEAD_BYTES + 32_768


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    async with AsyncExitStack() as stack:
        platform: Platform = await embedded_platform(stack, tmp_path)
        yield platform.servers["all"]


def process_of(server: ServerProcess) -> psutil.Process:
    assert server.process is not None
    return psutil.Process(server.process.pid)


def connect(server: ServerProcess) -> socket.socket:
    connection = socket.create_connection((LOOPBACK, server.port), timeout=10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    return connection


def pour(server: ServerProcess) -> int:
    """The bytes of one head that are sent until the server hangs up."""
    sent = 0
    with closing(connect(server)) as connection:
        try:
            connection.sendall(b"GET /v1/incidents HTTP/1.1\r\nX-Long: ")
            while sent < SENT_BYTES:
                connection.sendall(b"a" * 65_536)
                sent += 65_536
        except OSError:
            pass
    return sent


async def test_a_head_of_200_mb_is_not_kept(server: ServerProcess) -> None:
    process = process_of(server)
    before = most = process.memory_info().rss
    pouring = asyncio.gather(*(asyncio.to_thread(pour, server) for _ in range(4)))
    while not pouring.done():
        most = max(most, process.memory_info().rss)
        await asyncio.sleep(0.005)
    assert max(await pouring) < SENT_BYTES
    assert max(most, process.memory_info().rss) - before < MOST_BYTES


async def test_connections_that_send_half_a_head_hold_a_fixed_amount_and_keep_nobody_out(server: ServerProcess) -> None:
    process = process_of(server)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    before = process.memory_info().rss
    try:
        with ExitStack() as open_ones:
            for _ in range(MOST_HEADS * 2):
                connection = open_ones.enter_context(closing(connect(server)))
                await asyncio.to_thread(connection.sendall, HALF_A_HEAD)
            async with httpx.AsyncClient(base_url=server.address, trust_env=False) as client:
                assert (await client.get("/healthz")).status_code == 200
                dropped = (await client.get("/metrics")).text.partition("\nclearway_http_heads_dropped_total ")[2]
            assert float(dropped.split()[0]) >= MOST_HEADS
            assert len(process.net_connections("tcp")) <= MOST_HEADS + 20
            assert process.memory_info().rss - before < MOST_HEADS * MOST_BYTES_EACH + MOST_BYTES
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
