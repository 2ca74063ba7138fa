"""Long reads of one database, beside everything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from clearway_platform.heavy import HeavyWork
from clearway_platform.places import Places

Result = TypeVar("Result")

AT_ONCE: Final = 2


class Apart:
    """A few long reads run at once, and of one mission only one: its long reads delay each other, and a read of another
    mission waits for those that run, not for those that wait."""

    def __init__(self) -> None:
        self._missions = Places(1)
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._threads = HeavyWork("reads", AT_ONCE)
        self._ahead = HeavyWork("reads-ahead", AT_ONCE)

    @asynccontextmanager
    async def place(self, mission: str | None) -> AsyncIterator[None]:
        """Surrounds a long read. `mission`: that of the read, or what stands for every one."""
        async with self._missions.of(mission), self._at_once:
            yield

    async def run(self, mission: str | None, work: Callable[..., Result], *arguments: Any) -> Result:
        """The result of `work`, in a thread."""
        async with self.place(mission):
            return await self._threads.run(work, *arguments)

    async def run_ahead(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """The result of `work`, in a thread, for which no read of a mission is waited for: others wait for this one, as
        for a transaction that writes, or it serves every mission, and a warning may be behind it."""
        return await self._ahead.run(work, *arguments)
