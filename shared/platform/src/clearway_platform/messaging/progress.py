"""How far the consumers of one process are: until when everything that was published is handled, as far as it knows,
and which of them do not consume."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clearway_platform.clock import Clock
from clearway_platform.log.base import TopicPartition

# What waits for so long without any other being handled is held by something.
HELD: Final = timedelta(seconds=15)


class Progress:
    """What a consumer has fetched and not settled counts from the time of the oldest record; while it is no member of
    its group, everything that is published counts from when it left."""

    def __init__(self) -> None:
        self._absent_since: dict[str, datetime] = {}
        self._oldest: dict[tuple[str, TopicPartition], datetime] = {}
        self._consumers: set[str] = set()
        self._met: set[str] = set()
        self._held_since: dict[tuple[str, TopicPartition], datetime] = {}

    def joined(self, consumer: str) -> None:
        self._consumers.add(consumer)
        self._met.add(consumer)
        self._absent_since.pop(consumer, None)

    def left(self, consumer: str, at: datetime) -> None:
        self._consumers.add(consumer)
        self._absent_since.setdefault(consumer, at)
        for key in [key for key in self._held_since if key[0] == consumer]:
            del self._held_since[key]

    def not_awaited(self, consumer: str) -> None:
        """A process that has just started answers requests before this consumer is a member of its group."""
        self._met.add(consumer)

    def working_on(self, consumer: str, partition: TopicPartition, published: datetime) -> None:
        """The oldest record of the partition that is not settled was published at this time."""
        self._oldest[consumer, partition] = published

    def done_with(self, consumer: str, partition: TopicPartition) -> None:
        self._oldest.pop((consumer, partition), None)

    def held(self, consumer: str, partition: TopicPartition, at: datetime) -> None:
        """Something of the partition waits, and nothing was settled since the last look."""
        self._held_since.setdefault((consumer, partition), at)

    def moves(self, consumer: str, partition: TopicPartition) -> None:
        """Nothing of the partition waits, or some of it was settled since the last look."""
        self._held_since.pop((consumer, partition), None)

    def absent_since(self) -> Mapping[str, datetime]:
        """The consumers that are no members of their groups in this process, each since when."""
        return dict(self._absent_since)

    def strangers(self) -> frozenset[str]:
        """The consumers that are waited for, and were no member of their group yet."""
        return frozenset(self._consumers - self._met)

    def idle(self, now: datetime) -> Mapping[str, str]:
        """The consumers that do not consume, each with the reason."""
        found = {
            consumer: f"is joining its group, for {_seconds(now - since)}: no event is handled here meanwhile"
            for consumer, since in self._absent_since.items()
        }
        for consumer, (partition, since) in self.holding(now).items():
            what = f"nothing of {partition.topic} partition {partition.partition} was handled"
            found[consumer] = f"{what} for {_seconds(now - since)}, and events wait: look at the log"
        return found

    def holding(self, now: datetime) -> Mapping[str, tuple[TopicPartition, datetime]]:
        """The consumers that a partition waits for, each with the one and since when."""
        return {
            consumer: (partition, since)
            for (consumer, partition), since in self._held_since.items()
            if now - since >= HELD
        }

    def handled_until(self, now: datetime) -> Mapping[str, datetime]:
        """By consumer."""
        found = {consumer: min(self._absent_since.get(consumer, now), now) for consumer in sorted(self._consumers)}
        for (consumer, _), published in self._oldest.items():
            found[consumer] = min(found.get(consumer, now), published)
        return found


def _seconds(span: timedelta) -> str:
    return f"{max(span.total_seconds(), 0):.0f} s"


@dataclass(frozen=True, slots=True)
class Standing:
    """What one consumer says of itself."""

    consumer: str
    progress: Progress
    clock: Clock

    def joined(self) -> None:
        self.progress.joined(self.consumer)

    def left(self) -> None:
        self.progress.left(self.consumer, self.clock.now())

    def working_on(self, partition: TopicPartition, published: datetime) -> None:
        self.progress.working_on(self.consumer, partition, published)

    def done_with(self, partition: TopicPartition) -> None:
        self.progress.done_with(self.consumer, partition)

    def look(self, waiting: Mapping[TopicPartition, int], settled: Collection[TopicPartition]) -> None:
        """How much of each assigned partition waits, and of which some was settled since the last look."""
        for partition, count in waiting.items():
            if count and partition not in settled:
                self.progress.held(self.consumer, partition, self.clock.now())
            else:
                self.progress.moves(self.consumer, partition)
