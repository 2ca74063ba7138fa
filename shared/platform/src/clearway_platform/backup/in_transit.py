"""Events in transit: on Kafka at the moment of the backup, and perhaps not yet processed by every consumer.

They are stored as they are on the wire. A restore sets every consumer to the end of its topics, so that it receives
no event from after the backup, and publishes these again: the inbox ignores events that were processed already.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from clearway_contracts.topics import TOPICS
from clearway_platform.backup.source import BackupError
from clearway_platform.log.base import Broker, LogReader, Message, Record, TopicPartition

_STALLED_SECONDS: Final = 30.0
_BATCH_RECORDS: Final = 500
_READ: Final = tuple(topic for topic in TOPICS if topic.consumers)
_GROUPS: Final = sorted({group for topic in _READ for group in topic.consumers})

Offsets = Mapping[TopicPartition, int]


class EventsInTransit:
    """Reads the records between the consumers' offsets and the ends of their topics."""

    def __init__(self, broker: Broker, reader: LogReader, taken: Offsets) -> None:
        self._broker = broker
        self._reader = reader
        self._taken = taken

    @classmethod
    async def open(cls, broker: Broker) -> EventsInTransit:
        """Read the consumers' committed offsets, which can only grow later. Raises BrokerError."""
        taken: dict[TopicPartition, int] = {}
        for group in _GROUPS:
            topics = [topic.name for topic in _READ if group in topic.consumers]
            offsets = await broker.committed(topics, group=group)
            taken |= {partition: min(offset, taken.get(partition, offset)) for partition, offset in offsets.items()}
        reader = await broker.reader([topic.name for topic in _READ], group=None)
        return cls(broker, reader, taken)

    async def ends(self) -> Offsets:
        """The current end offsets of the topics."""
        return await self._reader.end_offsets()

    async def read(self, ends: Offsets) -> list[Record]:
        """The records before `ends` that may not be processed yet. Raises BackupError."""
        left = {partition: end for partition, end in ends.items() if self._taken[partition] < end}
        for partition in self._reader.assignment():
            if partition in left:
                self._reader.seek(partition, self._taken[partition])
        self._reader.pause(self._reader.assignment() - left.keys())
        found: list[Record] = []
        try:
            while left:
                async with asyncio.timeout(_STALLED_SECONDS):
                    batch = await self._next(left)
                found += batch
        except TimeoutError as error:
            raise BackupError(f"Kafka gave no records for {_STALLED_SECONDS:g} s.") from error
        return found

    async def close(self) -> None:
        await self._reader.close()

    async def _next(self, left: dict[TopicPartition, int]) -> list[Record]:
        """The next records before the ends in `left`; a partition that was read to its end is removed from `left`."""
        while True:
            batches = await self._reader.fetch(max_records=_BATCH_RECORDS)
            found: list[Record] = []
            for partition in batches.keys() & left.keys():
                found += [record for record in batches[partition] if record.offset < left[partition]]
                if batches[partition][-1].offset + 1 >= left[partition]:
                    self._reader.pause(frozenset({partition}))
                    del left[partition]
            if found:
                return found


async def put_back(broker: Broker, messages: Sequence[Message]) -> None:
    """Set every consumer to the end of its topics, and publish `messages` after it. Raises BackupError, BrokerError."""
    async with AsyncExitStack() as joined:
        for group in _GROUPS:
            topics = [topic for topic in _READ if group in topic.consumers]
            reader = await broker.reader([topic.name for topic in topics], group=group)
            await joined.enter_async_context(reader)
            if len(reader.assignment()) < len(await broker.committed([topic.name for topic in topics], group=group)):
                raise BackupError(
                    f"A consumer of the group {group!r} is still running. Stop Clearway's services first."
                )
            await reader.commit(await reader.end_offsets())
    for start in range(0, len(messages), _BATCH_RECORDS):
        await broker.publish(messages[start : start + _BATCH_RECORDS])


def write(file: Path, records: Sequence[Record]) -> None:
    """Write one record per line."""
    with file.open("w") as lines:
        for record in records:
            line = {
                "topic": record.topic,
                "key": _text(record.key),
                "value": _text(record.value),
                "headers": [[name, _text(value)] for name, value in record.headers],
            }
            lines.write(json.dumps(line) + "\n")


def read(file: Path) -> list[Message]:
    """The messages of a file that `write` made."""
    with file.open() as lines:
        return [_message(json.loads(line)) for line in lines]


def _message(line: Mapping[str, Any]) -> Message:
    headers = tuple((name, _bytes(value) or b"") for name, value in line["headers"])
    return Message(line["topic"], _bytes(line["key"]), _bytes(line["value"]), headers)


def _text(data: bytes | None) -> str | None:
    return None if data is None else b64encode(data).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)
