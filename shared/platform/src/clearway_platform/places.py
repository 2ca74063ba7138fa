"""Places for work of several owners: each has its own few, so that the work of one keeps no other waiting."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

# An owner whose work ended less than this ago is at it again and again.
JUST_SECONDS: Final = 0.1
# An owner whose work began or ended less than this ago is there.
THERE_SECONDS: Final = 1.0
# So long work waits at most for what was there before it, of its owner and of others. What takes longer waits for
# something else than the processor.
OWN_SECONDS: Final = 0.5
OTHERS_SECONDS: Final = 0.1


class Attendance:
    """Which owners are there: whose work has begun or ended within a second."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, float] = {}

    def note(self, owner: Hashable) -> None:
        self._seen.pop(owner, None)  # so the latest is the last
        self._seen[owner] = asyncio.get_running_loop().time()

    def others(self, owner: Hashable) -> Iterator[Hashable]:
        """Who else is there, the latest first."""
        left = asyncio.get_running_loop().time() - THERE_SECONDS
        there = takewhile(lambda one: self._seen[one] > left, reversed(self._seen))
        return (one for one in there if one != owner)

    def is_alone(self, owner: Hashable) -> bool:
        return next(self.others(owner), None) is None


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


class BriefPlaces:
    """Places for work that must not wait for long. An owner that is alone has as many as it likes; where others are
    there, `each`, and what finds none begins when one is free, or after a moment."""

    def __init__(self, each: int, attendance: Attendance) -> None:
        self._places = Places(each)
        self._attendance = attendance

    @asynccontextmanager
    async def of(self, owner: Hashable) -> AsyncIterator[None]:
        """Surrounds work that has a place of its owner, or has waited for one."""
        self._attendance.note(owner)
        async with AsyncExitStack() as place:
            if not self._attendance.is_alone(owner):
                with suppress(TimeoutError):
                    async with asyncio.timeout(OTHERS_SECONDS):
                        await place.enter_async_context(self._places.of(owner))
            try:
                yield
            finally:
                self._attendance.note(owner)


@dataclass(frozen=True, slots=True)
class Rest:
    """How long an owner rests after its turn: so many times as long as that took, and so many seconds at most."""

    times: float
    seconds: float


class AlternatingPlaces:
    """Places in which the work of an owner is done one after another, and that of several owners in turn.

    Work begins when what its owner had begun before has ended, or after a moment. An owner that has just had its turn,
    and has worked more of late than another that is there, leaves it what it may need: it waits for what that one had
    begun before, and, as it may come at any time, rests `rest.times` as long as its own turn took, `rest.seconds` at
    most. So one that works without end leaves others as much as it takes, and one that works little waits for none.
    """

    def __init__(self, each: int, attendance: Attendance, rest: Rest) -> None:
        self._places = Places(each)
        self._attendance = attendance
        self._rest = rest
        self._under_way: dict[asyncio.Future[None], Hashable] = {}
        self._last: dict[Hashable, _Turn] = {}

    def __len__(self) -> int:
        """How many owners have work now."""
        return len(self._places)

    @asynccontextmanager
    async def of(self, owner: Hashable) -> AsyncIterator[None]:
        """Surrounds work that has one place of its owner."""
        loop = asyncio.get_running_loop()
        self._attendance.note(owner)
        async with self._places.of(owner):
            end: asyncio.Future[None] = loop.create_future()
            self._under_way[end] = owner
            begun = loop.time()
            try:
                await _ended([one for one in self._before(end) if self._under_way[one] == owner], OWN_SECONDS)
                last = self._last.get(owner)
                if last is not None and loop.time() - last.ended < JUST_SECONDS:
                    await self._leave_others_theirs(owner, end, last)
                begun = loop.time()
                yield
            finally:
                del self._under_way[end]
                end.set_result(None)
                self._last[owner] = _Turn(loop.time(), loop.time() - begun, self._worked(owner) + loop.time() - begun)
                self._attendance.note(owner)

    async def _leave_others_theirs(self, owner: Hashable, end: asyncio.Future[None], last: _Turn) -> None:
        worked = self._worked(owner)
        others = [one for one in self._before(end) if self._worked(self._under_way[one]) < worked]
        await _ended(others, OTHERS_SECONDS)
        if any(self._worked(other) < worked for other in self._attendance.others(owner)):
            rested = last.ended + min(self._rest.times * last.seconds, self._rest.seconds)
            await asyncio.sleep(rested - asyncio.get_running_loop().time())

    def _before(self, end: asyncio.Future[None]) -> Iterator[asyncio.Future[None]]:
        return takewhile(lambda one: one is not end, self._under_way)

    def _worked(self, owner: Hashable) -> float:
        """How long the owner has worked of late, in seconds: what was a second ago counts e times less than what is
        now."""
        last = self._last.get(owner)
        return 0.0 if last is None else last.worked * math.exp(last.ended - asyncio.get_running_loop().time())


@dataclass(frozen=True, slots=True)
class _Turn:
    """When a turn ended, how long it was, and how long its owner had worked of late when it ended."""

    ended: float
    seconds: float
    worked: float


async def _ended(ends: list[asyncio.Future[None]], seconds: float) -> None:
    """All of them have ended, or the time has passed."""
    if ends:
        await asyncio.wait(ends, timeout=seconds)
