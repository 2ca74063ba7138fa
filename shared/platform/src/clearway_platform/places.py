"""Places for work of several owners: each has its own few, so that the work of one keeps no other waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

# An owner whose work ended less than this ago is at it again and again.
JUST_SECONDS: Final = 0.1
# An owner whose work ended less than this ago is there.
THERE_SECONDS: Final = 1.0
# So long work waits at most for what was there before it, of its owner and of others. What takes longer waits for
# something else than the processor.
OWN_SECONDS: Final = 0.5
OTHERS_SECONDS: Final = 0.1


@dataclass(slots=True)
class _Own:
    places: asyncio.Semaphore
    users: int = 0


class Places:
    """At most `each` places for every owner, given in the order in which they were asked for."""

    def __init__(self, each: int) -> None:
        self._each = each
        self._owners: dict[Hashable, _Own] = {}

    def __len__(self) -> int:
        """How many owners have work now."""
        return len(self._owners)

    @asynccontextmanager
    async def of(self, owner: Hashable) -> AsyncIterator[None]:
        """Surrounds work that has one place of its owner."""
        own = self._owners.get(owner)
        if own is None:
            own = self._owners[owner] = _Own(asyncio.Semaphore(self._each))
        own.users += 1
        try:
            async with own.places:
                yield
        finally:
            own.users -= 1
            if not own.users:
                del self._owners[owner]


class AlternatingPlaces:
    """Places in which the work of an owner is done one after another, and that of several owners in turn.

    Work begins when what its owner had begun before has ended, or after a moment. If the owner has just had its turn,
    what others had begun before is waited for as well; and where others are there, as long as that turn took, as they
    may come at any time. So one that works without end leaves others as much as it takes, however long its own pieces
    are, and one that comes now and then waits for none.
    """

    def __init__(self, each: int) -> None:
        self._places = Places(each)
        self._under_way: dict[asyncio.Future[None], Hashable] = {}
        self._last: dict[Hashable, _Turn] = {}

    def __len__(self) -> int:
        """How many owners have work now."""
        return len(self._places)

    @asynccontextmanager
    async def of(self, owner: Hashable) -> AsyncIterator[None]:
        """Surrounds work that has one place of its owner."""
        loop = asyncio.get_running_loop()
        async with self._places.of(owner):
            end: asyncio.Future[None] = loop.create_future()
            self._under_way[end] = owner
            begun = loop.time()
            try:
                await _ended([one for one in self._before(end) if self._under_way[one] == owner], OWN_SECONDS)
                last = self._last.get(owner)
                if last is not None and loop.time() - last.ended < JUST_SECONDS:
                    await _ended([one for one in self._before(end) if self._under_way[one] != owner], OTHERS_SECONDS)
                    if self._others_are_there(owner, loop.time()):
                        await asyncio.sleep(last.ended + min(last.seconds, OTHERS_SECONDS) - loop.time())
                begun = loop.time()
                yield
            finally:
                del self._under_way[end]
                end.set_result(None)
                self._last[owner] = _Turn(loop.time(), loop.time() - begun)

    def _before(self, end: asyncio.Future[None]) -> Iterator[asyncio.Future[None]]:
        return takewhile(lambda one: one is not end, self._under_way)

    def _others_are_there(self, owner: Hashable, now: float) -> bool:
        return any(now - last.ended < THERE_SECONDS for other, last in self._last.items() if other != owner)


@dataclass(frozen=True, slots=True)
class _Turn:
    """When a turn ended, and how long it was."""

    ended: float
    seconds: float


async def _ended(ends: list[asyncio.Future[None]], seconds: float) -> None:
    """All of them have ended, or the time has passed."""
    if ends:
        await asyncio.wait(ends, timeout=seconds)
