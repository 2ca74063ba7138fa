"""One client of a stream: its selection, its position, and its queue of frames, which is limited in bytes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.messaging.feed import FeedEntry

# All clients share the queued frames: each is encoded once, and kept until the last client has taken it.
QUEUE_BYTES: Final = 262_144
TAKE_BYTES: Final = 65_536

Matches = Callable[[FeedEntry], bool]


@dataclass(frozen=True, slots=True)
class Selection:
    """The events of a feed that a client receives, as its ceiling lets it see them."""

    mission: str
    ceiling: Ceiling
    types: frozenset[str] | None = None
    matches: Matches | None = None

    def takes(self, entry: FeedEntry) -> bool:
        """Whether an event of the mission is selected."""
        return (self.types is None or entry.type in self.types) and (self.matches is None or self.matches(entry))


class Client:
    """One client. `position`: all earlier events and this one were taken from the queue, or are not selected."""

    def __init__(self, selection: Selection, principal: str) -> None:
        """`principal` is the id of its key."""
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
        """The size of the queued frames."""
        return self._bytes

    def offer(self, position: int, frame: bytes) -> bool:
        """Queue a frame. Returns False when it does not fit: the client then continues from the database."""
        if self._frames and self._bytes + len(frame) > QUEUE_BYTES:
            self.fall_behind()
            return False
        self._frames.append((position, frame))
        self._bytes += len(frame)
        self._changed.set()
        return True

    def fall_behind(self) -> None:
        """Continue from the database once the queue is empty."""
        self.behind = True
        self._changed.set()

    def caught_up(self) -> None:
        """Wait for queued frames again."""
        self.behind = False
        if not self.closing:
            self._changed.clear()

    def close(self) -> None:
        """End the client."""
        self.closing = True
        self._changed.set()

    async def take(self, seconds: float) -> bytes:
        """The queued frames, up to TAKE_BYTES. Empty after `seconds` without a frame, or when no more will come."""
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
        """Whether queued frames and new events are sent to it."""
        return not self.closing and not (self.behind and not self._frames)
