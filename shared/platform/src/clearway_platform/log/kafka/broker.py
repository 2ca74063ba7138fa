"""The broker port over Apache Kafka."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import RecordMetadata
from aiokafka.structs import TopicPartition as KafkaPartition

from clearway_platform.log.base import (
    BrokerError,
    BrokerUnavailable,
    Message,
    MessageTooLarge,
    PartitionsCallback,
    TopicPartition,
    TopicSpec,
)
from clearway_platform.log.kafka.address import KafkaAddress
from clearway_platform.log.kafka.cluster import KafkaCluster
from clearway_platform.log.kafka.errors import SessionTooShort, within
from clearway_platform.log.kafka.producer import SupervisedProducer
from clearway_platform.log.kafka.reader import KafkaReader, RebalanceListener, consumer_options
from clearway_platform.log.kafka.sessions import REMEDY, SHORT, SHORTEST_BY_DEFAULT
from clearway_platform.log.size import message_bytes

logger = logging.getLogger(__name__)

Acknowledgement = asyncio.Future[RecordMetadata]

PUBLISH_SECONDS: Final = 10.0
# Kafka's own default, for a topic that Clearway did not create.
DEFAULT_MESSAGE_BYTES: Final = 1_048_576


class KafkaBroker:
    """Connects at first use, so that a process starts, and accepts reports, while Kafka is away."""

    def __init__(self, address: KafkaAddress, *, client_id: str = "clearway") -> None:
        self._options = {**address.client_options(), "client_id": client_id}
        self._replication_factor = address.replication_factor
        self._limits: dict[str, int] = {}
        self._known: set[str] = set()
        self._producer: SupervisedProducer | None = None
        self._cluster: KafkaCluster | None = None
        # One caller at a time: each batch would wake thousands of waiters for aiokafka's buffer, and few could go on.
        self._sending = asyncio.Lock()
        self._asking_for_topics = asyncio.Lock()
        self._warming: asyncio.Task[None] | None = None
        self._session = SHORT

    async def start(self) -> None:
        """Returns at once: a process starts although its broker does not answer."""
        if self._producer is None:
            self._producer = SupervisedProducer(self._options)
            self._cluster = KafkaCluster(self._options, self._replication_factor)
            self._warming = asyncio.create_task(self._warm())

    async def close(self) -> None:
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
            self._warming = None
        producer, self._producer = self._producer, None
        cluster, self._cluster = self._cluster, None
        if producer is not None:
            await producer.close()
        if cluster is not None:
            await cluster.close()

    async def create_topics(self, topics: Sequence[TopicSpec]) -> None:
        await self._started_cluster().create_topics(topics)
        self._limits.update((topic.name, topic.max_message_bytes) for topic in topics)

    async def missing(self, topics: Sequence[str]) -> Sequence[str]:
        return await self._started_cluster().missing(topics)

    async def committed(self, topics: Sequence[str], *, group: str) -> Mapping[TopicPartition, int]:
        return await self._started_cluster().committed(topics, group)

    async def publish(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._check_size(message)
        await self._require_topics(frozenset(message.topic for message in messages))
        producer = await self._started_producer().get()
        try:
            async with within(PUBLISH_SECONDS, f"publishing {len(messages)} messages"):
                async with self._sending:
                    acknowledgements = await _send(producer, messages)
                await _await_all(acknowledgements)
        except BrokerError:
            self._known.difference_update(message.topic for message in messages)
            self._started_producer().discard(producer)
            raise

    async def reader(
        self,
        topics: Sequence[str],
        *,
        group: str | None,
        from_beginning: bool = True,
        on_revoked: PartitionsCallback | None = None,
        on_assigned: PartitionsCallback | None = None,
    ) -> KafkaReader:
        partitions = await self._started_cluster().partitions(topics)

        async def started() -> KafkaReader:
            consumer = AIOKafkaConsumer(**self._options, **consumer_options(group, from_beginning, self._session))
            if group is None:
                consumer.assign([KafkaPartition(name, number) for name in topics for number in range(partitions[name])])
            else:
                consumer.subscribe(list(topics), listener=RebalanceListener(on_revoked, on_assigned))
            reader = KafkaReader(consumer)
            await reader.start(settle=not from_beginning)
            return reader

        try:
            return await started()
        except SessionTooShort:
            if self._session is SHORTEST_BY_DEFAULT:
                raise
            self._session = SHORTEST_BY_DEFAULT
            logger.warning(REMEDY)
            return await started()

    async def check(self) -> None:
        await self._started_cluster().check()

    async def _warm(self) -> None:
        try:
            await self._started_producer().get()
        except BrokerError as error:
            logger.warning("Kafka does not answer; the next publish or read connects again: %s", error)

    async def _require_topics(self, topics: frozenset[str]) -> None:
        """Ask the cluster once, however many publishers need the answer. Raises UnknownTopic, BrokerUnavailable."""
        if topics <= self._known:
            return
        async with within(PUBLISH_SECONDS, "looking for topics"), self._asking_for_topics:
            if unknown := sorted(topics - self._known):
                await self._started_cluster().partitions(unknown)
                self._known.update(unknown)

    def _check_size(self, message: Message) -> None:
        if message.key is None and message.value is None:
            raise ValueError("a message has a key, a value, or both")
        limit, size = self._limits.get(message.topic, DEFAULT_MESSAGE_BYTES), message_bytes(message)
        if size > limit:
            raise MessageTooLarge(f"{size} bytes for {message.topic}, which takes {limit}")

    def _started_producer(self) -> SupervisedProducer:
        if self._producer is None:
            raise BrokerUnavailable("the Kafka broker is not started")
        return self._producer

    def _started_cluster(self) -> KafkaCluster:
        if self._cluster is None:
            raise BrokerUnavailable("the Kafka broker is not started")
        return self._cluster


async def _send(producer: AIOKafkaProducer, messages: Sequence[Message]) -> list[Acknowledgement]:
    return [
        await producer.send(message.topic, message.value, message.key, headers=list(message.headers))
        for message in messages
    ]


async def _await_all(acknowledgements: Sequence[Acknowledgement]) -> None:
    """Wait for every acknowledgement; the first failure is raised."""
    for result in await asyncio.gather(*acknowledgements, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
