"""A database that is backed up: writers are blocked for a moment, and its state of that moment is copied."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Protocol, TypeVar

from clearway_platform.database.schema import Schema

ATTEMPT_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = (0.005, 0.05)
Result = TypeVar("Result")
End = tuple[str, str, int, str | None]
"""A table, a mission, the number of the last record of its chain, and the hash of that."""
END_TABLES: Final = ("audit_head", "revision_link_head")
"""The tables with the ends of chains, which have the columns `mission`, `sequence` and `hash`."""


class BackupError(Exception):
    """A backup cannot be made or restored. The message says why, and what to do."""


class Busy(Exception):
    """A writer uses the database now: give up all holds, and try again."""


class Source(Protocol):
    """A database to copy. `hold` and `let_go` may be repeated; `close` ends both."""

    name: str
    engine: str

    async def open(self) -> None:
        """Connect. Raises BackupError."""
        ...

    async def hold(self) -> None:
        """Block writers, and fix the state to copy. Raises Busy."""
        ...

    async def release(self) -> None:
        """Unblock writers; the state to copy stays fixed."""
        ...

    async def let_go(self) -> None:
        """Unblock writers, and give up the fixed state."""
        ...

    async def schema(self) -> Schema:
        """The schema of the state to copy."""
        ...

    async def sealed_with(self) -> Sequence[str]:
        """The ids of the keys with which columns named `sealed_secrets` in the state to copy are sealed."""
        ...

    async def ends(self) -> Sequence[End]:
        """The ends of the chains in the state to copy: the rows of the tables in `END_TABLES` that are there."""
        ...

    async def copy(self, file: Path) -> None:
        """Copy the state to an existing, empty file, and check it. Raises BackupError."""
        ...

    async def close(self) -> None: ...


async def at_one_moment(sources: Sequence[Source], note: Callable[[], Awaitable[Result]]) -> Result:
    """Hold all sources at once, call `note`, and unblock the writers.

    It never waits for one source while it holds another, because a transaction may need both. If one is busy, all
    are released and tried again. Raises BackupError.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + ATTEMPT_SECONDS
    while True:
        try:
            return await _held(sources, note)
        except Busy as error:
            for source in sources:
                await source.let_go()
            if loop.time() > deadline:
                raise BackupError(
                    f"The databases were never free at the same time for {ATTEMPT_SECONDS:g} s: {error}. "
                    "Try again at a quieter time, or stop Clearway first."
                ) from error
        await asyncio.sleep(random.uniform(*_PAUSE_SECONDS))


async def _held(sources: Sequence[Source], note: Callable[[], Awaitable[Result]]) -> Result:
    try:
        for source in sources:
            await source.hold()
        return await note()
    finally:
        for source in sources:
            await source.release()
