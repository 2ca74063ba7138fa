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
from starlette.types import Receive, Scope, Send

from clearway_platform.auth.principals import KeyDirectory
from clearway_platform.database.engines import is_transient
from clearway_platform.outages import DATABASE, OUTAGES
from clearway_platform.web.abort import abort
from clearway_platform.web.stream.client import Client
from clearway_platform.web.stream.outlet import NotReading, Outlet

# The streams of a revoked key end within this time plus that of the directory's cache.
RECHECK_SECONDS: Final = 5.0
ABORT_SECONDS: Final = 5.0
# Spreads the ends of streams that were opened at the same time.
ROTATION_SPREAD: Final = 0.1

DROPPED = Counter("clearway_stream_dropped", "Clients that read nothing for too long and were disconnected", ["stream"])

log = structlog.get_logger(__name__)

Follow = Callable[[Outlet], Awaitable[None]]
Place = Callable[[], AbstractContextManager[None]]


class EventStream(Response):
    """Ends when the client disconnects, its key is revoked, or after some minutes; always between two events.

    Raises QuotaUsedUp, before its first byte, when too many streams are open."""

    media_type = "text/event-stream"

    def __init__(
        self, name: str, client: Client, follow: Follow, keys: KeyDirectory, place: Place, rotate_seconds: float
    ) -> None:
        """`follow` sends the client its events until the client is closed. `place` is held while the stream is open."""
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._name = name
        self._client = client
        self._follow = follow
        self._keys = keys
        self._place = place
        self._rotate_seconds = rotate_seconds * random.uniform(1 - ROTATION_SPREAD, 1 + ROTATION_SPREAD)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place():
            await self._stream(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        rotation = asyncio.get_running_loop().call_later(self._rotate_seconds, self._client.close)
        writing = asyncio.create_task(self._write(Outlet(send)))
        gone = asyncio.create_task(_disconnected(receive))
        revoked = asyncio.create_task(self._close_when_revoked())
        try:
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
            for task in (writing, gone, revoked):
                task.cancel()
            await asyncio.gather(writing, gone, revoked, return_exceptions=True)

    async def _write(self, outlet: Outlet) -> None:
        try:
            await self._follow(outlet)
        except Exception as error:
            if not is_transient(error):
                raise
            # The client reconnects at its cursor.
            if OUTAGES.failed_alone(DATABASE):
                log.warning("stream_interrupted", stream=self._name, error=type(error).__name__)
        await outlet.end()

    async def _close_when_revoked(self) -> None:
        try:
            while True:
                await asyncio.sleep(RECHECK_SECONDS)
                if not await self._in_use():
                    return
        finally:
            self._client.close()

    async def _in_use(self) -> bool:
        """Whether the key is in use. While the directory does not answer, the stream continues: it carries warnings."""
        try:
            return await self._keys.principal_of(self._client.principal) is not None
        except Exception as error:
            if not is_transient(error):
                raise
            return True


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
