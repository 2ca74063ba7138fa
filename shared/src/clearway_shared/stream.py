"""Server-sent events over a feed: one reader of the feed a process, any number of clients, no silent gap."""

import asyncio
import json
import random
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from prometheus_client import Counter, Gauge
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from clearway_shared.auth import Permission, Principal
from clearway_shared.feed import Feed, FeedEntry
from clearway_shared.service import Platform
from clearway_shared.stream_start import starting_cursor
from clearway_shared.web.access import Credentials, require
from clearway_shared.web.strict import chosen

PING_SECONDS: Final = 15.0
RECHECK_SECONDS: Final = 5.0
SEND_SECONDS: Final = 30.0
ROTATE_SECONDS: Final = (540.0, 660.0)
QUEUE_LENGTH: Final = 64
BATCH: Final = 500

CLIENTS = Gauge("clearway_stream_clients", "Clients that follow a stream", ["stream"])
DROPPED = Counter("clearway_stream_dropped", "Clients that read too slowly and were told to catch up", ["stream"])

_CURSOR: Final = re.compile(r"^([0-9a-f]{1,32})-(\d{1,18})$")


@dataclass(eq=False, slots=True)
class _Client:
    """Someone who follows. Frames up to `after` were sent from the database before it went live."""

    mission: str
    types: frozenset[str] | None
    after: int
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    lost: bool = False


class Broadcast:
    """Reads a service's feed once and hands each event, encoded once, to the clients of its mission."""

    def __init__(self, feed: Feed, name: str, snapshot: str) -> None:
        """`snapshot` is the address at which a client that must resync reads the present state."""
        self.feed = feed
        self.name = name
        self.snapshot = snapshot
        self._clients: dict[str, set[_Client]] = defaultdict(set)
        self._position = -1
        self._started = asyncio.Event()
        self._epoch = ""

    async def run(self) -> None:
        """A worker: follows the feed until cancelled."""
        with self.feed.subscribe() as grown:
            self._epoch = await self.feed.epoch()
            self._position = await self.feed.last_position()
            self._started.set()
            while True:
                grown.clear()
                fresh = grown.take(self._position)
                if fresh is None:
                    await self._read_on()
                else:
                    self._pass_on(fresh)
                await grown.wait()

    async def _read_on(self) -> None:
        while entries := await self.feed.after(None, self._position, BATCH):
            self._pass_on(entries)

    def _pass_on(self, entries: Sequence[FeedEntry]) -> None:
        for entry in entries:
            self._hand_out(entry)
            self._position = entry.position

    def close(self) -> None:
        """End every stream; their clients come back with their cursors."""
        for clients in self._clients.values():
            for client in clients:
                with suppress(asyncio.QueueFull):
                    client.queue.put_nowait(None)

    async def frames(
        self, principal: Principal, types: frozenset[str] | None, cursor: str | None
    ) -> AsyncIterator[bytes]:
        """The frames for one client: what it missed, then what comes; pings in between. Ends when it is too slow."""
        await self._started.wait()
        position = self._position
        if cursor is not None:
            resumed = await self._resume(cursor, principal.mission)
            if resumed is None:
                yield self._resync("this cursor is too old, or of another database")
            else:
                position = resumed
        yield f": stream {self._epoch}-{position}\n\n".encode()
        client = _Client(principal.mission, types, position)
        async for frame in self._catch_up(client):
            yield frame
        try:
            async for frame in self._live(client):
                yield frame
        finally:
            self._leave(client)

    async def _resume(self, cursor: str, mission: str) -> int | None:
        """The position to go on from; None when what came after it is no longer whole."""
        found = _CURSOR.match(cursor)
        if found is None or found[1] != self._epoch:
            return None
        bounds = await self.feed.bounds(mission)
        position = int(found[2])
        return position if bounds.oldest - 1 <= position <= await self.feed.last_position() else None

    async def _catch_up(self, client: _Client) -> AsyncIterator[bytes]:
        """Send from the database until the client stands where the broadcast does, then let it join."""
        while True:
            horizon = self._position
            entries = await self.feed.after(client.mission, client.after, BATCH, client.types)
            if entries:
                client.after = entries[-1].position
                yield b"".join(self._frame(entry) for entry in entries)
            if len(entries) < BATCH:
                client.after = max(client.after, horizon)
                # Nothing may be awaited between this test and the joining: an event in between would be a gap.
                if self._position <= client.after:
                    self._clients[client.mission].add(client)
                    CLIENTS.labels(self.name).inc()
                    return

    async def _live(self, client: _Client) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    first = await client.queue.get()
            except TimeoutError:
                yield b": ping\n\n"
                continue
            waiting: list[bytes | None] = [first]
            while not client.queue.empty():
                waiting.append(client.queue.get_nowait())
            # Asked before the frames are sent: what comes meanwhile is in the queue, or has lost the client for later.
            lost = client.lost
            yield b"".join(frame for frame in waiting if frame is not None)
            if lost:
                yield self._resync("you read too slowly; come back with your last event id")
                return
            if None in waiting:
                return

    def _hand_out(self, entry: FeedEntry) -> None:
        clients = self._clients.get(entry.mission)
        if not clients:
            return
        frame = self._frame(entry)
        for client in list(clients):
            if entry.position > client.after and (client.types is None or entry.type in client.types):
                self._offer(client, frame)

    def _offer(self, client: _Client, frame: bytes) -> None:
        try:
            client.queue.put_nowait(frame)
        except asyncio.QueueFull:
            client.lost = True
            DROPPED.labels(self.name).inc()
            self._leave(client)

    def _leave(self, client: _Client) -> None:
        if client in self._clients[client.mission]:
            self._clients[client.mission].discard(client)
            CLIENTS.labels(self.name).dec()
        if not self._clients[client.mission]:
            del self._clients[client.mission]

    def _frame(self, entry: FeedEntry) -> bytes:
        return f"id: {self._epoch}-{entry.position}\nevent: {entry.type}\ndata: {entry.json}\n\n".encode()

    def _resync(self, reason: str) -> bytes:
        return f"event: resync\ndata: {json.dumps({'reason': reason, 'snapshot': self.snapshot})}\n\n".encode()


class EventStream(Response):
    """The answer of a stream, written straight to the connection. Ends with its client, its key, or in some minutes."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncIterator[bytes], platform: Platform, token: str) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._frames = frames
        self._platform = platform
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        ends = [
            self._write(send),
            _disconnected(receive),
            self._revoked(),
            asyncio.sleep(random.uniform(*ROTATE_SECONDS)),
        ]
        tasks = [asyncio.ensure_future(end) for end in ends]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
        if tasks[1] not in done:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _write(self, send: Send) -> None:
        async for frame in self._frames:
            # A client that does not read must not hold its connection for ever.
            async with asyncio.timeout(SEND_SECONDS):
                await send({"type": "http.response.body", "body": frame, "more_body": True})

    async def _revoked(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            if await self._platform.keys.principal(self._token) is None:
                return


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


_EXAMPLE: Final = "id: 9f0c1d2e3a4b-17\\nevent: {type}\\ndata: {{…}}\\n\\n"


def stream_router(
    platform: Platform, broadcast: Broadcast, path: str, permission: Permission, types: Sequence[str]
) -> APIRouter:
    """A router with the one route of a stream. Include it before routes that take an id in the same place."""
    router = APIRouter(tags=["Streams"])
    known = frozenset(types)
    responses: dict[int | str, dict[str, Any]] = {
        200: {
            "content": {"text/event-stream": {"example": _EXAMPLE.format(type=types[0])}},
            "description": "The stream.",
        }
    }

    @router.get(
        path,
        operation_id=f"{broadcast.name}.stream",
        summary="Follow as it happens (server-sent events)",
        response_class=Response,
        responses=responses,
    )
    async def stream(
        principal: Annotated[Principal, Depends(require(permission))],
        credentials: Credentials,
        start: Annotated[str | None, Depends(starting_cursor(platform, permission))],
        types: Annotated[list[str] | None, Query(max_length=50, description="Only events of these types.")] = None,
    ) -> Response:
        """Each event has an id. Come back with it in `Last-Event-ID`, or in `since`, and nothing is missed;
        where that cannot be, one `resync` event names the address of the present state."""
        wanted = chosen("types", types, known)
        frames = broadcast.frames(principal, wanted, start)
        assert credentials is not None
        return EventStream(frames, platform, credentials.credentials)

    return router


def event_types(classes: Collection[Any]) -> tuple[str, ...]:
    """The wire names of event classes, for a stream's filter."""
    return tuple(sorted(event.event_type for event in classes))
