"""A process whose relay is killed in its worst moment: what it published is acknowledged, and not yet committed.

Arguments: the database's URL, the directory of the embedded log, the name of the moment.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from clearway_contracts.topics import ROUTE_RISK
from clearway_platform.log.base import Message, TopicSpec
from clearway_platform.log.embedded import EmbeddedBroker
from clearway_platform.messaging.relay.batch import BatchLimit
from clearway_testing.plumbing import plumb


class FatalLog(EmbeddedBroker):
    """Dies, as by a power cut, before or after the log has what was to be published."""

    moment = "after"

    async def publish(self, messages: Sequence[Message]) -> None:
        if self.moment == "after":
            await super().publish(messages)
        os.kill(os.getpid(), signal.SIGKILL)


async def main(url: str, directory: str, moment: str) -> None:
    plumbing = await plumb(url)
    log = FatalLog(Path(directory) / "log.db")
    log.moment = moment
    await log.start()
    await log.create_topics([TopicSpec(ROUTE_RISK.name, ROUTE_RISK.partitions, None)])
    await plumbing.relay(log, batch=BatchLimit(rows=10)).drain()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
