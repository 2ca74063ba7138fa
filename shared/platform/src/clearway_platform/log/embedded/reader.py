"""A reader of the embedded log."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from clearway_platform.log.base import BrokerError, NotAssigned, PartitionsCallback, Record, TopicPartition
from clearway_platform.log.embedded import storage
from clearway_platform.log.embedded.catalog import Catalog
from clearway_platform.log.embedded.journal import Journal

logger = logging.getLogger(__name__)

# As with Kafka, a rebalance does not wait longer for a member: its commit will be refused.
REVOCATION_SECONDS: Final = 10.0


class EmbeddedReader:
    """Reads its partitions in turn. A commit of a publisher wakes it."""

    def __init__(
        self,
        journal: Journal,
        catalog: Callable[[], Catalog],
        topics: frozenset[str],
        *,
        group: str | None,
        from_beginning: bool,
        on_revoked: PartitionsCallback | None,
        on_assigned: PartitionsCallback | None,
        on_closed: Callable[["EmbeddedReader"], None],
    ) -> None:
        self.topics = topics
        self.group = group
        self._journal = journal
        self._catalog = catalog
        self._from_beginning = from_beginning
        self._on_revoked = on_revoked
        self._on_assigned = on_assigned
        self._on_closed = on_closed
        self._positions: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self._woken = asyncio.Event()
        self._closed = False

    def wake(self) -> None:
        self._woken.set()

    async def assign(self, partitions: frozenset[TopicPartition]) -> None:
        """Continue at the committed offset of each partition, or where a new group begins."""
        group, catalog = self.group, self._catalog()
        committed = {} if group is None else await self._journal.read(lambda file: storage.load_committed(file, group))
        if self._closed:
            return
        self._positions = {
            partition: committed.get(
                catalog.stored(partition).id, 0 if self._from_beginning else catalog.end(partition)
            )
            for partition in sorted(partitions)
        }
        await _call(self._on_assigned, partitions)
        self.wake()

    async def revoke(self) -> None:
        partitions = self.assignment()
        if partitions and not self._closed:
            await _call(self._on_revoked, partitions)
        self._positions = {}
        self._paused = set()

    async def fetch(self, *, max_records: int = 500, timeout: float = 1.0) -> Mapping[TopicPartition, Sequence[Record]]:
        deadline = asyncio.get_running_loop().time() + timeout
        while not self._closed:
            self._woken.clear()
            if records := await self._read(max_records):
                return records
            try:
                async with asyncio.timeout_at(deadline):
                    await self._woken.wait()
            except TimeoutError:
                return {}
        raise BrokerError("the reader is closed")

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        group = self.group
        if group is None:
            raise BrokerError("a reader without a group keeps no offsets")
        self._require(offsets)
        by_id = {self._catalog().stored(partition).id: offset for partition, offset in offsets.items()}
        await self._journal.write(lambda file: storage.store_committed(file, group, by_id))

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self._positions)

    def pause(self, partitions: frozenset[TopicPartition]) -> None:
        self._require(partitions)
        self._paused |= partitions

    def resume(self, partitions: frozenset[TopicPartition]) -> None:
        self._require(partitions)
        self._paused -= partitions
        self.wake()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._require((partition,))
        self._positions[partition] = offset
        self.wake()

    async def seek_to_beginning(self) -> None:
        for partition in self._positions:
            self.seek(partition, 0)

    async def seek_to_end(self) -> None:
        for partition in self._positions:
            self.seek(partition, self._catalog().end(partition))

    async def seek_to_time(self, moment: datetime) -> None:
        catalog = self._catalog()
        wanted = {partition: catalog.stored(partition).id for partition in self._positions}

        def look_up(file: sqlite3.Connection) -> dict[TopicPartition, int | None]:
            return {partition: storage.offset_at(file, id, moment) for partition, id in wanted.items()}

        for partition, offset in (await self._journal.read(look_up)).items():
            if partition in self._positions:
                self.seek(partition, catalog.end(partition) if offset is None else offset)

    async def end_offsets(self) -> Mapping[TopicPartition, int]:
        return {partition: self._catalog().end(partition) for partition in self._positions}

    async def backlog(self) -> Mapping[TopicPartition, int]:
        return {partition: self._catalog().end(partition) - position for partition, position in self._positions.items()}

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._positions = {}
            self._on_closed(self)
            self.wake()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _read(self, max_records: int) -> dict[TopicPartition, list[Record]]:
        catalog = self._catalog()
        wanted = {
            partition: position
            for partition, position in self._positions.items()
            if partition not in self._paused and position < catalog.end(partition)
        }
        if not wanted:
            return {}

        def read(file: sqlite3.Connection) -> dict[TopicPartition, list[Record]]:
            found: dict[TopicPartition, list[Record]] = {}
            left = max_records
            for partition, position in wanted.items():
                if left > 0 and (records := storage.read(file, catalog.stored(partition), position, left)):
                    found[partition] = records
                    left -= len(records)
            return found

        return self._taken(wanted, await self._journal.read(read))

    def _taken(
        self, wanted: Mapping[TopicPartition, int], found: Mapping[TopicPartition, list[Record]]
    ) -> dict[TopicPartition, list[Record]]:
        """Advance past the records found, except in partitions that were revoked, paused or moved meanwhile."""
        taken: dict[TopicPartition, list[Record]] = {}
        for partition, records in found.items():
            if self._positions.get(partition) == wanted[partition] and partition not in self._paused:
                # Moved to the end, so that a busy partition does not starve the others.
                del self._positions[partition]
                self._positions[partition] = records[-1].offset + 1
                taken[partition] = records
        return taken

    def _require(
        self, partitions: Mapping[TopicPartition, int] | frozenset[TopicPartition] | tuple[TopicPartition]
    ) -> None:
        missing = set(partitions) - self._positions.keys()
        if missing:
            raise NotAssigned(f"not assigned to this reader: {sorted(missing)}")


async def _call(callback: PartitionsCallback | None, partitions: frozenset[TopicPartition]) -> None:
    """Await a callback within a time limit. Its failure is logged, and the group continues."""
    if callback is None:
        return
    try:
        async with asyncio.timeout(REVOCATION_SECONDS):
            await callback(partitions)
    except Exception:
        logger.exception("a rebalance callback failed for %s", sorted(partitions))
