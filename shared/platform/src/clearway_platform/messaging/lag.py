"""A consumer's lag in messages, as a metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client import Gauge

from clearway_platform.log.base import TopicPartition

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
