"""What one client is sent: its place, what it missed, then what comes, and pings in between."""

from __future__ import annotations

import asyncio
from typing import Final

from clearway_platform.messaging.feed import Pruned
from clearway_platform.web.stream.client import Client
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.outlet import Outlet
from clearway_platform.web.stream.replays import Replays
from clearway_platform.web.stream.wire import PING, cursor_frame, event_frame, position_of, resync_frame

PAGE_BYTES: Final = 65_536
PAGE_ENTRIES: Final = 100
# How many positions one read looks through: most may be of other missions and types.
SCAN_POSITIONS: Final = 2_000


class Session:
    """One client at one hub, from its cursor to its end."""

    def __init__(
        self, hub: Hub, replays: Replays, client: Client, outlet: Outlet, snapshot: str, ping_seconds: float
    ) -> None:
        """`snapshot` is the address at which a client that must resync reads the present state."""
        self._hub = hub
        self._replays = replays
        self._client = client
        self._outlet = outlet
        self._snapshot = snapshot
        self._ping_seconds = ping_seconds
        self._told = 0
        # So many bytes of the page after the client's position are sent.
        self._sent = 0

    async def run(self, cursor: str | None) -> None:
        """Write frames until the client is closed, or the outlet raises."""
        await self._hub.started.wait()
        await self._begin(cursor)
        try:
            while not self._client.closing:
                await self._catch_up()
                await self._follow()
        finally:
            self._hub.leave(self._client)

    async def _begin(self, cursor: str | None) -> None:
        """The first event has an id in any case: a client that is cut off before a second one comes back with it."""
        position = self._hub.position if cursor is None else await self._resumed(cursor)
        if position is None:
            await self._resync()
        else:
            self._client.position = position
            await self._tell_cursor()

    async def _resumed(self, cursor: str) -> int | None:
        """The position of a cursor; None when it is not of this feed. Another process may be further than this one."""
        position = position_of(cursor, self._hub.epoch)
        if position is None or position <= self._hub.position:
            return position
        return position if position <= await self._hub.feed.last_position() else None

    async def _catch_up(self) -> None:
        """Send from the database until the client stands where the hub does, and has joined it."""
        while self._sent or not (self._client.closing or self._hub.join(self._client)):
            # Nothing is read for a client that does not read, and a long replay lets others go on in between.
            await self._outlet.write(b"")
            await asyncio.sleep(0)
            async with self._replays.turn(self._client.principal):
                await self._send_page()
        if self._client.position > self._told:
            await self._tell_cursor()

    async def _send_page(self) -> None:
        """Send what the connection takes. What it leaves is read again when it takes more, and not held until then."""
        client = self._client
        try:
            position, told, frames = await self._page()
        except Pruned:
            await self._gap()
            return
        self._sent += await self._outlet.offer(frames[self._sent :])
        if self._sent == len(frames):
            client.position, self._told, self._sent = position, told, 0

    async def _page(self) -> tuple[int, int, bytes]:
        """The position to go on from after the next page, the last id in it, and its frames. Raises Pruned."""
        client, hub = self._client, self._hub
        chosen = client.selection
        until = min(hub.position, client.position + SCAN_POSITIONS)
        entries = await hub.feed.after(
            chosen.mission, client.position, PAGE_ENTRIES, chosen.types, until=until, max_bytes=PAGE_BYTES
        )
        position = entries[-1].position if entries else until
        wanted = [entry for entry in entries if chosen.takes(entry)]
        told = wanted[-1].position if wanted else self._told
        return position, told, b"".join(event_frame(hub.epoch, entry) for entry in wanted)

    async def _gap(self) -> None:
        """Said between two events: a client that has half of one hears it when it comes back."""
        if self._sent:
            self._sent = 0
            self._client.close()
        else:
            await self._resync()

    async def _follow(self) -> None:
        while self._client.live:
            if frames := await self._client.take(self._ping_seconds):
                self._told = self._client.position
                await self._outlet.write(frames)
            elif self._client.live:
                await self._outlet.write(PING)

    async def _tell_cursor(self) -> None:
        """So that its next connection need not look through what was not for it."""
        self._told = self._client.position
        await self._outlet.write(cursor_frame(self._hub.epoch, self._told, self._hub.name))

    async def _resync(self) -> None:
        self._told = self._client.position = self._hub.position
        await self._outlet.write(resync_frame(self._hub.epoch, self._told, self._snapshot))
