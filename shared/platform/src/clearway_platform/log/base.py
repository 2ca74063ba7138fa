"""The broker port: the functions of an event log that Clearway needs, and that both adapters have."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

Headers = tuple[tuple[str, bytes], ...]


class BrokerError(Exception):
    """The broker could not complete a request."""


class BrokerUnavailable(BrokerError):
    """The broker does not answer, or refuses for now: retry later, in the same order."""


class MessageTooLarge(BrokerError):
    """The message is over the topic's limit and will never be accepted."""


class UnknownTopic(BrokerError):
    """The topic does not exist: topics are created from the contracts' table, never by publishing to them."""


class NotAssigned(BrokerError):
    """The partition was assigned to another member of the group, which will receive unfinished records again."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish. `key` chooses the partition; messages of one key keep their order."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True, order=True)
class TopicPartition:
    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Record:
    """A message in the log: its partition and offset. `timestamp` is UTC-aware."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def source(self) -> TopicPartition:
        return TopicPartition(self.topic, self.partition)


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """How a topic is created. With `retention_ms` None its records are kept for ever."""

    name: str
    partitions: int
    retention_ms: int | None
    max_message_bytes: int = 1_048_576


PartitionsCallback = Callable[[frozenset[TopicPartition]], Awaitable[None]]


class LogReader(Protocol):
    """A reader of topics: a member of a consumer group, or alone (`group=None`, every partition, no commits)."""

    async def fetch(self, *, max_records: int = 500, timeout: float = 1.0) -> Mapping[TopicPartition, Sequence[Record]]:
        """The next records of each assigned, unpaused partition, in order; empty after `timeout` seconds."""
        ...

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Store the next offset to read of each partition. Raises NotAssigned after a rebalance."""
        ...

    def assignment(self) -> frozenset[TopicPartition]: ...

    def pause(self, partitions: frozenset[TopicPartition]) -> None: ...

    def resume(self, partitions: frozenset[TopicPartition]) -> None: ...

    def seek(self, partition: TopicPartition, offset: int) -> None: ...

    async def seek_to_beginning(self) -> None: ...

    async def seek_to_end(self) -> None: ...

    async def seek_to_time(self, moment: datetime) -> None:
        """Continue every assigned partition at its first record at or after `moment`."""
        ...

    async def end_offsets(self) -> Mapping[TopicPartition, int]: ...

    async def backlog(self) -> Mapping[TopicPartition, int]:
        """How many records of each assigned partition are not fetched yet."""
        ...

    async def close(self) -> None: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Broker(Protocol):
    """A durable, partitioned log. `start` before use, `close` after; both are safe to repeat."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def create_topics(self, topics: Sequence[TopicSpec]) -> None:
        """Create the missing topics. Existing ones stay as they are."""
        ...

    async def missing(self, topics: Sequence[str]) -> Sequence[str]:
        """Those of the topics that do not exist. Raises BrokerUnavailable."""
        ...

    async def committed(self, topics: Sequence[str], *, group: str) -> Mapping[TopicPartition, int]:
        """The next offset that the group will read, of every partition; 0 where it has committed none.

        Raises BrokerUnavailable, UnknownTopic.
        """
        ...

    async def publish(self, messages: Sequence[Message]) -> None:
        """Append all, in order per key, and return once every one is durable.

        Raises BrokerUnavailable (some may have been appended: repeat all), MessageTooLarge, UnknownTopic.
        """
        ...

    async def reader(
        self,
        topics: Sequence[str],
        *,
        group: str | None,
        from_beginning: bool = True,
        on_revoked: PartitionsCallback | None = None,
        on_assigned: PartitionsCallback | None = None,
    ) -> LogReader:
        """A started reader. A group without a committed offset begins at the beginning, or at the end.

        `on_revoked` is awaited before partitions are reassigned, so that work on them can finish.
        """
        ...

    async def check(self) -> None:
        """Raise BrokerUnavailable when the broker does not answer. For readiness."""
        ...
