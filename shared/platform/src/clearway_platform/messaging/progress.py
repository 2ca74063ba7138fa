"""How far the consumers of one process are: until when everything that was published is handled, as far as it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from clearway_platform.log.base import TopicPartition


class Progress:
    """What a consumer has fetched and not settled counts from the time of the oldest record; while it is no member of
    its group, everything that is published counts from when it left."""

    def __init__(self) -> None:
        self._absent_since: dict[str, datetime] = {}
        self._oldest: dict[tuple[str, TopicPartition], datetime] = {}
        self._consumers: set[str] = set()

    def joined(self, consumer: str) -> None:
        self._consumers.add(consumer)
        self._absent_since.pop(consumer, None)

    def left(self, consumer: str, at: datetime) -> None:
        self._consumers.add(consumer)
        self._absent_since.setdefault(consumer, at)

    def working_on(self, consumer: str, partition: TopicPartition, published: datetime) -> None:
        """The oldest record of the partition that is not settled was published at this time."""
        self._oldest[consumer, partition] = published

    def done_with(self, consumer: str, partition: TopicPartition) -> None:
        self._oldest.pop((consumer, partition), None)

    def absent_since(self) -> Mapping[str, datetime]:
        """The consumers that are no members of their groups in this process, each since when."""
        return dict(self._absent_since)

    def handled_until(self, now: datetime) -> Mapping[str, datetime]:
        """By consumer."""
        found = {consumer: min(self._absent_since.get(consumer, now), now) for consumer in sorted(self._consumers)}
        for (consumer, _), published in self._oldest.items():
            found[consumer] = min(found.get(consumer, now), published)
        return found


@dataclass(frozen=True, slots=True)
class Standing:
    """What one consumer says of itself."""

    consumer: str
    progress: Progress

    def joined(self) -> None:
        self.progress.joined(self.consumer)

    def working_on(self, partition: TopicPartition, published: datetime) -> None:
        self.progress.working_on(self.consumer, partition, published)

    def done_with(self, partition: TopicPartition) -> None:
        self.progress.done_with(self.consumer, partition)
