"""A consumer: a member of a group that takes its partitions' records in order, each with effect once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

import structlog

from clearway_contracts.envelope import EventData
from clearway_contracts.topics import Topic
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.log.base import (
    Broker,
    BrokerError,
    BrokerUnavailable,
    LogReader,
    NotAssigned,
    Record,
    TopicPartition,
)
from clearway_platform.messaging.dead_letters import DeadLetters
from clearway_platform.messaging.lag import Lag
from clearway_platform.messaging.processor import Handler, MessageProcessor
from clearway_platform.messaging.retry import Outage, retry_until_done

__all__ = ["Consumer", "Handler"]

_MAX_RECORDS: Final = 500
# Records that share a transaction while there is a backlog: the fsync is divided, the write lock held briefly.
_TRANSACTION_RECORDS: Final = 50
# A partition that takes longer is paused, so that the others go on.
_SLOW_SECONDS: Final = 0.25
_IDLE_FETCH_SECONDS: Final = 1.0
_BUSY_FETCH_SECONDS: Final = 0.05
_REPLAY_POLL_SECONDS: Final = 5.0
# Offsets are stored this often, and not after each record: what a crash delivers again, the inbox knows.
_STORE_SECONDS: Final = 0.5
_LAST_STORE_SECONDS: Final = 2.0
_MEASURE_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


class Consumer:
    """Takes `topics` as the group `name`, and replays that group's dead letters on request.

    `attempts` is how often a handler may fail before its message becomes a dead letter. While the database or the
    broker is away nothing counts as a failure: the partition waits. Records rest `linger_seconds` before they are
    taken, so that those who are in a greater hurry, on the same processors, have done with them first.
    """

    def __init__(
        self,
        *,
        name: str,
        topics: Sequence[Topic],
        handlers: Mapping[type[EventData], Handler],
        broker: Broker,
        database: Database,
        dead_letters: DeadLetters,
        clock: Clock,
        attempts: int = 5,
        revoke_seconds: float = 5.0,
        linger_seconds: float = 0.0,
    ) -> None:
        self._name = name
        self._topics = tuple(topic.name for topic in topics)
        self._broker = broker
        self._dead_letters = dead_letters
        self._revoke_seconds = revoke_seconds
        self._linger_seconds = linger_seconds
        self._outage = Outage(f"consumer {name}")
        self._processor = MessageProcessor(
            consumer=name,
            handlers=handlers,
            database=database,
            dead_letters=dead_letters,
            clock=clock,
            attempts=attempts,
        )

    async def run(self) -> None:
        """A worker: consume until cancelled, joining the group anew whenever the broker was away."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._consume())
            tasks.create_task(self._replay())

    async def _consume(self) -> None:
        while True:
            await retry_until_done(self._belong, lambda error: isinstance(error, BrokerError), self._outage)

    async def _belong(self) -> None:
        """Be a member of the group until the broker is away."""
        member = _Membership(self._processor, Lag(self._name), self._outage, self._revoke_seconds, self._linger_seconds)
        reader = await self._broker.reader(self._topics, group=self._name, on_revoked=member.revoked)
        async with reader:
            await member.run(reader)

    async def _replay(self) -> None:
        while True:
            self._dead_letters.replay_requested.clear()
            await retry_until_done(self._replay_due)
            with suppress(TimeoutError):
                async with asyncio.timeout(_REPLAY_POLL_SECONDS):
                    await self._dead_letters.replay_requested.wait()

    async def _replay_due(self) -> None:
        for letter in await self._dead_letters.due(self._name):
            await self._processor.replay(letter)


class _Membership:
    """One stay in the group: the partitions with work in hand, each a task of its own."""

    def __init__(
        self, processor: MessageProcessor, lag: Lag, outage: Outage, revoke_seconds: float, linger_seconds: float
    ) -> None:
        self._processor = processor
        self._lag = lag
        self._outage = outage
        self._revoke_seconds = revoke_seconds
        self._linger_seconds = linger_seconds
        self._busy: dict[TopicPartition, asyncio.Task[None]] = {}
        self._leaving: set[TopicPartition] = set()
        self._settled: dict[TopicPartition, int] = {}
        # How many records were fetched and are not settled.
        self._in_hand: dict[TopicPartition, int] = {}
        self._reader: LogReader | None = None

    async def run(self, reader: LogReader) -> None:
        """Fetch and hand out until the broker is away. Raises BrokerError when it never answered."""
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
                await self._hand_out(reader, batches)
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
        """Let the transactions in hand finish, for a while, before another member begins with the same records."""
        self._leaving |= partitions
        try:
            await self._finish(partitions, self._revoke_seconds)
            await self._store(partitions)
        finally:
            self._leaving -= partitions

    async def _hand_out(self, reader: LogReader, batches: Mapping[TopicPartition, Sequence[Record]]) -> None:
        for partition, records in batches.items():
            self._in_hand[partition] = len(records)
            self._busy[partition] = asyncio.create_task(self._work(reader, partition, records))
        if batches:
            await asyncio.wait([self._busy[partition] for partition in batches], timeout=_SLOW_SECONDS)
        slow = frozenset(partition for partition in batches if not self._busy[partition].done())
        with suppress(NotAssigned):
            reader.pause(slow & reader.assignment())
        self._collect(reader)

    def _collect(self, reader: LogReader) -> None:
        """Let the partitions whose work is done go on. Raises what no rule foresaw: then the worker must end."""
        done = [partition for partition, task in self._busy.items() if task.done()]
        for partition in done:
            task = self._busy.pop(partition)
            self._in_hand.pop(partition, None)
            if not task.cancelled():
                task.result()
        with suppress(NotAssigned):
            reader.resume(frozenset(done) & reader.assignment())

    async def _work(self, reader: LogReader, partition: TopicPartition, records: Sequence[Record]) -> None:
        if self._linger_seconds:
            await asyncio.sleep(self._linger_seconds)
        for start in range(0, len(records), _TRANSACTION_RECORDS):
            if partition in self._leaving or partition not in reader.assignment():
                return
            together = records[start : start + _TRANSACTION_RECORDS]
            await self._processor.take(together)
            self._settled[partition] = together[-1].offset + 1
            self._in_hand[partition] -= len(together)

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
                # Fetching does not notice it: Kafka's client goes on asking by itself.
                self._lag.forget()
                self._outage.note(error)
            else:
                self._lag.show({each: count + self._in_hand.get(each, 0) for each, count in backlog.items()})
                self._outage.end()
            await asyncio.sleep(_MEASURE_SECONDS)

    async def _store(self, partitions: frozenset[TopicPartition]) -> None:
        """Store how far we are in those of `partitions` that are still ours.

        A failure is harmless: it is tried again next time, and the inbox knows what is delivered again.
        """
        reader = self._reader
        if reader is None:
            return
        offsets = {each: self._settled.pop(each) for each in partitions & self._settled.keys()}
        ours = {each: offset for each, offset in offsets.items() if each in reader.assignment()}
        if not ours:
            return
        try:
            await reader.commit(ours)
        except NotAssigned:
            _log.info("partitions_lost", partitions=len(ours))
        except BrokerUnavailable as error:
            self._settled = ours | self._settled
            _log.warning("offsets_not_stored", partitions=len(ours), error=str(error))

    async def _finish(self, partitions: frozenset[TopicPartition], seconds: float) -> None:
        """Wait for the work on `partitions`, and cancel what takes longer: its transaction rolls back."""
        tasks = [self._busy[partition] for partition in partitions if partition in self._busy]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
