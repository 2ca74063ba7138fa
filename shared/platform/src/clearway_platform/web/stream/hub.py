"""The hub of a stream: reads a service's feed once, and hands each event, encoded once, to the clients that want it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from prometheus_client import Counter

from clearway_platform.messaging.feed import Feed, FeedEntry
from clearway_platform.web.stream.client import Client
from clearway_platform.web.stream.wire import event_frame

# After so many bytes the hub lets the clients write: what was handed out must not pile up before they could.
HAND_OUT_BYTES: Final = 32_768
_READ_ENTRIES: Final = 500

BEHIND = Counter(
    "clearway_stream_behind", "Times that a client was sent more than it had taken, and read on behind", ["stream"]
)


class Hub:
    """One reader of the feed for all clients of this process."""

    def __init__(self, feed: Feed, name: str) -> None:
        self.feed = feed
        self.name = name
        self.position = -1
        self.epoch = ""
        self.started = asyncio.Event()
        self._clients: dict[str, set[Client]] = defaultdict(set)
        self._closed = False

    async def run(self) -> None:
        """A worker: follows the feed until cancelled. Clients of an earlier run read on from where they stand."""
        with self.feed.subscribe() as grown:
            self.epoch = await self.feed.epoch()
            self.position = await self.feed.last_position()
            for clients in list(self._clients.values()):
                for client in list(clients):
                    self._leave_behind(client)
            self.started.set()
            while True:
                grown.clear()
                fresh = grown.take(self.position)
                if fresh is None:
                    await self._read_on()
                else:
                    await self._pass_on(fresh)
                await grown.wait()

    @property
    def client_count(self) -> int:
        """How many clients are handed what comes."""
        return sum(len(clients) for clients in self._clients.values())

    def close(self) -> None:
        """End every stream, and those that are opened from now on; their clients come back with their cursors."""
        self._closed = True
        for clients in self._clients.values():
            for client in clients:
                client.close()

    def join(self, client: Client) -> bool:
        """Hand it what comes from now on. False when the hub is further than the client: it must catch up first."""
        if self._closed:
            client.close()
        if self.position > client.position:
            return False
        client.caught_up()
        self._clients[client.selection.mission].add(client)
        return True

    def leave(self, client: Client) -> None:
        """Hand it nothing more. Safe to repeat."""
        clients = self._clients.get(client.selection.mission, set())
        clients.discard(client)
        if not clients:
            self._clients.pop(client.selection.mission, None)

    async def _read_on(self) -> None:
        while entries := await self.feed.after(None, self.position, _READ_ENTRIES):
            await self._pass_on(entries)

    async def _pass_on(self, entries: Sequence[FeedEntry]) -> None:
        handed_out = 0
        for entry in entries:
            handed_out += self._hand_out(entry)
            self.position = entry.position
            if handed_out >= HAND_OUT_BYTES:
                handed_out = 0
                await asyncio.sleep(0)

    def _hand_out(self, entry: FeedEntry) -> int:
        """The size of its frame; 0 when nobody wants it."""
        frame = b""
        for client in list(self._clients.get(entry.mission, ())):
            if entry.position > client.position and client.selection.takes(entry):
                frame = frame or event_frame(self.epoch, entry)
                if not client.offer(entry.position, frame):
                    self._leave_behind(client)
        return len(frame)

    def _leave_behind(self, client: Client) -> None:
        client.fall_behind()
        self.leave(client)
        BEHIND.labels(self.name).inc()
