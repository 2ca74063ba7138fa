"""Limits on reading the database for clients that catch up: few reads at once, and fewer for one key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakValueDictionary

AT_ONCE: Final = 8
AT_ONCE_PER_KEY: Final = 4


class Replays:
    """The reads of one stream in this process."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(AT_ONCE)
        self._of_key: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, principal: str) -> AsyncIterator[None]:
        """Wait for a turn among the key's clients, then among all: a key with many clients delays its own."""
        of_key = self._of_key.setdefault(principal, asyncio.Semaphore(AT_ONCE_PER_KEY))
        async with of_key, self._all:
            yield
