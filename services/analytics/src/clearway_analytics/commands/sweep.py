"""Publishes risks that time alone has changed enough, for they fall while no incident is reported; and keeps what was
published."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from clearway_analytics.commands.announce import Announcer
from clearway_analytics.ledger import missions, risk_records, route_sums
from clearway_platform.database.engines import Database, is_transient
from clearway_platform.messaging.retry import Outage

SWEEP_SECONDS: Final = 60.0
ROUTES_PER_TRANSACTION: Final = 200


@dataclass(frozen=True, slots=True)
class Sweep:
    """Checks every route at intervals. Several processes may run it: a changed risk is checked again under the lock."""

    database: Database
    announcer: Announcer
    interval_seconds: float = SWEEP_SECONDS
    routes_per_transaction: int = ROUTES_PER_TRANSACTION

    async def run(self) -> None:
        """A worker."""
        outage = Outage("sweep")
        while True:
            try:
                await self.once()
            except Exception as error:
                if not is_transient(error):
                    raise
                outage.note(error)
            else:
                outage.end()
            await asyncio.sleep(self.interval_seconds)

    async def once(self) -> int:
        """Publish every risk that has changed enough since it was last published. Returns how many."""
        async with self.database.of_every_mission("each mission is swept").read() as connection:
            names = await missions.names(connection)
        return sum([await self._sweep_mission(name) for name in names])

    async def _sweep_mission(self, name: str) -> int:
        published, after = 0, None
        while True:
            last, changed = await self._changed(name, after)
            if changed:
                published += await self._publish(name, changed)
            if last is None:
                await self._record(name)
                return published
            after = last

    async def _record(self, name: str) -> None:
        """Keep what is published now as what was published then: in the transaction of a report this would be one more
        statement for which a warning waits."""
        async with self.database.of(name).read() as connection:
            known = await risk_records.are_complete(connection, name)
        if not known:
            async with self.database.of(name).write() as transaction:
                await risk_records.complete(transaction.connection, name)

    async def _publish(self, name: str, routes: Collection[UUID]) -> int:
        async with self.database.of(name).write() as transaction:
            connection = transaction.connection
            mission = await missions.lock(connection, name)
            known = await route_sums.find(connection, name, routes)
            published = await self.announcer.announce(transaction, mission, list(known.values()))
            await route_sums.write(connection, list(published.values()))
        return len(published)

    async def _changed(self, name: str, after: UUID | None) -> tuple[UUID | None, list[UUID]]:
        """The route id at which the next page ends, None for the last page; and the routes on it whose risk changed."""
        async with self.database.of(name).read() as connection:
            mission = await missions.read(connection, name)
            known = await route_sums.page(connection, name, after, self.routes_per_transaction)
        changed = self.announcer.changed(known, mission, self.announcer.clock.now())
        last = known[-1].route_id if len(known) == self.routes_per_transaction else None
        return last, [route.route_id for route in changed]
