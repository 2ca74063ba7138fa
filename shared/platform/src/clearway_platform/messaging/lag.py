"""How far a consumer is behind, in messages, as the metrics show it."""

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
    """One consumer's lag. A partition that another member of the group has is not shown here."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._shown: set[TopicPartition] = set()

    def show(self, messages: Mapping[TopicPartition, int]) -> None:
        for place in self._shown - messages.keys():
            LAG.remove(self._consumer, place.topic, place.partition)
        for place, count in messages.items():
            LAG.labels(self._consumer, place.topic, place.partition).set(count)
        self._shown = set(messages)

    def forget(self) -> None:
        self.show({})
