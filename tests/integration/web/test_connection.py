"""What a stranger sends is bounded in size and in time, and every answer is a problem with its request's id."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
import uvicorn
from fastapi import FastAPI
from opentelemetry import propagate
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from clearway_platform.web import browsers, connection, envelope
from clearway_platform.web.around import around
from clearway_platform.web.connection import MAX_HEAD_BYTES, BoundedConnection
from clearway_platform.web.problems import install_handlers
from clearway_testing.server import LOOPBACK

App = Callable[[Scope, Receive, Send], Awaitable[None]]
LIMIT = 10_000
ORIGIN = "https://map.example.org"
WAIT_SECONDS = 20
# What lies in the buffers of both ends is less than this.
ENOUGH = 50_000_000


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers how long the body was."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size})


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[int]:
    whole = around(app, max_body_bytes=LIMIT, cors_origins=[ORIGIN])
    config = uvicorn.Config(
        whole, host=LOOPBACK, port=0, lifespan="off", log_config=None, http=BoundedConnection, ws="none"
    )
    listening = config.bind_socket()
    listening.listen()
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await running
        listening.close()


class Client:
    """Writes bytes as they are, and reads what comes until the connection ends or an answer is whole."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(WAIT_SECONDS):
            await self._writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(WAIT_SECONDS):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            if "content-length" in headers:
                body = await self._reader.readexactly(int(headers["content-length"]))
            else:
                body = await self._reader.readuntil(b"0\r\n\r\n")
        return int(head[0].split()[1]), headers, body

    async def is_hung_up(self) -> bool:
        async with asyncio.timeout(WAIT_SECONDS):
            try:
                return await self._reader.read(1) == b""
            except ConnectionError:
                return True

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def connected(app: App = echo) -> AsyncIterator[Client]:
    async with serving(app) as port:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        client = Client(reader, writer)
        try:
            yield client
        finally:
            client.close()


async def refused(client: Client, status: int) -> dict[str, object]:
    answered, headers, body = await client.answer()
    assert answered == status
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    problem: dict[str, object] = json.loads(body)
    assert problem["status"] == status
    assert problem["detail"]
    assert await client.is_hung_up()
    return problem


GET = b"GET /v1/incidents HTTP/1.1\r\nHost: here\r\n"
POST = b"POST /v1/incidents HTTP/1.1\r\nHost: here\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
HEADS = {
    "a long value": GET + b"X-Long: " + b"a" * MAX_HEAD_BYTES * 20,
    "a long name": GET + b"a" * MAX_HEAD_BYTES * 20,
    "a long address": b"GET /" + b"a" * MAX_HEAD_BYTES * 20,
    "many headers": GET + b"X-Many: 1\r\n" * (MAX_HEAD_BYTES // 8),
    "a whole head at once": GET + b"X-Long: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS.keys())
async def test_a_head_over_the_limit_is_refused(head: bytes) -> None:
    async with connected() as client:
        # The server may have answered, and gone, before all of it is written.
        with suppress(ConnectionError):
            await client.send(head)
        assert str(MAX_HEAD_BYTES) in str((await refused(client, 431))["detail"])


ENDLESS = {
    "a header": GET + b"X-Long: ",
    "a trailer": CHUNKED + b"1\r\na\r\n0\r\nX-Long: ",
    "a chunk's extension": CHUNKED + b"1;",
}


@pytest.mark.parametrize("begin", ENDLESS.values(), ids=ENDLESS.keys())
async def test_what_has_no_end_ends_the_connection(begin: bytes) -> None:
    """200 MB were read, and kept, before anyone asked for a key."""
    async with connected() as client:
        await client.send(begin)
        sent = 0
        with suppress(ConnectionError):
            while sent < ENOUGH:
                await client.send(b"a" * 10_000)
                sent += 10_000
                await asyncio.sleep(0)
        assert sent < ENOUGH


async def test_heads_at_the_limit_are_read_and_counted_apart() -> None:
    line = b"X-Long: " + b"a" * (MAX_HEAD_BYTES - 200) + b"\r\n\r\n"
    async with connected() as client:
        for _ in range(3):
            await client.send(GET + line)
            assert (await client.answer())[0] == 200
        await client.send((GET + line) * 3)
        assert [(await client.answer())[0] for _ in range(3)] == [200, 200, 200]


async def test_a_head_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)
    async with connected() as client:
        await refused(client, 408)
    async with connected() as client:
        await client.send(GET + b"\r\n")
        assert (await client.answer())[0] == 200
        await client.send(GET)
        await refused(client, 408)


async def test_of_too_many_connections_without_a_head_the_oldest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MOST_HEADS", 2)
    async with serving(echo) as port, AsyncExitStack() as ending:

        async def connect() -> Client:
            client = Client(*await asyncio.open_connection(LOOPBACK, port))
            ending.callback(client.close)
            return client

        # One whose request is answered owes nothing, until it begins the next.
        answered = await connect()
        await answered.send(GET + b"\r\n")
        assert (await answered.answer())[0] == 200
        idle, slow = await connect(), await connect()
        await slow.send(GET)
        newest = await connect()
        await newest.send(GET + b"\r\n")
        assert (await newest.answer())[0] == 200
        await refused(idle, 503)
        for client, rest in ((slow, b"\r\n"), (answered, GET + b"\r\n")):
            await client.send(rest)
            assert (await client.answer())[0] == 200


async def test_a_body_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "BODY_SECONDS", 0.3)
    async with connected() as client:
        await client.send(POST + b"Content-Length: 100\r\n\r\na")
        await asyncio.sleep(0.1)
        await client.send(b"a")
        assert "request_id" in await refused(client, 408)


@pytest.mark.parametrize("head", [POST + b"Content-Length: 20000\r\n\r\n", CHUNKED], ids=["said", "chunked"])
async def test_a_body_over_the_limit_is_refused(head: bytes) -> None:
    async with connected() as client:
        await client.send(head)
        if head is CHUNKED:
            await client.send(b"2710\r\n" + b"a" * 10_000 + b"\r\n1\r\na\r\n")
        assert "request_id" in await refused(client, 413)


async def test_a_body_at_the_limit_is_read() -> None:
    async with connected() as client:
        await client.send(CHUNKED + b"2710\r\n" + b"a" * 10_000 + b"\r\n0\r\n\r\n")
        assert b"10000" in (await client.answer())[2]


async def test_what_is_no_http_gets_a_problem() -> None:
    async with connected() as client:
        await client.send(b"\x16\x03\x01\x02\x00\r\n\r\n")
        await refused(client, 400)


async def before_its_head(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise MemoryError


async def before_its_first_byte(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RecursionError


async def after_it_was_whole(scope: Scope, receive: Receive, send: Send) -> None:
    await echo(scope, receive, send)
    raise ValueError


async def in_the_middle(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise ValueError


def routed(error: BaseException) -> App:
    """An application as the services have it, and the one of /healthz, whose framework has a last resort of its own."""
    app = FastAPI()
    install_handlers(app)

    @app.get("/v1/incidents")
    async def fails() -> None:
        raise error

    return app


@pytest.mark.parametrize(
    "app",
    [
        before_its_head,
        before_its_first_byte,
        *(routed(error) for error in (ValueError(), RecursionError(), MemoryError())),
    ],
)
async def test_the_last_resort_is_a_problem_and_the_connection_stays(app: App) -> None:
    async with connected(app) as client:
        for _ in range(2):
            await client.send(GET + b"\r\n")
            status, headers, body = await client.answer()
            assert (status, headers["content-type"]) == (500, "application/problem+json")
            assert json.loads(body)["request_id"] == headers["x-request-id"]
            assert "connection" not in headers


async def a_stream_before_its_first_event(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    raise LookupError


def fails(*_: object, **__: object) -> None:
    raise ZeroDivisionError


AROUND: dict[str, tuple[object, str, bytes]] = {
    "what reads the trace": (propagate, "extract", b""),
    "what names the request": (envelope, "_request_id", b""),
    "what makes a page of a problem": (browsers, "problem_page", b"Accept: text/html\r\n"),
    "what lets other origins read": (CORSMiddleware, "simple_response", b"Origin: " + ORIGIN.encode() + b"\r\n"),
    "what logs the end": (envelope.log, "info", b""),
}


@pytest.mark.parametrize("where", AROUND)
@pytest.mark.parametrize("app", [routed(ValueError()), echo, a_stream_before_its_first_event])
async def test_an_error_around_the_applications_is_a_problem_too(
    app: App, where: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The server's own last resort is plain text, and the end of the connection."""
    place, name, header = AROUND[where]
    monkeypatch.setattr(place, name, fails)
    async with connected(app) as client:
        for _ in range(2):
            await client.send(GET + header + b"\r\n")
            status, headers, body = await client.answer()
            assert "connection" not in headers
            if status != 200:
                assert (status, headers["content-type"]) == (500, "application/problem+json")
                assert json.loads(body)["request_id"] == headers["x-request-id"]
            else:
                assert app is echo, "it was whole before the error"
    assert "Exception in ASGI application" not in caplog.text


async def test_an_error_after_the_answer_leaves_the_connection() -> None:
    async with connected(after_it_was_whole) as client:
        for _ in range(2):
            await client.send(GET + b"\r\n")
            assert (await client.answer())[0] == 200


async def test_an_answer_that_is_cut_off_ends_its_connection() -> None:
    async with connected(in_the_middle) as client:
        await client.send(GET + b"\r\n")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.answer()
