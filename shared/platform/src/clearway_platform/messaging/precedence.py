"""Precedence among the consumers of one process: a warning is processed before all other work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

# The others wait no longer than this: a transaction that hangs must not stop them.
MOST_SECONDS: Final = 0.25

# Surrounds the work on some records of one partition.
Turn = Callable[[], AbstractAsyncContextManager[None]]


class Precedence:
    """Gives some work of a process precedence over other work that the same event causes.

    An event loop runs tasks in the order in which they became ready. While a warning's commit waits for the disk, the
    other consumers of its event would occupy the loop, and delay the warning by the time of their own work
    (docs/adr/0027-order-not-time.md). In a process of its own a consumer does not wait.
    """

    def __init__(self) -> None:
        self._running: set[asyncio.Future[None]] = set()

    @asynccontextmanager
    async def first(self) -> AsyncIterator[None]:
        """Surrounds work that other work waits for."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._running.add(done)
        try:
            yield
        finally:
            self._running.discard(done)
            done.set_result(None)

    @asynccontextmanager
    async def after(self) -> AsyncIterator[None]:
        """Surrounds work that waits for the first work that runs now, but not for work that begins later."""
        await asyncio.sleep(0)  # first work of the same event, which is ready already, begins before
        if self._running:
            await asyncio.wait(tuple(self._running), timeout=MOST_SECONDS)
        yield
