"""What a backup asks of a database: to stand still for an instant, and to be copied as it was in that instant."""

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


class BackupError(Exception):
    """A backup cannot be made or restored. The message says why, and what to do."""


class Busy(Exception):
    """A writer has the database now: let go of all of them, and try again."""


class Source(Protocol):
    """A database that is copied. `hold` and `let_go` may be repeated; `close` ends all."""

    name: str
    engine: str

    async def open(self) -> None:
        """Connect. Raises BackupError."""
        ...

    async def hold(self) -> None:
        """Keep writers out, and fix the state to be copied. Raises Busy."""
        ...

    async def release(self) -> None:
        """Let the writers in again; what is to be copied stays as it was."""
        ...

    async def let_go(self) -> None:
        """Give up what was held and fixed."""
        ...

    async def schema(self) -> Schema:
        """The schema of the state to be copied."""
        ...

    async def copy(self, file: Path) -> None:
        """Write the state to a file, which exists and is empty, and check it. Raises BackupError."""
        ...

    async def close(self) -> None: ...


async def at_one_moment(sources: Sequence[Source], note: Callable[[], Awaitable[Result]]) -> Result:
    """Hold all sources at once, call `note`, and let the writers in again.

    No source is waited for while another is held: a service may need the one to be done with the other. So all are
    tried, and given up together when one is busy. Raises BackupError.
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
                    "Try again when less is written, or while Clearway is stopped."
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
