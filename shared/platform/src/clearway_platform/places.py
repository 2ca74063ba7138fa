"""Places for work of several owners: each has its own few, so that the work of one keeps no other waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass


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
