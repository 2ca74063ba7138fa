"""A process whose consumer is killed when an effect is committed and its offset is not.

Arguments: the database's URL, the directory of the embedded log, after how many effects.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from clearway_contracts.envelope import Event
from clearway_contracts.routes import RouteRiskChanged
from clearway_contracts.topics import ROUTE_RISK
from clearway_platform.database.engines import Transaction
from clearway_platform.log.embedded import EmbeddedBroker
from clearway_platform.messaging.consumer import Consumer
from clearway_testing.plumbing import effect, plumb


async def main(url: str, directory: str, effects: str) -> None:
    plumbing = await plumb(url)
    broker = EmbeddedBroker(Path(directory) / "log.db")
    await broker.start()
    taken = 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    async def handle(transaction: Transaction, event: Event) -> None:
        nonlocal taken
        await effect("reader")(transaction, event)
        taken += 1
        if taken >= int(effects):
            transaction.after_commit(die)

    consumer = Consumer(
        name="alerts",
        topics=[ROUTE_RISK],
        handlers={RouteRiskChanged: handle},
        broker=broker,
        database=plumbing.database,
        dead_letters=plumbing.dead_letters,
        clock=plumbing.clock,
    )
    await consumer.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
