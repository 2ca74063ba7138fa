"""Notes from whom something was heard, in transactions of its own: neither an error nor a wait for the row of a source,
which is locked while its silence is told, holds a warning (docs/adr/0040-a-silent-source.md)."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy.exc import DBAPIError

from clearway_alerts.storage.sources import note_heard
from clearway_contracts.vocabulary import SourceKind
from clearway_platform.database.engines import BoundDatabase, Database
from clearway_platform.messaging.retry import is_temporary, retry_until_done

# What is heard meanwhile is written together: the rows are few, and the same ones again and again.
_TOGETHER_SECONDS: Final = 1.0
_LAST_WORD_SECONDS: Final = 2.0

Heard = Mapping[SourceKind, Mapping[str, datetime]]


class Hearing:
    """A worker of a process. `heard_again` is called after the commit when a source that was silent was heard.

    What is noted is in memory for up to a second: a kill forgets it, and the source is heard with its next report.
    """

    def __init__(self, database: Database, heard_again: Callable[[], None]) -> None:
        self._database = database
        self._heard_again = heard_again
        self._noted: dict[str | None, dict[SourceKind, dict[str, datetime]]] = {}
        self._woken = asyncio.Event()

    def note(self, heard: Heard, mission: str | None = None) -> None:
        """Something was heard from the sources of these keys, of the mission or of all missions."""
        for kind, times in heard.items():
            for key, at in times.items():
                known = self._noted.setdefault(mission, {}).setdefault(kind, {})
                known[key] = max(known.get(key, at), at)
                self._woken.set()

    async def run(self) -> None:
        """Write what was heard, until cancelled; and then once more."""
        try:
            while True:
                await self._woken.wait()
                await retry_until_done(self.write)
                await asyncio.sleep(_TOGETHER_SECONDS)
        finally:
            with suppress(DBAPIError, TimeoutError):
                async with asyncio.timeout(_LAST_WORD_SECONDS):
                    await self.write()

    def _of(self, mission: str | None) -> BoundDatabase:
        if mission is None:
            return self._database.of_every_mission("a part of Clearway is a source of all missions")
        return self._database.of(mission)

    async def write(self) -> None:
        """Write what was noted, of each mission in a transaction. An outage or a stop in the middle forgets nothing;
        what can never be written is forgotten, or nothing would be written after it."""
        self._woken.clear()
        while self._noted:
            mission = next(iter(self._noted))
            heard = self._noted.pop(mission)
            try:
                async with self._of(mission).write() as transaction:
                    is_over = await note_heard(transaction, heard, mission)
            except BaseException as error:
                if not isinstance(error, Exception) or is_temporary(error):
                    self.note(heard, mission)
                raise
            if is_over:
                self._heard_again()
