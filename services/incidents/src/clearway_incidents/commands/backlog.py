"""What is done with an incident beside its reports, so that none of them waits for it: words are indexed that an older
version of Clearway wrote, which knows no index, and incidents are counted into the sums that the map is drawn from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, select

from clearway_incidents.storage.map_sums import CountedMeanwhile, count_some
from clearway_incidents.storage.tables import INCIDENTS, UNCOUNTED, UNINDEXED
from clearway_incidents.storage.words import index_some
from clearway_platform.database.engines import Database, Transaction
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.retry import retry_until_done


@dataclass(frozen=True, slots=True)
class Task:
    """Something that is done with each incident, in a while."""

    missions: Select[Any]
    """Those of which an incident waits for it."""
    some: Callable[[Transaction, str, int], Awaitable[int]]
    """Does it with up to so many of a mission, and says with how many."""
    at_once: int
    pause_seconds: float
    """So long they gather."""


def _waiting(*conditions: Any) -> Select[Any]:
    return select(INCIDENTS.c.mission).where(*conditions).group_by(INCIDENTS.c.mission)


INDEXING: Final = Task(_waiting(UNINDEXED), index_some, at_once=50, pause_seconds=0.5)
# What is not counted yet the map counts when it is asked for: of some hundreds nobody notices it.
COUNTING: Final = Task(
    _waiting(UNCOUNTED, INCIDENTS.c.marks_of == INCIDENTS.c.revision), count_some, at_once=200, pause_seconds=2.0
)


@dataclass(frozen=True, slots=True)
class Backlog:
    """A worker. Several processes may run it: what another one has done is passed over, or begun again."""

    task: Task
    database: Database
    feed: Feed
    turn: Callable[[], AbstractAsyncContextManager[None]]

    async def run(self) -> None:
        with self.feed.subscribe() as grown:
            while True:
                grown.clear()
                await retry_until_done(self.clear)
                await grown.wait()
                await asyncio.sleep(self.task.pause_seconds)

    async def clear(self) -> None:
        """Do it with everything that is on record."""
        async with self.database.of_every_mission("what waits is looked for in all").read() as connection:
            missions = (await connection.execute(self.task.missions)).scalars().all()
        for mission in missions:
            while await self._some(mission):
                pass

    async def _some(self, mission: str) -> bool:
        """Some incidents of a mission, in a transaction. Whether more may follow."""
        try:
            async with self.turn(), self.database.of(mission).write() as transaction:
                return await self.task.some(transaction, mission, self.task.at_once) == self.task.at_once
        except CountedMeanwhile:
            await asyncio.sleep(0)
            return True
