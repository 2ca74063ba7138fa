"""A client at a hub whose connection a test opens and closes."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.types import Message

from clearway_platform.auth.ceilings import UNLIMITED, Ceiling
from clearway_platform.web.stream.client import Client, Selection
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.outlet import Outlet
from clearway_platform.web.stream.replays import Replays
from clearway_platform.web.stream.session import Session

SECONDS = 30
PATIENT = 600.0


@dataclass
class Event:
    id: str
    type: str
    data: dict[str, object]


@dataclass
class Follower:
    """What a client was sent. While `reads` is not set its connection takes nothing."""

    client: Client
    text: str = ""
    held: int = 0
    stops_at: str | None = None
    stops_after: int | None = None
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def send(self, message: Message) -> None:
        """As a server does: wait until there is room, then take the whole."""
        self.held = max(self.held, len(message["body"]))
        if self.stops_at is not None and self.stops_at in message["body"].decode():
            self.reads.clear()
        if self.stops_after is not None and message["body"] and len(self.cursors()) >= self.stops_after:
            self.reads.clear()
        await self.reads.wait()
        self.text += message["body"].decode()
        async with self._came:
            self._came.notify_all()

    async def until(self, sign: str) -> str:
        """All that came, once `sign` is in it."""
        async with asyncio.timeout(SECONDS), self._came:
            await self._came.wait_for(lambda: sign in self.text)
        return self.text

    async def until_events(self, number: int) -> list[Event]:
        """The events, but for cursors, once there are so many."""
        async with asyncio.timeout(SECONDS), self._came:
            await self._came.wait_for(lambda: len(self.events()) >= number)
        return self.events()

    async def until_cursors(self, number: int) -> list[Event]:
        """The cursors, once there are so many."""
        async with asyncio.timeout(SECONDS), self._came:
            await self._came.wait_for(lambda: len(self.cursors()) >= number)
        return self.cursors()

    def cursors(self) -> list[Event]:
        return [event for event in events_in(self.text) if event.type == "cursor"]

    def events(self) -> list[Event]:
        return [event for event in events_in(self.text) if event.type != "cursor"]

    def ids(self) -> list[str]:
        return [event.id for event in self.events()]


def events_in(text: str) -> list[Event]:
    """The whole events of a stream, read as the specification says."""
    blocks = re.sub(r"^:.*\n", "", text, flags=re.M).split("\n\n")[:-1]
    fields = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    return [Event(item["id"], item["event"], json.loads(item["data"])) for item in fields]


@asynccontextmanager
async def following(
    hub: Hub,
    cursor: str | None = None,
    *,
    types: frozenset[str] | None = None,
    mission: str = "unmas",
    ceiling: Ceiling = UNLIMITED,
    replays: Replays | None = None,
    ping_seconds: float = PATIENT,
    stops_at: str | None = None,
    stops_after: int | None = None,
) -> AsyncIterator[Follower]:
    """A client that has asked for the stream, until the block ends. It stops reading before a frame with `stops_at`,
    or after so many cursors."""
    client = Client(Selection(mission, ceiling, types), "reader")
    follower = Follower(client, stops_at=stops_at, stops_after=stops_after)
    follower.reads.set()
    outlet = Outlet(follower.send)
    session = Session(hub, replays or Replays(), client, outlet, "/v1/routes", ping_seconds)
    task = asyncio.create_task(session.run(cursor))
    try:
        yield follower
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
