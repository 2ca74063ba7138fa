"""A log that only publishes: it records messages, and does not answer, is slow or refuses when a test says so."""

import asyncio
from collections.abc import Mapping, Sequence

from clearway_platform.log.base import (
    Broker,
    BrokerError,
    LogReader,
    Message,
    PartitionsCallback,
    TopicPartition,
    TopicSpec,
)


class RecordingLog(Broker):
    """For tests of publishers. Consumers are tested on the real logs.

    `refuse` is raised by each publication while it is set; publication waits until `open` is set. `crash` is raised
    once the messages are taken. `batches` holds how many messages each publication had.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.batches: list[int] = []
        self.refuse: BrokerError | None = None
        self.crash: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()

    async def publish(self, messages: Sequence[Message]) -> None:
        self.asked.set()
        await self.open.wait()
        if self.refuse is not None:
            raise self.refuse
        self.messages.extend(messages)
        self.batches.append(len(messages))
        if self.crash is not None:
            raise self.crash

    async def start(self) -> None:
        return

    async def close(self) -> None:
        return

    async def check(self) -> None:
        return

    async def create_topics(self, topics: Sequence[TopicSpec]) -> None:
        return

    async def missing(self, topics: Sequence[str]) -> Sequence[str]:
        return ()

    async def committed(self, topics: Sequence[str], *, group: str) -> Mapping[TopicPartition, int]:
        raise NotImplementedError("this log only takes")

    async def reader(
        self,
        topics: Sequence[str],
        *,
        group: str | None,
        from_beginning: bool = True,
        on_revoked: PartitionsCallback | None = None,
        on_assigned: PartitionsCallback | None = None,
    ) -> LogReader:
        raise NotImplementedError("this log only takes")
