"""Says about once a minute that the service runs, and how far its consumers are, the way that its events go: so what is
heard shows that the database answers, the relay publishes and the log takes."""

from __future__ import annotations

import asyncio
from typing import Final

from clearway_contracts.heartbeats import EVERY_MISSION, ConsumerProgress, HeartbeatState, ServiceBeat
from clearway_platform.clock import Clock, new_id
from clearway_platform.database.engines import Database
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.messaging.progress import Progress
from clearway_platform.messaging.retry import retry_until_done

BEAT_SECONDS: Final = 60.0


class Heartbeat:
    """One process of one service."""

    def __init__(self, *, service: str, database: Database, outbox: Outbox, progress: Progress, clock: Clock) -> None:
        self._service = service
        self._database = database
        self._outbox = outbox
        self._progress = progress
        self._clock = clock
        self._instance = new_id()

    async def run(self) -> None:
        """A worker: beat from time to time, until cancelled."""
        while True:
            await retry_until_done(self.beat)
            await asyncio.sleep(BEAT_SECONDS)

    async def beat(self) -> None:
        """One row of the outbox, which does not enter the feed."""
        now = self._clock.now()
        consumers = tuple(
            ConsumerProgress(consumer=consumer, handled_until=until)
            for consumer, until in self._progress.handled_until(now).items()
        )
        state = HeartbeatState(service=self._service, instance=self._instance, at=now, consumers=consumers)
        data = ServiceBeat(mission=EVERY_MISSION, service=self._service, heartbeat=state)
        event = self._outbox.event(data, subject=self._service, source=f"/clearway/{self._service}", occurred=now)
        async with self._database.of_every_mission("a heartbeat is of the service").write() as transaction:
            await self._outbox.add_apart(transaction, [event])
