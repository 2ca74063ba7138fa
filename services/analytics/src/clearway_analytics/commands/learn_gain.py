"""Learns the corridor gain of each mission, once an hour and after a change of parameters."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from clearway_analytics.ledger import gains, missions
from clearway_analytics.risk.gain import gain
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database, is_transient
from clearway_platform.messaging.retry import Outage

POLL_SECONDS: Final = 60.0
LEARN_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LearnGain:
    """Several processes may run it: each stores the same gain. The sweep publishes the risks that it moves."""

    database: Database
    clock: Clock
    poll_seconds: float = POLL_SECONDS

    async def run(self) -> None:
        """A worker."""
        outage = Outage("learn_gain")
        while True:
            try:
                await self.once()
            except Exception as error:
                if not is_transient(error):
                    raise
                outage.note(error)
            else:
                outage.end()
            await asyncio.sleep(self.poll_seconds)

    async def once(self) -> int:
        """Learn every gain that is outdated. Returns how many."""
        async with self.database.of_every_mission("what is outdated is looked for in all").read() as connection:
            names = await gains.outdated(connection, self.clock.now() - LEARN_AFTER)
        for name in names:
            await self._learn(name)
        return len(names)

    async def _learn(self, name: str) -> None:
        now = self.clock.now()
        async with self.database.of(name).read() as connection:
            seen = await missions.read(connection, name)
            learned = gain(await gains.sums(connection, seen, now), seen.parameters)
        async with self.database.of(name).write() as transaction:
            mission = await missions.lock(transaction.connection, name)
            # Learned with parameters that were exchanged meanwhile it would be wrong until the next hour.
            if mission.parameters_revision == seen.parameters_revision:
                await gains.write(transaction.connection, mission, learned, now)
