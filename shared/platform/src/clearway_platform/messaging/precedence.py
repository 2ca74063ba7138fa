"""Order among the consumers of one process: a warning first, all other work after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

# A transaction that hangs must not stop the others: they wait no longer than this.
MOST_SECONDS: Final = 0.25

# Surrounds the work on some records of one partition.
Turn = Callable[[], AbstractAsyncContextManager[None]]


class Precedence:
    """Lets some work of a process go before other work that the same event causes.

    An event loop runs what is ready in the order in which it became ready. While a warning's commit waits for the disk,
    the other consumers of its event would take the loop, and hold the warning up for as long as their own work takes
    (docs/adr/0027-order-not-time.md). In a process of its own a consumer waits for nothing.
    """

    def __init__(self) -> None:
        self._under_way: set[asyncio.Future[None]] = set()

    @asynccontextmanager
    async def first(self) -> AsyncIterator[None]:
        """Work that others wait for."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way.add(done)
        try:
            yield
        finally:
            self._under_way.discard(done)
            done.set_result(None)

    @asynccontextmanager
    async def after(self) -> AsyncIterator[None]:
        """Work that waits for what is under way now. What begins later does not hold it up, so it is never starved."""
        await asyncio.sleep(0)  # what the same event has made ready begins before
        if self._under_way:
            await asyncio.wait(tuple(self._under_way), timeout=MOST_SECONDS)
        yield
