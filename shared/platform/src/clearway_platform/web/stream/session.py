"""A session: sends one client its cursor, the events that it missed, then new events, and pings."""

from __future__ import annotations

import asyncio
from typing import Final

from clearway_platform.messaging.feed import Pruned
from clearway_platform.web.stream.client import Client
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.outlet import Outlet
from clearway_platform.web.stream.replays import Replays
from clearway_platform.web.stream.wire import PING, cursor_frame, event_frame, resync_frame

PAGE_BYTES: Final = 65_536
PAGE_ENTRIES: Final = 100
# Positions that one read covers: most may be of other missions and types.
SCAN_POSITIONS: Final = 2_000


class Session:
    """One client at one hub, from its cursor to its end."""

    def __init__(
        self, hub: Hub, replays: Replays, client: Client, outlet: Outlet, snapshot: str, ping_seconds: float
    ) -> None:
        """`snapshot`: the address of the present state, for a client that must resync."""
        self._hub = hub
        self._replays = replays
        self._client = client
        self._outlet = outlet
        self._snapshot = snapshot
        self._ping_seconds = ping_seconds
        # Whether it had missed events that were then read from the database.
        self._catches_up = False
        # Bytes already sent of the page after the client's position.
        self._sent = 0

    async def run(self, cursor: str | None) -> None:
        """Write frames until the client is closed, or the outlet raises."""
        with self._hub.following(self._client):
            await self._hub.started.wait()
            await self._begin(cursor)
            try:
                while not self._client.closing:
                    await self._catch_up()
                    # A place is sent whether or not it has changed: that it has would say that another mission's has.
                    if self._catches_up and not self._client.closing:
                        await self._send_cursor()
                    await self._follow()
                    self._catches_up = True
            finally:
                self._hub.leave(self._client)

    async def _begin(self, cursor: str | None) -> None:
        """Send a first event with an id: a client that is disconnected before the next one reconnects with this id."""
        position = self._hub.position if cursor is None else await self._resumed(cursor)
        if position is None:
            await self._resync()
        else:
            self._client.position = position
            self._catches_up = cursor is not None
            await self._send_cursor()

    async def _resumed(self, cursor: str) -> int | None:
        """The position of a cursor; None when it is not of this feed. The hub of another process may be ahead."""
        position = self._hub.cursors.position(self._client.selection.mission, cursor)
        if position is None or position <= self._hub.position:
            return position
        return position if position <= await self._hub.feed.last_position() else None

    async def _catch_up(self) -> None:
        """Send from the database until the client has the hub's position, and has joined it."""
        while self._sent or not (self._client.closing or self._hub.join(self._client)):
            # Nothing is read for a client that does not read, and other work runs between two pages.
            await self._outlet.write(b"")
            await asyncio.sleep(0)
            async with self._replays.turn(self._client.principal):
                await self._send_page()

    async def _send_page(self) -> None:
        """Send as much as the connection accepts. The rest is read again later, and not kept in memory until then."""
        client = self._client
        try:
            position, frames = await self._page()
        except Pruned:
            await self._gap()
            return
        self._sent += await self._outlet.offer(frames[self._sent :])
        if self._sent == len(frames):
            client.position, self._sent = position, 0

    async def _page(self) -> tuple[int, bytes]:
        """The position after the next page, and its frames. Raises Pruned."""
        client, hub = self._client, self._hub
        selection = client.selection
        until = min(hub.position, client.position + SCAN_POSITIONS)
        entries = await hub.feed.after(
            selection.mission, client.position, PAGE_ENTRIES, selection.types, until=until, max_bytes=PAGE_BYTES
        )
        position = entries[-1].position if entries else until
        selected = [seen for entry in entries if (seen := hub.seen(entry, selection)) is not None]
        return position, b"".join(event_frame(hub.cursors, entry) for entry in selected)

    async def _gap(self) -> None:
        """Report a gap, between two events: a client that has half an event gets the report when it reconnects."""
        if self._sent:
            self._sent = 0
            self._client.close()
        else:
            await self._resync()

    async def _follow(self) -> None:
        while self._client.live:
            if frames := await self._client.take(self._ping_seconds):
                await self._outlet.write(frames)
            elif self._client.live:
                await self._outlet.write(PING)

    async def _send_cursor(self) -> None:
        """Send the position, so that the client's next connection skips events that are not for it."""
        await self._outlet.write(cursor_frame(self._place(), self._hub.name))

    async def _resync(self) -> None:
        self._client.position = self._hub.position
        await self._outlet.write(resync_frame(self._place(), self._snapshot))

    def _place(self) -> str:
        return self._hub.cursors.place(self._client.selection.mission, self._client.position)
