"""A consumer's lag in messages: of this process as a metric, of the whole group as the broker has it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from prometheus_client import Gauge

from clearway_platform.log.base import Broker, BrokerError, TopicPartition

# A broker that does not answer within this time is away.
ANSWER_SECONDS: Final = 5.0

LAG: Final = Gauge(
    "clearway_consumer_lag_messages",
    "Messages of a partition that its consumer has not settled yet",
    ["consumer", "topic", "partition"],
)


class Lag:
    """One consumer's lag. It does not show partitions that are assigned to another member of the group."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._shown: set[TopicPartition] = set()

    def show(self, messages: Mapping[TopicPartition, int]) -> None:
        for partition in self._shown - messages.keys():
            LAG.remove(self._consumer, partition.topic, partition.partition)
        for partition, count in messages.items():
            LAG.labels(self._consumer, partition.topic, partition.partition).set(count)
        self._shown = set(messages)

    def forget(self) -> None:
        self.show({})


async def lag_of_group(broker: Broker, topics: Sequence[str], group: str) -> int | None:
    """The messages that no member of the group has settled, wherever its members run; None while the broker is away."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            settled = await broker.committed(topics, group=group)
            async with await broker.reader(topics, group=None, from_beginning=False) as reader:
                ends = await reader.end_offsets()
    except (BrokerError, TimeoutError):
        return None
    return sum(max(end - settled[partition], 0) for partition, end in ends.items())
