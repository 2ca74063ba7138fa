"""Time passes: risks fall without any news, and are told when they have fallen enough."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from clearway_analytics.commands.announce import Announcer
from clearway_analytics.ledger import missions, route_sums
from clearway_platform.database.engines import Database, is_transient

SWEEP_SECONDS: Final = 60.0
ROUTES_PER_TRANSACTION: Final = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Looks at every route now and then. Many may run at once: what moved is looked at again under the lock."""

    database: Database
    announcer: Announcer
    interval_seconds: float = SWEEP_SECONDS
    routes_per_transaction: int = ROUTES_PER_TRANSACTION

    async def run(self) -> None:
        """A worker."""
        while True:
            try:
                await self.once()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("sweep put off", error=repr(error))
            await asyncio.sleep(self.interval_seconds)

    async def once(self) -> int:
        """Publish every risk that has moved since it was last told. Returns how many."""
        async with self.database.read() as connection:
            names = await missions.names(connection)
        return sum([await self._mission(name) for name in names])

    async def _mission(self, name: str) -> int:
        told, after = 0, None
        while True:
            last, moved = await self._moved(name, after)
            if moved:
                told += await self._tell(name, moved)
            if last is None:
                return told
            after = last

    async def _tell(self, name: str, routes: Collection[UUID]) -> int:
        async with self.database.write() as transaction:
            connection = transaction.connection
            mission = await missions.hold(connection, name)
            known = await route_sums.find(connection, name, routes)
            told = await self.announcer.announce(transaction, mission, list(known.values()))
            await route_sums.write(connection, list(told.values()))
        return len(told)

    async def _moved(self, name: str, after: UUID | None) -> tuple[UUID | None, list[UUID]]:
        """The routes of the next page whose risk has moved, and where the page ended; None at the end."""
        async with self.database.read() as connection:
            mission = await missions.read(connection, name)
            known = await route_sums.page(connection, name, after, self.routes_per_transaction)
        moved = self.announcer.moved(known, mission, self.announcer.clock.now())
        last = known[-1].route_id if len(known) == self.routes_per_transaction else None
        return last, [route.route_id for route in moved]
