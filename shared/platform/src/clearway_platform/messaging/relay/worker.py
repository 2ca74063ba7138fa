"""The relay: takes what was committed to the outbox to the log, and into the feed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from prometheus_client import Counter
from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database, Transaction
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import FeedHead, FeedRow, OutboxRow
from clearway_platform.log.base import Broker, BrokerError, Message
from clearway_platform.messaging.feed import Feed, FeedEntry
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.messaging.retry import is_temporary, retry_until_done

_OUTBOX = table_of(OutboxRow)
_FEED = table_of(FeedRow)
_HEAD = table_of(FeedHead)
_NEXT: Final = select(_OUTBOX).order_by(_OUTBOX.c.id).limit(bindparam("batch_size"))
_TAKE_NEXT: Final = (
    delete(_OUTBOX)
    .where(_OUTBOX.c.id.in_(select(_OUTBOX.c.id).order_by(_OUTBOX.c.id).limit(bindparam("batch_size"))))
    .returning(*_OUTBOX.c)
)
_REMOVE: Final = delete(_OUTBOX).where(_OUTBOX.c.id <= bindparam("last_id")).returning(_OUTBOX.c.id)
_GROW: Final = (
    update(_HEAD).values(last_position=_HEAD.c.last_position + bindparam("more")).returning(_HEAD.c.last_position)
)
_APPEND: Final = insert(_FEED)
# The relays of one database, in whatever processes, agree on this number.
_LEADERSHIP: Final = 0x636C_7277_7265_6C79
_LEAD: Final = select(func.pg_try_advisory_xact_lock(_LEADERSHIP))
# On SQLite all share one event loop: whoever waits for what was published goes before the bookkeeping (ADR 0014).
_READERS_FIRST_SECONDS: Final = 0.005
# How soon a relay that found another one leading looks again: its own row may have come too late for the other.
_NOT_LEADING_SECONDS: Final = 0.05

PUBLISHED = Counter("clearway_outbox_published", "Messages taken from the outbox to the log", ["service", "topic"])
FAILURES = Counter(
    "clearway_outbox_failures", "Batches that could not be published and stay in the outbox", ["service"]
)


class Relay:
    """Publishes one database's outbox, in the order of its numbers, and gives each event its place in the feed.

    A row leaves the outbox only in the transaction that follows the log's acknowledgement: a crash between the
    two repeats messages and loses none. Reading "all numbers above the last" instead would lose the rows of
    transactions that commit later than their numbers were drawn.
    """

    def __init__(
        self,
        *,
        service: str,
        database: Database,
        broker: Broker,
        outbox: Outbox,
        feed: Feed,
        clock: Clock,
        poll_seconds: float = 0.5,
        batch_size: int = 500,
    ) -> None:
        self._service = service
        self._database = database
        self._broker = broker
        self._outbox = outbox
        self._feed = feed
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._batch_size = batch_size

    async def run(self) -> None:
        """A worker: woken by each commit of this process, and by the clock for those of others.

        While the log is away, or refuses, the outbox grows and the service goes on accepting reports.
        """
        while True:
            self._outbox.wake.clear()
            leading = await retry_until_done(self.drain, on=self._stays)
            with suppress(TimeoutError):
                wait = self._poll_seconds if leading else min(self._poll_seconds, _NOT_LEADING_SECONDS)
                async with asyncio.timeout(wait):
                    await self._outbox.wake.wait()

    async def drain(self) -> bool:
        """Publish until the outbox is empty. False when another relay is at it."""
        while True:
            published = await self._publish_batch()
            if published is None:
                return False
            if published < self._batch_size:
                return True

    def _stays(self, error: Exception) -> bool:
        """A refusal is waited out like an absence: what was committed must go out, and only a person can say how."""
        FAILURES.labels(self._service).inc()
        return isinstance(error, BrokerError) or is_temporary(error)

    async def _publish_batch(self) -> int | None:
        """How many rows were published; None when another relay leads."""
        if self._database.dialect == "postgresql":
            return await self._publish_leading()
        return await self._publish_beside_writers()

    async def _publish_leading(self) -> int | None:
        """PostgreSQL: lock, take, publish and append in one transaction. Its end, even a crash, ends the leadership."""
        async with self._database.write() as transaction:
            if not (await transaction.connection.execute(_LEAD)).scalar_one():
                return None
            taken = await transaction.connection.execute(_TAKE_NEXT, {"batch_size": self._batch_size})
            rows = sorted(taken.all(), key=lambda row: int(row.id))
            await self._publish(rows)
            await self._append(transaction, rows)
        return len(rows)

    async def _publish_beside_writers(self) -> int:
        """SQLite: publish outside the write lock, which the service needs to accept reports while the log is slow.

        The file has one writer at a time, so the rows of a read are all up to the last one: none can come between.
        """
        async with self._database.read() as connection:
            rows = (await connection.execute(_NEXT, {"batch_size": self._batch_size})).all()
        if not rows:
            return 0
        await self._publish(rows)
        await asyncio.sleep(_READERS_FIRST_SECONDS)
        async with self._database.write() as transaction:
            ours = set((await transaction.connection.execute(_REMOVE, {"last_id": rows[-1].id})).scalars())
            # A second relay on the same file may have been faster: the rows that it removed are in the feed already.
            await self._append(transaction, [row for row in rows if row.id in ours])
        return len(rows)

    async def _publish(self, rows: Sequence[Row[Any]]) -> None:
        if rows:
            await self._broker.publish([Message(row.topic, row.key, row.value, row.headers) for row in rows])
            for row in rows:
                PUBLISHED.labels(self._service, row.topic).inc()

    async def _append(self, transaction: Transaction, rows: Sequence[Row[Any]]) -> None:
        """Give the events among `rows` the next positions. The head's row lock keeps the positions without a gap."""
        events = [row for row in rows if row.event_id is not None]
        if not events:
            return
        last: int = (await transaction.connection.execute(_GROW, {"more": len(events)})).scalar_one()
        now = self._clock.now()
        entries = [_entry(row, position) for position, row in enumerate(events, start=last - len(events) + 1)]
        await transaction.connection.execute(_APPEND, [_feed_row(entry) | {"published_at": now} for entry in entries])
        transaction.after_commit(partial(self._feed.grew, entries))


def _entry(row: Row[Any], position: int) -> FeedEntry:
    return FeedEntry(position, row.event_id, row.mission, row.type, row.subject, row.time, row.value.decode())


def _feed_row(entry: FeedEntry) -> dict[str, Any]:
    return {
        "position": entry.position,
        "event_id": entry.event_id,
        "mission": entry.mission,
        "type": entry.type,
        "subject": entry.subject,
        "time": entry.time,
        "data": entry.json,
    }
