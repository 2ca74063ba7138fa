"""A reader of Kafka: raw bytes, offsets committed by hand."""

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.structs import TopicPartition as KafkaPartition

from clearway_platform.log.base import NotAssigned, PartitionsCallback, Record, TopicPartition
from clearway_platform.log.kafka.errors import within
from clearway_platform.log.kafka.sessions import Session

logger = logging.getLogger(__name__)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Work in flight may take this long before its partition is given away; the coordinator waits longer than that.
REVOCATION_SECONDS: Final = 2.5
REBALANCE_MS: Final = 3_000
JOIN_SECONDS: Final = 30.0
REQUEST_SECONDS: Final = 10.0


def consumer_options(group: str | None, from_beginning: bool, session: Session) -> dict[str, Any]:
    return {
        "group_id": group,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest" if from_beginning else "latest",
        "session_timeout_ms": int(session.seconds * 1000),
        "heartbeat_interval_ms": int(session.heartbeat_seconds * 1000),
        "rebalance_timeout_ms": REBALANCE_MS,
        "request_timeout_ms": int(REQUEST_SECONDS * 1000),
    }


class KafkaReader:
    """A started consumer. The code that made it calls `start` and `close`.

    When `fetch` raises BrokerUnavailable, close this reader and ask for another.
    """

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def start(self, *, settle: bool) -> None:
        """Join the group. `settle`: fix where "the end" is now, rather than at the first fetch."""
        try:
            async with within(JOIN_SECONDS, "starting a reader"):
                await self._consumer.start()
                if settle:
                    for partition in self._consumer.assignment():
                        await self._consumer.position(partition)
        except BaseException:
            await self.close()
            raise

    async def fetch(self, *, max_records: int = 500, timeout: float = 1.0) -> Mapping[TopicPartition, Sequence[Record]]:
        async with within(timeout + REQUEST_SECONDS, "fetching"):
            batches = await self._consumer.getmany(timeout_ms=int(timeout * 1000), max_records=max_records)
        return {
            _topic_partition(partition): [_record(record) for record in records]
            for partition, records in batches.items()
        }

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        async with within(REQUEST_SECONDS, "committing offsets"):
            await self._consumer.commit({_kafka_partition(partition): offset for partition, offset in offsets.items()})

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(map(_topic_partition, self._consumer.assignment()))

    def pause(self, partitions: frozenset[TopicPartition]) -> None:
        self._consumer.pause(*self._assigned(partitions))

    def resume(self, partitions: frozenset[TopicPartition]) -> None:
        self._consumer.resume(*self._assigned(partitions))

    def seek(self, partition: TopicPartition, offset: int) -> None:
        (assigned,) = self._assigned((partition,))
        self._consumer.seek(assigned, offset)

    async def seek_to_beginning(self) -> None:
        await self._seek(self._consumer.seek_to_beginning)

    async def seek_to_end(self) -> None:
        await self._seek(self._consumer.seek_to_end)

    async def seek_to_time(self, moment: datetime) -> None:
        milliseconds = -((EPOCH - moment) // timedelta(milliseconds=1))
        partitions = list(self._consumer.assignment())
        async with within(REQUEST_SECONDS, "looking offsets up by time"):
            found = await self._consumer.offsets_for_times(dict.fromkeys(partitions, milliseconds))
            ends = await self._consumer.end_offsets(partitions)
            for partition in partitions:
                first = found.get(partition)
                self._consumer.seek(partition, ends[partition] if first is None else first.offset)

    async def end_offsets(self) -> Mapping[TopicPartition, int]:
        async with within(REQUEST_SECONDS, "asking for the ends of partitions"):
            ends = await self._consumer.end_offsets(list(self._consumer.assignment()))
        return {_topic_partition(partition): offset for partition, offset in ends.items()}

    async def backlog(self) -> Mapping[TopicPartition, int]:
        backlog: dict[TopicPartition, int] = {}
        async with within(REQUEST_SECONDS, "asking how far a reader is behind"):
            ends = await self._consumer.end_offsets(list(self._consumer.assignment()))
            for partition, end in ends.items():
                backlog[_topic_partition(partition)] = max(end - await self._consumer.position(partition), 0)
        return backlog

    async def close(self) -> None:
        """Leave the group. It does not wait for a broker that is away."""
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                await self._consumer.stop()
        except TimeoutError:
            logger.warning("a Kafka consumer did not stop in %g s", REQUEST_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _seek(self, seek: Any) -> None:
        if self._consumer.assignment():
            async with within(REQUEST_SECONDS, "seeking"):
                await seek()

    def _assigned(self, partitions: Iterable[TopicPartition]) -> list[KafkaPartition]:
        wanted = [_kafka_partition(partition) for partition in partitions]
        if missing := set(wanted) - self._consumer.assignment():
            raise NotAssigned(f"not assigned to this reader: {sorted(missing)}")
        return wanted


class RebalanceListener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Calls back before partitions are given away and after they were assigned. A callback has a time limit."""

    def __init__(self, on_revoked: PartitionsCallback | None, on_assigned: PartitionsCallback | None) -> None:
        self._on_revoked = on_revoked
        self._on_assigned = on_assigned

    async def on_partitions_revoked(self, revoked: Iterable[KafkaPartition]) -> None:
        partitions = frozenset(map(_topic_partition, revoked))
        if partitions and self._on_revoked is not None:
            await _bounded(self._on_revoked(partitions))

    async def on_partitions_assigned(self, assigned: Iterable[KafkaPartition]) -> None:
        if self._on_assigned is not None:
            await _bounded(self._on_assigned(frozenset(map(_topic_partition, assigned))))


async def _bounded(work: Awaitable[None]) -> None:
    async with asyncio.timeout(REVOCATION_SECONDS):
        await work


def _topic_partition(partition: KafkaPartition) -> TopicPartition:
    return TopicPartition(partition.topic, partition.partition)


def _kafka_partition(partition: TopicPartition) -> KafkaPartition:
    return KafkaPartition(partition.topic, partition.partition)


def _record(record: "ConsumerRecord[bytes | None, bytes | None]") -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=EPOCH + timedelta(milliseconds=record.timestamp),
        key=record.key,
        value=record.value,
        headers=tuple((name, value or b"") for name, value in record.headers),
    )
