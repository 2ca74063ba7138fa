"""When keys were last used: noted in memory, and written beside the requests, to the minute."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from clearway_platform.auth.keys.tables import KeyUseRow
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database, is_transient, on_either, one_or_many
from clearway_platform.database.models import table_of

WRITE_SECONDS: Final = 10.0
# A use that is less than this after the last one that was written is not written.
COARSE: Final = timedelta(minutes=1)
_REMEMBERED: Final = 10_000

log = structlog.get_logger(__name__)
_USE: Final = table_of(KeyUseRow)


def _writing(make: Any) -> Any:
    later = make.excluded.last_used_at > _USE.c.last_used_at
    set_ = {"last_used_at": make.excluded.last_used_at}
    return make.on_conflict_do_update(index_elements=["key_id"], set_=set_, where=later)


_WRITE: Final = on_either(_writing, _USE)


class KeyUse:
    """The uses that this process has seen. A use that a crash forgets is noted again with the next."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._uses = database.of_every_mission("the uses of all keys are written together")
        self._clock = clock
        self._written: dict[str, datetime] = {}
        self._noted: dict[str, datetime] = {}

    def note(self, key_id: str) -> None:
        """The key was used now."""
        now, written = self._clock.now(), self._written.get(key_id)
        if written is None or now - written >= COARSE:
            self._noted[key_id] = now

    async def write(self) -> None:
        """Write what was noted, in one transaction."""
        if not (noted := self._noted):
            return
        self._noted = {}
        rows = [{"key_id": key_id, "last_used_at": at} for key_id, at in sorted(noted.items())]
        try:
            async with self._uses.write() as transaction:
                statement = _WRITE[transaction.connection.dialect.name]
                await transaction.connection.execute(statement, one_or_many(rows))
        except BaseException:
            self._noted = noted | self._noted
            raise
        if len(self._written) + len(noted) > _REMEMBERED:
            self._written.clear()
        self._written |= noted

    async def run(self) -> None:
        """A worker: write from time to time. While the directory is away the uses are kept."""
        while True:
            try:
                await self.write()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.info("key_use_not_written", error=type(error).__name__)
            await asyncio.sleep(WRITE_SECONDS)
