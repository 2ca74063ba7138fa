"""The broker port over one SQLite file."""

import asyncio
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

from clearway_platform.clock import Clock, SystemClock
from clearway_platform.heavy import of_each
from clearway_platform.log.base import BrokerUnavailable, Message, PartitionsCallback, TopicPartition, TopicSpec
from clearway_platform.log.embedded import storage
from clearway_platform.log.embedded.catalog import Catalog
from clearway_platform.log.embedded.groups import Group
from clearway_platform.log.embedded.journal import Journal
from clearway_platform.log.embedded.ownership import Ownership
from clearway_platform.log.embedded.reader import EmbeddedReader

logger = logging.getLogger(__name__)

RETENTION_SECONDS: Final = 600.0


class EmbeddedBroker:
    """A durable log for one process: acknowledged means fsynced, and its readers are woken at once."""

    def __init__(self, path: Path, *, clock: Clock | None = None, retention_seconds: float = RETENTION_SECONDS) -> None:
        self._path = path
        self._clock = clock or SystemClock()
        self._retention_seconds = retention_seconds
        self._ownership = Ownership(path)
        self._journal: Journal | None = None
        self._catalog = Catalog((), ())
        # Readers are woken in the order in which they were opened.
        self._readers: dict[EmbeddedReader, None] = {}
        self._groups: dict[str, Group] = {}
        self._retention: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises LogInUse when another process has the file."""
        if self._journal is not None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._ownership.take()
        self._journal = Journal(self._path)
        try:
            await self._journal.open()
            await self.expire()
            await self._load_catalog()
        except BaseException:
            await self.close()
            raise
        self._retention = asyncio.create_task(self._expire_for_ever())

    async def close(self) -> None:
        if self._retention is not None:
            self._retention.cancel()
            await asyncio.gather(self._retention, return_exceptions=True)
            self._retention = None
        for group in self._groups.values():
            await group.close()
        self._groups.clear()
        for reader in tuple(self._readers):
            await reader.close()
        if self._journal is not None:
            journal, self._journal = self._journal, None
            await journal.close()
        self._ownership.release()

    async def create_topics(self, topics: Sequence[TopicSpec]) -> None:
        await self._file().write(lambda file: storage.create_topics(file, topics))
        await self._load_catalog()

    async def missing(self, topics: Sequence[str]) -> Sequence[str]:
        return [topic for topic in topics if not self._catalog.has(topic)]

    async def committed(self, topics: Sequence[str], *, group: str) -> Mapping[TopicPartition, int]:
        partitions = [partition for topic in topics for partition in self._catalog.partitions_of(topic)]
        stored = await self._file().read(lambda file: storage.load_committed(file, group))
        return {partition: stored.get(self._catalog.stored(partition).id, 0) for partition in partitions}

    async def publish(self, messages: Sequence[Message]) -> None:
        catalog = self._catalog
        placed = await of_each(lambda one: (catalog.partition_for(one), storage.row(one)), messages)
        batches: dict[TopicPartition, list[storage.Row]] = {}
        for partition, row in placed:
            batches.setdefault(partition, []).append(row)
        if not batches:
            return
        now = self._clock.now()

        def append(file: sqlite3.Connection) -> dict[TopicPartition, int]:
            return {
                partition: storage.append(file, catalog.stored(partition).id, rows, now)
                for partition, rows in batches.items()
            }

        await self._file().write(append, self._announce)

    async def reader(
        self,
        topics: Sequence[str],
        *,
        group: str | None,
        from_beginning: bool = True,
        on_revoked: PartitionsCallback | None = None,
        on_assigned: PartitionsCallback | None = None,
    ) -> EmbeddedReader:
        by_topic = {topic: self._catalog.partitions_of(topic) for topic in topics}
        reader = EmbeddedReader(
            self._file(),
            lambda: self._catalog,
            frozenset(topics),
            group=group,
            from_beginning=from_beginning,
            on_revoked=on_revoked,
            on_assigned=on_assigned,
            on_closed=self._forget,
        )
        self._readers[reader] = None
        try:
            if group is None:
                await reader.assign(frozenset(chain.from_iterable(by_topic.values())))
            else:
                await self._groups.setdefault(group, Group()).join(reader, by_topic)
        except BaseException:
            await reader.close()
            raise
        return reader

    async def check(self) -> None:
        await self._file().read(lambda file: file.execute("SELECT 1").fetchone())

    async def expire(self) -> int:
        """Remove records past their topic's retention; returns how many. A task of this broker calls it regularly."""
        now = self._clock.now()
        return await self._file().write(lambda file: storage.expire(file, now))

    def _file(self) -> Journal:
        if self._journal is None:
            raise BrokerUnavailable(f"the embedded log {self._path} is not started")
        return self._journal

    def _announce(self, ends: dict[TopicPartition, int]) -> None:
        for partition, end in ends.items():
            self._catalog.advance(partition, end)
        topics = {partition.topic for partition in ends}
        for reader in self._readers:
            if not topics.isdisjoint(reader.topics):
                reader.wake()

    def _forget(self, reader: EmbeddedReader) -> None:
        self._readers.pop(reader, None)
        if reader.group in self._groups:
            self._groups[reader.group].leave(reader)

    async def _load_catalog(self) -> None:
        topics = await self._file().write(storage.load_topics)
        self._catalog = Catalog(topics, await self._file().write(storage.load_partitions))

    async def _expire_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._retention_seconds)
            try:
                await self.expire()
            except BrokerUnavailable:
                logger.exception("retention failed; it is tried again later")
