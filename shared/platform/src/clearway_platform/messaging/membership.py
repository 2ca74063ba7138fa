"""A membership in a consumer group: fetches records, has them processed per partition in order, and commits offsets."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

import structlog

from clearway_platform.log.base import (
    BrokerError,
    BrokerUnavailable,
    LogReader,
    NotAssigned,
    Record,
    TopicPartition,
)
from clearway_platform.messaging.lag import Lag
from clearway_platform.messaging.precedence import Turn
from clearway_platform.messaging.processor import MessageProcessor
from clearway_platform.messaging.progress import Standing
from clearway_platform.messaging.retry import Outage

_MAX_RECORDS: Final = 500
# While there is a backlog, so many records share a transaction: one fsync for all, and a write lock held briefly.
_TRANSACTION_RECORDS: Final = 50
# A partition whose work takes longer is paused, so that the others are fetched.
_SLOW_SECONDS: Final = 0.25
_IDLE_FETCH_SECONDS: Final = 1.0
_BUSY_FETCH_SECONDS: Final = 0.05
# Offsets are stored this often, not after each record: the inbox ignores what a crash delivers again.
_STORE_SECONDS: Final = 0.5
_LAST_STORE_SECONDS: Final = 2.0
MEASURE_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


class Membership:
    """One membership in a consumer group. The work on a partition's records is a task of its own."""

    def __init__(
        self,
        processor: MessageProcessor,
        lag: Lag,
        standing: Standing,
        outage: Outage,
        revoke_seconds: float,
        turn: Turn,
    ) -> None:
        self._processor = processor
        self._lag = lag
        self._standing = standing
        self._outage = outage
        self._revoke_seconds = revoke_seconds
        self._turn = turn
        self._busy: dict[TopicPartition, asyncio.Task[None]] = {}
        self._leaving: set[TopicPartition] = set()
        self._settled: dict[TopicPartition, int] = {}
        # The number of fetched records that are not settled.
        self._unsettled: dict[TopicPartition, int] = {}
        # The partitions of which something was settled since the last measurement.
        self._moved: set[TopicPartition] = set()
        self._reader: LogReader | None = None

    async def run(self, reader: LogReader) -> None:
        """Fetch and process until the broker is away. Raises BrokerError when it never answered."""
        self._reader = reader
        storing = asyncio.create_task(self._keep_storing())
        measuring = asyncio.create_task(self._keep_measuring(reader))
        answered = False
        try:
            while True:
                wait = _BUSY_FETCH_SECONDS if self._busy else _IDLE_FETCH_SECONDS
                batches = await reader.fetch(max_records=_MAX_RECORDS, timeout=wait)
                answered = True
                if storing.done():
                    storing.result()
                await self._process(reader, batches)
        except BrokerUnavailable:
            if not answered:
                raise
        finally:
            storing.cancel()
            measuring.cancel()
            self._lag.forget()
            await self._finish(frozenset(self._busy), 0.0)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_STORE_SECONDS):
                    await self._store(frozenset(self._settled))

    async def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """Wait, within a limit, for running transactions before another member gets the same records."""
        self._standing.left()
        self._leaving |= partitions
        try:
            await self._finish(partitions, self._revoke_seconds)
            await self._store(partitions)
        finally:
            self._leaving -= partitions

    async def assigned(self, _partitions: frozenset[TopicPartition]) -> None:
        """The group has this member. There may be no partition for it."""
        self._standing.joined()

    async def _process(self, reader: LogReader, batches: Mapping[TopicPartition, Sequence[Record]]) -> None:
        for partition, records in batches.items():
            self._unsettled[partition] = len(records)
            self._busy[partition] = asyncio.create_task(self._work(reader, partition, records))
        if batches:
            await asyncio.wait([self._busy[partition] for partition in batches], timeout=_SLOW_SECONDS)
        slow = frozenset(partition for partition in batches if not self._busy[partition].done())
        with suppress(NotAssigned):
            reader.pause(slow & reader.assignment())
        self._resume_done(reader)

    def _resume_done(self, reader: LogReader) -> None:
        """Fetch again from the partitions whose work is done. Raises an unexpected error of that work."""
        done = [partition for partition, task in self._busy.items() if task.done()]
        for partition in done:
            task = self._busy.pop(partition)
            self._unsettled.pop(partition, None)
            if not task.cancelled():
                task.result()
        with suppress(NotAssigned):
            reader.resume(frozenset(done) & reader.assignment())

    async def _work(self, reader: LogReader, partition: TopicPartition, records: Sequence[Record]) -> None:
        try:
            for start in range(0, len(records), _TRANSACTION_RECORDS):
                if partition in self._leaving or partition not in reader.assignment():
                    return
                batch = records[start : start + _TRANSACTION_RECORDS]
                self._standing.working_on(partition, batch[0].timestamp)
                async with self._turn():
                    await self._processor.take(batch)
                self._settled[partition] = batch[-1].offset + 1
                self._moved.add(partition)
                self._unsettled[partition] -= len(batch)
        finally:
            self._standing.done_with(partition)

    async def _keep_storing(self) -> None:
        while True:
            await asyncio.sleep(_STORE_SECONDS)
            await self._store(frozenset(self._settled))

    async def _keep_measuring(self, reader: LogReader) -> None:
        while True:
            try:
                backlog = await reader.backlog()
            except NotAssigned:
                pass
            except BrokerError as error:
                # `fetch` does not raise it: Kafka's client retries by itself.
                self._lag.forget()
                self._outage.note(error)
            else:
                waiting = {partition: count + self._unsettled.get(partition, 0) for partition, count in backlog.items()}
                self._lag.show(waiting)
                self._standing.look(waiting, self._moved)
                self._moved.clear()
                self._outage.end()
            await asyncio.sleep(MEASURE_SECONDS)

    async def _store(self, partitions: frozenset[TopicPartition]) -> None:
        """Commit the offsets of those of `partitions` that are still assigned.

        A failure is harmless: the next commit repeats it, and the inbox ignores what is delivered again.
        """
        reader = self._reader
        if reader is None:
            return
        offsets = {partition: self._settled.pop(partition) for partition in partitions & self._settled.keys()}
        ours = {partition: offset for partition, offset in offsets.items() if partition in reader.assignment()}
        if not ours:
            return
        try:
            await reader.commit(ours)
        except NotAssigned:
            _log.info("partitions_lost", partitions=len(ours))
        except BrokerUnavailable as error:
            self._settled = ours | self._settled
            self._outage.note(error)

    async def _finish(self, partitions: frozenset[TopicPartition], seconds: float) -> None:
        """Wait for the work on `partitions`, and cancel it after `seconds`: its transaction rolls back."""
        tasks = [self._busy[partition] for partition in partitions if partition in self._busy]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
