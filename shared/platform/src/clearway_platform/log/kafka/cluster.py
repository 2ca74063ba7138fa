"""The administrative side of a Kafka cluster: its topics, committed offsets, and whether it answers."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError, TopicAlreadyExistsError, for_code
from aiokafka.structs import OffsetAndMetadata
from aiokafka.structs import TopicPartition as KafkaPartition

from clearway_platform.log.base import BrokerUnavailable, TopicPartition, TopicSpec, UnknownTopic
from clearway_platform.log.kafka.errors import translated, within

REQUEST_SECONDS: Final = 10.0
CHECK_SECONDS: Final = 3.0
# The broker that creates a topic knows it at once, the others a moment later.
SETTLE_SECONDS: Final = 2.0
POLL_SECONDS: Final = 0.05
REPLICAS: Final = 3


class KafkaCluster:
    """An administrative connection, made when needed and dropped when it fails."""

    def __init__(self, options: dict[str, Any], replication_factor: int | None) -> None:
        self._options = options
        self._replication_factor = replication_factor
        self._admin: AIOKafkaAdminClient | None = None
        self._connecting = asyncio.Lock()

    async def check(self) -> None:
        """Raises BrokerUnavailable."""
        async with self._connection(CHECK_SECONDS, "describing the cluster") as admin:
            if not (await admin.describe_cluster())["brokers"]:
                raise BrokerUnavailable("the Kafka cluster has no broker")

    async def create_topics(self, topics: Sequence[TopicSpec]) -> None:
        """Make the topics that are missing, and return once they can be used."""
        missing = [topic for topic in topics if topic.name not in await self._partitions()]
        if not missing:
            return
        async with self._connection(REQUEST_SECONDS, "creating topics") as admin:
            cluster = await admin.describe_cluster()
            if cluster["controller_id"] < 0:
                raise BrokerUnavailable("the Kafka cluster has no controller yet")
            replicas = self._replication_factor or min(REPLICAS, len(cluster["brokers"]))
            answer = await admin.create_topics([_new_topic(topic, replicas) for topic in missing])
            for name, code, *text in answer.topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise translated(for_code(code)(f"topic {name}: {' '.join(map(str, text))}"))
        await self.partitions([topic.name for topic in missing])

    async def missing(self, topics: Sequence[str]) -> Sequence[str]:
        """Those of the topics that do not exist now. Raises BrokerUnavailable."""
        known = await self._partitions()
        return [topic for topic in topics if not known.get(topic)]

    async def partitions(self, topics: Sequence[str]) -> Mapping[str, int]:
        """How many partitions each topic has. Raises UnknownTopic, BrokerUnavailable."""
        deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
        while True:
            known = await self._partitions()
            unknown = [topic for topic in topics if not known.get(topic)]
            if not unknown:
                return {topic: known[topic] for topic in topics}
            if asyncio.get_running_loop().time() > deadline:
                raise UnknownTopic(", ".join(unknown))
            await asyncio.sleep(POLL_SECONDS)

    async def committed(self, topics: Sequence[str], group: str) -> Mapping[TopicPartition, int]:
        """The next offset that a group will read. Raises UnknownTopic, BrokerUnavailable."""
        partitions = [
            TopicPartition(topic, number)
            for topic, count in (await self.partitions(topics)).items()
            for number in range(count)
        ]
        async with self._connection(REQUEST_SECONDS, "asking for committed offsets") as admin:
            stored = await _offsets_of(admin, group)
        known = {
            TopicPartition(partition.topic, partition.partition): found.offset for partition, found in stored.items()
        }
        return {partition: max(known.get(partition, 0), 0) for partition in partitions}

    async def close(self) -> None:
        if self._admin is not None:
            admin, self._admin = self._admin, None
            await admin.close()

    async def _partitions(self) -> dict[str, int]:
        # All topics: a request for one by name would create it on a cluster that creates topics automatically.
        async with self._connection(REQUEST_SECONDS, "listing topics") as admin:
            return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}

    @asynccontextmanager
    async def _connection(self, seconds: float, action: str) -> AsyncIterator[AIOKafkaAdminClient]:
        try:
            async with within(seconds, action):
                yield await self._connected()
        except BrokerUnavailable:
            await self.close()
            raise

    async def _connected(self) -> AIOKafkaAdminClient:
        async with self._connecting:
            if self._admin is None:
                admin = AIOKafkaAdminClient(request_timeout_ms=int(REQUEST_SECONDS * 1000), **self._options)
                try:
                    await admin.start()
                except BaseException:
                    await admin.close()
                    raise
                self._admin = admin
            return self._admin


async def _offsets_of(admin: AIOKafkaAdminClient, group: str) -> Mapping[KafkaPartition, OffsetAndMetadata]:
    """The offsets of a group. Until a cluster has created its coordinator, at the first request, it answers that it has
    none."""
    while True:
        try:
            stored: Mapping[KafkaPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(group)
            return stored
        except GroupCoordinatorNotAvailableError:
            await asyncio.sleep(POLL_SECONDS)


def _new_topic(topic: TopicSpec, replicas: int) -> NewTopic:
    return NewTopic(
        name=topic.name,
        num_partitions=topic.partitions,
        replication_factor=replicas,
        topic_configs={
            "cleanup.policy": "delete",
            "retention.ms": str(-1 if topic.retention_ms is None else topic.retention_ms),
            "max.message.bytes": str(topic.max_message_bytes),
            # With three copies one broker may be away; an acknowledged event is always on two disks.
            "min.insync.replicas": str(2 if replicas >= REPLICAS else 1),
        },
    )
