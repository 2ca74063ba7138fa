"""Indexes the words of what an older version of Clearway wrote, which knows no index, and of what was on record before
there was one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from clearway_incidents.storage.tables import INCIDENTS, UNINDEXED
from clearway_incidents.storage.words import index_anew
from clearway_platform.database.engines import Database
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.retry import retry_until_done

PAUSE_SECONDS: Final = 0.5
AT_ONCE: Final = 50
_SOME: Final = (
    select(INCIDENTS.c.mission, INCIDENTS.c.incident_id, INCIDENTS.c.revision)
    .where(UNINDEXED)
    .order_by(INCIDENTS.c.mission)
)


@dataclass(frozen=True, slots=True)
class Indexing:
    """A worker. Several processes may run it: an incident that another one indexed is passed over."""

    database: Database
    feed: Feed
    turn: Callable[[], AbstractAsyncContextManager[None]]
    at_once: int = AT_ONCE

    async def run(self) -> None:
        with self.feed.subscribe() as grown:
            while True:
                grown.clear()
                while await retry_until_done(self._some):
                    pass
                await grown.wait()
                await asyncio.sleep(PAUSE_SECONDS)

    async def index(self) -> None:
        """Index everything that is on record."""
        while await self._some():
            pass

    async def _some(self) -> bool:
        """A few incidents, each mission's in a transaction. Whether more may follow."""
        async with self.database.of_every_mission("what is not indexed is looked for in all").read() as connection:
            found = (await connection.execute(_SOME.limit(self.at_once))).all()
        for mission in dict.fromkeys(row.mission for row in found):
            own = [row for row in found if row.mission == mission]
            async with self.turn(), self.database.of(mission).write() as transaction:
                for row in own:
                    await index_anew(transaction, mission, row.incident_id, row.revision)
        return bool(found)
