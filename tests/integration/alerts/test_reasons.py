"""What is kept of a failed request never repeats the address: its path may be the receiver's secret."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from clearway_alerts.channels.webhook.addresses import allowed_networks
from clearway_alerts.channels.webhook.request import reason_of, webhook_client
from clearway_platform.clock import SystemClock

SECRET = "T0PS3CRET"
ALLOWED = allowed_networks(["127.0.0.0/8", "::1/128"])
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def hangs_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def repeats_the_address(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """No HTTP, and the request in it."""
    writer.write(await reader.read(1000))
    await writer.drain()
    writer.close()


async def redirects(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1000)
    writer.write(f"HTTP/1.1 302 {SECRET}\r\nLocation: /{SECRET}\r\nContent-Length: 0\r\n\r\n".encode())
    await writer.drain()
    writer.close()


@asynccontextmanager
async def receiving(serve: Serve) -> AsyncIterator[int]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def reason(url: str) -> str:
    async with webhook_client(ALLOWED, 5, SystemClock()) as client:
        answer = await client.post(url, b"{}", {})
    assert answer.error is not None
    assert SECRET not in answer.error
    return answer.error


@pytest.mark.parametrize(
    ("serve", "said"),
    [
        (hangs_up, "ServerDisconnectedError: the receiver closed the connection without an answer"),
        (repeats_the_address, "ClientResponseError: the answer is not valid HTTP"),
        (redirects, "status 302: redirects are not followed"),
    ],
)
async def test_a_receiver_that_misbehaves(serve: Serve, said: str) -> None:
    async with receiving(serve) as port:
        assert await reason(f"http://127.0.0.1:{port}/hooks/{SECRET}") == said


async def test_a_receiver_without_tls() -> None:
    async with receiving(repeats_the_address) as port:
        assert (await reason(f"https://127.0.0.1:{port}/hooks/{SECRET}")).startswith("ClientConnector")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9/{}", "ClientConnectorError: Connection refused"),
        ("https://no-such.invalid/{}", "ClientConnectorDNSError: the name of the host was not found"),
        ("https://10.0.0.1/{}", "ForbiddenUrl: leads to an address that is not public (private)"),
        ("https://a..b/{}", "ForbiddenUrl: has a host that is no name and no address"),
    ],
)
async def test_a_receiver_that_is_not_there(url: str, said: str) -> None:
    assert await reason(url.format(SECRET)) == said


def test_an_error_of_an_unknown_kind_is_its_class_alone() -> None:
    class Unknown(Exception):
        pass

    assert reason_of(Unknown(f"https://example.org/{SECRET}")) == "Unknown"
    assert reason_of(ssl.SSLError(1, SECRET)) == "SSLError: Operation not permitted"
