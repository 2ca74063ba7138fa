"""The hub of a stream: reads a service's feed once, and queues each event for its clients, encoded once a ceiling."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import prometheus_client

from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.messaging.cursors import Cursors
from clearway_platform.messaging.feed import Feed, FeedEntry
from clearway_platform.web.stream.client import Client, Selection
from clearway_platform.web.stream.views import Shown, Views
from clearway_platform.web.stream.wire import event_frame

# After this many bytes the hub lets the clients write, so that their queues do not fill first.
QUEUED_BYTES: Final = 32_768
_READ_ENTRIES: Final = 500

CLIENTS = prometheus_client.Gauge("clearway_stream_clients", "Clients that follow a stream", ["stream"])
BEHIND = prometheus_client.Counter(
    "clearway_stream_behind", "Times that a client's queue was full, and it continued from the database", ["stream"]
)


class Hub:
    """One reader of the feed for all clients of this process."""

    def __init__(self, feed: Feed, name: str, shown: Shown) -> None:
        """`shown`: what a ceiling lets be seen of an event; `as_published` where no event has marks."""
        self.feed = feed
        self.name = name
        self._views = Views(shown)
        self.position = -1
        self.started = asyncio.Event()
        self._cursors: Cursors | None = None
        self._clients: dict[str, set[Client]] = defaultdict(set)
        self._open: Counter[str] = Counter()
        self._closed = False

    async def run(self) -> None:
        """A worker: follows the feed until cancelled. Clients of an earlier run continue from the database."""
        with self.feed.subscribe() as grown:
            self._cursors = await self.feed.cursors()
            self.position = await self.feed.last_position()
            for clients in list(self._clients.values()):
                for client in list(clients):
                    self._leave_behind(client)
            self.started.set()
            while True:
                grown.clear()
                fresh = grown.take(self.position)
                if fresh is None:
                    await self._read()
                else:
                    await self._queue_all(fresh)
                await grown.wait()

    @property
    def cursors(self) -> Cursors:
        """The form of the positions, once the hub has started."""
        assert self._cursors is not None
        return self._cursors

    @property
    def client_count(self) -> int:
        """The number of clients that receive new events from the hub."""
        return sum(len(clients) for clients in self._clients.values())

    @contextmanager
    def following(self, client: Client) -> Iterator[None]:
        """Count the client while its stream is open, whether it waits for new events or still reads earlier ones."""
        mission = client.selection.mission
        self._open[mission] += 1
        try:
            with CLIENTS.labels(self.name).track_inprogress():
                yield
        finally:
            self._open[mission] -= 1
            if not self._open[mission]:
                del self._open[mission]

    def clients_of(self, mission: str) -> int:
        """The number of the mission's clients in this process."""
        return self._open[mission]

    def close(self) -> None:
        """End every stream, and those that are opened from now on. Their clients reconnect at their cursors."""
        self._closed = True
        for clients in self._clients.values():
            for client in clients:
                client.close()

    def join(self, client: Client) -> bool:
        """Queue new events for a client. Returns False when the hub is ahead of it: it must catch up first."""
        if self._closed:
            client.close()
        if self.position > client.position:
            return False
        client.caught_up()
        self._clients[client.selection.mission].add(client)
        return True

    def leave(self, client: Client) -> None:
        """Queue nothing more for the client. Safe to repeat."""
        clients = self._clients.get(client.selection.mission, set())
        clients.discard(client)
        if not clients:
            self._clients.pop(client.selection.mission, None)

    def seen(self, entry: FeedEntry, selection: Selection) -> FeedEntry | None:
        """An event of the mission as a client is to get it; None when it is not selected, or may not be seen."""
        return self._views.of(entry, selection.ceiling) if selection.takes(entry) else None

    async def _read(self) -> None:
        while entries := await self.feed.after(None, self.position, _READ_ENTRIES):
            await self._queue_all(entries)

    async def _queue_all(self, entries: Sequence[FeedEntry]) -> None:
        queued = 0
        for entry in entries:
            queued += self._queue(entry)
            self.position = entry.position
            if queued >= QUEUED_BYTES:
                queued = 0
                await asyncio.sleep(0)

    def _queue(self, entry: FeedEntry) -> int:
        """Queue an event for its clients. Returns the size of its frames, 0 when no client gets it."""
        frames: dict[Ceiling, bytes] = {}
        for client in list(self._clients.get(entry.mission, ())):
            if entry.position <= client.position or not client.selection.takes(entry):
                continue
            ceiling = client.selection.ceiling
            if ceiling not in frames:
                frames[ceiling] = self._frame(entry, ceiling)
            if frames[ceiling] and not client.offer(entry.position, frames[ceiling]):
                self._leave_behind(client)
        return sum(map(len, frames.values()))

    def _frame(self, entry: FeedEntry, ceiling: Ceiling) -> bytes:
        """What clients of a ceiling are sent; empty when they may see nothing of it."""
        seen = self._views.of(entry, ceiling)
        return b"" if seen is None else event_frame(self.cursors, seen)

    def _leave_behind(self, client: Client) -> None:
        client.fall_behind()
        self.leave(client)
        BEHIND.labels(self.name).inc()
