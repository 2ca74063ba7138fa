"""A replica of a service's consumer on Kafka, until it is killed.

Arguments: the database's URL, the broker's URL. It prints a line once it is a member of its group.
"""

import asyncio
import sys
from pathlib import Path

from clearway_contracts.routes import RouteRiskChanged
from clearway_contracts.topics import ROUTE_RISK
from clearway_platform.log import open_broker
from clearway_platform.messaging.consumer import Consumer
from clearway_platform.messaging.progress import Progress
from clearway_testing.plumbing import effect, plumb


async def main(url: str, broker_url: str) -> None:
    plumbing, progress = await plumb(url), Progress()
    broker = open_broker(broker_url, Path())
    await broker.start()
    consumer = Consumer(
        name="alerts",
        topics=[ROUTE_RISK],
        handlers={RouteRiskChanged: effect("reader")},
        broker=broker,
        database=plumbing.database,
        dead_letters=plumbing.dead_letters,
        clock=plumbing.clock,
        progress=progress,
    )
    consuming = asyncio.create_task(consumer.run())
    while progress.strangers():  # noqa: ASYNC110 - nobody says when
        await asyncio.sleep(0.05)
    sys.stdout.write("member\n")
    sys.stdout.flush()
    await consuming


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
