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

# As with Kafka, a member that does not finish in time is not waited for: its commit will be refused.
REVOCATION_SECONDS: Final = 10.0


class EmbeddedReader:
    """Reads its partitions in turn, and is woken by the commit of a publisher."""

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
        self._news = asyncio.Event()
        self._closed = False

    def wake(self) -> None:
        self._news.set()

    async def assign(self, partitions: frozenset[TopicPartition]) -> None:
        """Stand at the committed offset of each partition, or where a new group begins."""
        group, catalog = self.group, self._catalog()
        committed = {} if group is None else await self._journal.read(lambda file: storage.load_committed(file, group))
        if self._closed:
            return
        self._positions = {
            place: committed.get(catalog.stored(place).id, 0 if self._from_beginning else catalog.end(place))
            for place in sorted(partitions)
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
            self._news.clear()
            if records := await self._read(max_records):
                return records
            try:
                async with asyncio.timeout_at(deadline):
                    await self._news.wait()
            except TimeoutError:
                return {}
        raise BrokerError("the reader is closed")

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        group = self.group
        if group is None:
            raise BrokerError("a reader without a group keeps no offsets")
        self._require(offsets)
        by_id = {self._catalog().stored(place).id: offset for place, offset in offsets.items()}
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
        for place in self._positions:
            self.seek(place, 0)

    async def seek_to_end(self) -> None:
        for place in self._positions:
            self.seek(place, self._catalog().end(place))

    async def seek_to_time(self, moment: datetime) -> None:
        catalog = self._catalog()
        wanted = {place: catalog.stored(place).id for place in self._positions}

        def look_up(file: sqlite3.Connection) -> dict[TopicPartition, int | None]:
            return {place: storage.offset_at(file, id, moment) for place, id in wanted.items()}

        for place, offset in (await self._journal.read(look_up)).items():
            if place in self._positions:
                self.seek(place, catalog.end(place) if offset is None else offset)

    async def end_offsets(self) -> Mapping[TopicPartition, int]:
        return {place: self._catalog().end(place) for place in self._positions}

    async def backlog(self) -> Mapping[TopicPartition, int]:
        return {place: self._catalog().end(place) - position for place, position in self._positions.items()}

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
            place: position
            for place, position in self._positions.items()
            if place not in self._paused and position < catalog.end(place)
        }
        if not wanted:
            return {}

        def read(file: sqlite3.Connection) -> dict[TopicPartition, list[Record]]:
            found: dict[TopicPartition, list[Record]] = {}
            left = max_records
            for place, position in wanted.items():
                if left > 0 and (records := storage.read(file, catalog.stored(place), position, left)):
                    found[place] = records
                    left -= len(records)
            return found

        return self._taken(wanted, await self._journal.read(read))

    def _taken(
        self, wanted: Mapping[TopicPartition, int], found: Mapping[TopicPartition, list[Record]]
    ) -> dict[TopicPartition, list[Record]]:
        """Move on past what was found, but for partitions that were revoked, paused or moved while it was read."""
        taken: dict[TopicPartition, list[Record]] = {}
        for place, records in found.items():
            if self._positions.get(place) == wanted[place] and place not in self._paused:
                # Put back last, so that a busy partition does not starve the others.
                del self._positions[place]
                self._positions[place] = records[-1].offset + 1
                taken[place] = records
        return taken

    def _require(
        self, partitions: Mapping[TopicPartition, int] | frozenset[TopicPartition] | tuple[TopicPartition]
    ) -> None:
        missing = set(partitions) - self._positions.keys()
        if missing:
            raise NotAssigned(f"not assigned to this reader: {sorted(missing)}")


async def _call(callback: PartitionsCallback | None, partitions: frozenset[TopicPartition]) -> None:
    """Await a callback, but not for ever, and not at the expense of the group when it fails."""
    if callback is None:
        return
    try:
        async with asyncio.timeout(REVOCATION_SECONDS):
            await callback(partitions)
    except Exception:
        logger.exception("a rebalance callback failed for %s", sorted(partitions))
