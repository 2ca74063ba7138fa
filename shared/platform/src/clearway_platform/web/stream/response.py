"""The response of a stream, written directly to the connection."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Final

import structlog
from prometheus_client import Counter
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from clearway_platform.auth.principals import KeyDirectory
from clearway_platform.database.engines import is_transient
from clearway_platform.outages import DATABASE, OUTAGES
from clearway_platform.web.abort import abort
from clearway_platform.web.stream.client import Client
from clearway_platform.web.stream.outlet import NotReading, Outlet

ABORT_SECONDS: Final = 5.0
# Spreads the ends of streams that were opened at the same time.
ROTATION_SPREAD: Final = 0.1

DROPPED = Counter("clearway_stream_dropped", "Clients that read nothing for too long and were disconnected", ["stream"])

log = structlog.get_logger(__name__)

Follow = Callable[[Outlet], Awaitable[None]]
Place = Callable[[], AbstractContextManager[None]]


class KeyEnded(Exception):
    """The key of a stream was revoked, or has expired: nothing more is sent."""


class EventStream(Response):
    """Ends when the client disconnects, its key ends, or after some minutes; always between two events.

    After a key was revoked nothing is sent on its behalf: the directory is asked before each write, once for all
    streams that write at the moment. While it does not answer, streams continue: they carry warnings.

    Raises QuotaUsedUp, before its first byte, when too many streams are open."""

    media_type = "text/event-stream"

    def __init__(
        self,
        name: str,
        client: Client,
        follow: Follow,
        keys: KeyDirectory,
        place: Place,
        rotate_seconds: float,
        ends_in: float | None = None,
    ) -> None:
        """`follow` sends the client its events until the client is closed. `place` is held while the stream is open.
        `ends_in`: the seconds until its key or its token expires."""
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._name = name
        self._client = client
        self._follow = follow
        self._endings = keys.endings
        self._place = place
        rotates_in = rotate_seconds * random.uniform(1 - ROTATION_SPREAD, 1 + ROTATION_SPREAD)
        self._rotate_seconds = rotates_in if ends_in is None else min(rotates_in, ends_in)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place():
            await self._stream(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        rotation = asyncio.get_running_loop().call_later(self._rotate_seconds, self._client.close)
        writing = asyncio.create_task(self._write(send))
        gone = asyncio.create_task(_disconnected(receive))
        try:
            with self._endings.listening(self._client.close, self._client.principal):
                await asyncio.wait([writing, gone], return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                return
            try:
                writing.result()
            except NotReading:
                DROPPED.labels(self._name).inc()
                abort(scope)
                # The server must notice the disconnection before the response is left unfinished.
                await asyncio.wait([gone], timeout=ABORT_SECONDS)
        finally:
            rotation.cancel()
            for task in (writing, gone):
                task.cancel()
            await asyncio.gather(writing, gone, return_exceptions=True)

    async def _write(self, send: Send) -> None:
        try:
            await self._follow(Outlet(self._while_in_use(send)))
        except KeyEnded:
            log.info("stream_of_an_ended_key_closed", stream=self._name, key=self._client.principal)
        except Exception as error:
            if not is_transient(error):
                raise
            # The client reconnects at its cursor.
            if OUTAGES.failed_alone(DATABASE):
                log.warning("stream_interrupted", stream=self._name, error=type(error).__name__)
        await Outlet(send).end()

    def _while_in_use(self, send: Send) -> Send:
        """`send`, which raises KeyEnded once the key has ended."""

        async def send_in_use(message: Message) -> None:
            if message.get("body"):
                await self._endings.look()
                if self._endings.has_ended(self._client.principal):
                    raise KeyEnded
            await send(message)

        return send_in_use


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
