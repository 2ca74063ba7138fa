"""One client of a stream: what it wants, where it stands, and the frames that wait for it, bounded by bytes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from clearway_platform.messaging.feed import FeedEntry

# The frames that wait are shared by all clients: encoded once, and kept while one of them has not taken them.
QUEUE_BYTES: Final = 262_144
TAKE_BYTES: Final = 65_536

Matches = Callable[[FeedEntry], bool]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events of a feed a client gets."""

    mission: str
    types: frozenset[str] | None = None
    matches: Matches | None = None

    def takes(self, entry: FeedEntry) -> bool:
        """Whether an event of the mission is wanted."""
        return (self.types is None or entry.type in self.types) and (self.matches is None or self.matches(entry))


class Client:
    """`position` is the last position whose frame was taken to be sent, or that was found to hold nothing for it."""

    def __init__(self, selection: Selection, principal: str) -> None:
        """`principal` is the id of the key that it came with."""
        self.selection = selection
        self.principal = principal
        self.position = 0
        self.behind = False
        self.closing = False
        self._frames: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()

    @property
    def bytes_waiting(self) -> int:
        """The size of the frames that wait to be taken."""
        return self._bytes

    def offer(self, position: int, frame: bytes) -> bool:
        """Queue a frame. False when it does not fit: the client then reads on from the database."""
        if self._frames and self._bytes + len(frame) > QUEUE_BYTES:
            self.fall_behind()
            return False
        self._frames.append((position, frame))
        self._bytes += len(frame)
        self._changed.set()
        return True

    def fall_behind(self) -> None:
        """After the frames that wait, read on from the database."""
        self.behind = True
        self._changed.set()

    def caught_up(self) -> None:
        """Wait for frames again."""
        self.behind = False
        if not self.closing:
            self._changed.clear()

    def close(self) -> None:
        """Take nothing more."""
        self.closing = True
        self._changed.set()

    async def take(self, seconds: float) -> bytes:
        """The frames that wait, up to some bytes. Empty when none came for so long, or none will come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        taken: list[bytes] = []
        size = 0
        while self._frames and (not taken or size + len(self._frames[0][1]) <= TAKE_BYTES):
            self.position, frame = self._frames.popleft()
            taken.append(frame)
            size += len(frame)
        self._bytes -= size
        if not self._frames and not self.behind and not self.closing:
            self._changed.clear()
        return b"".join(taken)

    @property
    def live(self) -> bool:
        """Whether it is to be sent what waits, and what comes."""
        return not self.closing and not (self.behind and not self._frames)
