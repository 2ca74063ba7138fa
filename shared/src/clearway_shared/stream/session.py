"""What one client is sent: its place, what it missed, then what comes, and pings in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from clearway_shared.feed import FeedEntry, Pruned
from clearway_shared.stream.client import Client
from clearway_shared.stream.hub import Hub
from clearway_shared.stream.replays import Replays
from clearway_shared.stream.wire import PING, cursor_frame, event_frame, position_of, resync_frame

PAGE_BYTES: Final = 65_536
PAGE_ENTRIES: Final = 100
# How many positions one read looks through: most may be of other missions and types.
SCAN_POSITIONS: Final = 2_000

Write = Callable[[bytes], Awaitable[None]]
"""Returns when the connection can take more."""


class Session:
    """One client at one hub, from its cursor to its end."""

    def __init__(self, hub: Hub, replays: Replays, client: Client, snapshot: str, ping_seconds: float) -> None:
        """`snapshot` is the address at which a client that must resync reads the present state."""
        self._hub = hub
        self._replays = replays
        self._client = client
        self._snapshot = snapshot
        self._ping_seconds = ping_seconds
        self._told = 0

    async def run(self, cursor: str | None, write: Write) -> None:
        """Write frames until the client is closed, or `write` raises."""
        await self._hub.started.wait()
        await self._begin(cursor, write)
        while not self._client.closing:
            await self._catch_up(write)
            try:
                await self._follow(write)
            finally:
                self._hub.leave(self._client)

    async def _begin(self, cursor: str | None, write: Write) -> None:
        """The first event has an id in any case: a client that is cut off before a second one comes back with it."""
        self._client.position = self._hub.position
        if cursor is not None:
            position = position_of(cursor, self._hub.epoch)
            if position is None or position > max(self._hub.position, await self._hub.feed.last_position()):
                await self._resync(write)
                return
            self._client.position = position
        await self._tell_cursor(write)

    async def _catch_up(self, write: Write) -> None:
        """Send from the database until the client stands where the hub does, and has joined it."""
        while not self._hub.join(self._client) and not self._client.closing:
            # Nothing is read for a client that does not read, and a long replay lets others go on in between.
            await write(b"")
            await asyncio.sleep(0)
            async with self._replays.turn(self._client.principal):
                try:
                    await self._send_page(write)
                except Pruned:
                    await self._resync(write)
        if self._client.position > self._told:
            await self._tell_cursor(write)

    async def _send_page(self, write: Write) -> None:
        client, hub = self._client, self._hub
        until = min(hub.position, client.position + SCAN_POSITIONS)
        entries = await hub.feed.after(
            client.selection.mission,
            client.position,
            PAGE_ENTRIES,
            client.selection.types,
            until=until,
            max_bytes=PAGE_BYTES,
        )
        client.position = entries[-1].position if entries else until
        if wanted := [entry for entry in entries if client.selection.takes(entry)]:
            self._told = wanted[-1].position
            await write(self._frames(wanted))

    def _frames(self, entries: list[FeedEntry]) -> bytes:
        return b"".join(event_frame(self._hub.epoch, entry) for entry in entries)

    async def _follow(self, write: Write) -> None:
        while self._client.live:
            if frames := await self._client.take(self._ping_seconds):
                self._told = self._client.position
                await write(frames)
            elif self._client.live:
                await write(PING)

    async def _tell_cursor(self, write: Write) -> None:
        """So that its next connection need not look through what was not for it."""
        self._told = self._client.position
        await write(cursor_frame(self._hub.epoch, self._told, self._hub.name))

    async def _resync(self, write: Write) -> None:
        self._told = self._client.position = self._hub.position
        await write(resync_frame(self._hub.epoch, self._told, self._snapshot))
