"""The topics and partitions of the embedded log, in memory."""

import zlib
from collections.abc import Iterable
from itertools import count

from clearway_platform.log.base import Message, MessageTooLarge, TopicPartition, TopicSpec, UnknownTopic
from clearway_platform.log.embedded.storage import StoredPartition
from clearway_platform.log.size import message_bytes


class Catalog:
    """Topics, the ids of their partitions, and where each partition ends."""

    def __init__(self, topics: Iterable[TopicSpec], partitions: Iterable[StoredPartition]) -> None:
        self._topics = {topic.name: topic for topic in topics}
        self._partitions = {stored.partition: stored for stored in partitions}
        self._ends = {partition: stored.end for partition, stored in self._partitions.items()}
        self._turn = count()

    def has(self, topic: str) -> bool:
        return topic in self._topics

    def partitions_of(self, topic: str) -> list[TopicPartition]:
        """Raises UnknownTopic."""
        return [TopicPartition(topic, number) for number in range(self._spec(topic).partitions)]

    def stored(self, partition: TopicPartition) -> StoredPartition:
        return self._partitions[partition]

    def end(self, partition: TopicPartition) -> int:
        return self._ends[partition]

    def advance(self, partition: TopicPartition, end: int) -> None:
        self._ends[partition] = max(end, self._ends[partition])

    def partition_for(self, message: Message) -> TopicPartition:
        """The partition of a message: by its key, or in turn when it has none. Raises UnknownTopic, MessageTooLarge."""
        if message.key is None and message.value is None:
            raise ValueError("a message has a key, a value, or both")
        topic = self._spec(message.topic)
        size = message_bytes(message)
        if size > topic.max_message_bytes:
            raise MessageTooLarge(f"{size} bytes for {topic.name}, which takes {topic.max_message_bytes}")
        chosen = next(self._turn) if message.key is None else zlib.crc32(message.key)
        return TopicPartition(topic.name, chosen % topic.partitions)

    def _spec(self, topic: str) -> TopicSpec:
        try:
            return self._topics[topic]
        except KeyError:
            raise UnknownTopic(topic) from None
