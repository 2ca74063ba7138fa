"""Housekeeping: removes expired rows of the shared tables, and measures the depth and age of the outbox."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from prometheus_client import Gauge
from sqlalchemy import ColumnElement, Table, delete, func, select, tuple_, update

from clearway_contracts.topics import HEARTBEATS
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import DeadLetterRow, FeedHead, FeedRow, IdempotencyRow, InboxRow, OutboxRow
from clearway_platform.messaging.dead_letters import DeadLetterState
from clearway_platform.messaging.retry import retry_until_done

_OUTBOX = table_of(OutboxRow)
_FEED = table_of(FeedRow)
_HEAD = table_of(FeedHead)
_INBOX = table_of(InboxRow)
_IDEMPOTENCY = table_of(IdempotencyRow)
_DEAD = table_of(DeadLetterRow)

# Rows removed in one transaction, so that no writer waits long.
_CHUNK: Final = 2000
# An event that is repeated after this long is ignored by the consumer itself: its revision is not newer.
INBOX_DAYS: Final = 30
SETTLED_LETTER_DAYS: Final = 90

DEPTH = Gauge("clearway_outbox_depth", "Messages that are committed and not yet published", ["service"])
AGE = Gauge("clearway_outbox_age_seconds", "Age of the oldest message that is not yet published", ["service"])
DEAD = Gauge("clearway_dead_letters", "Dead letters that wait for a person", ["service"])


@dataclass(frozen=True, slots=True)
class Unpublished:
    """The messages that are committed and not yet published: how many, and how long the oldest waits."""

    count: int
    oldest_seconds: float | None


async def unpublished(database: Database, clock: Clock, mission: str | None = None) -> Unpublished:
    """What waits in the outbox: all of it, or what is of a mission, with the service's own heartbeats."""
    query = select(func.count(), func.min(_OUTBOX.c.recorded_at)).select_from(_OUTBOX)
    if mission is not None:
        query = query.where((_OUTBOX.c.mission == mission) | (_OUTBOX.c.topic == HEARTBEATS.name))
    outbox = database.of_every_mission("what is not published yet may be the service's own heartbeats")
    [(count, oldest)] = map(tuple, await outbox.measure(query))
    return Unpublished(count, None if oldest is None else max((clock.now() - oldest).total_seconds(), 0.0))


class Housekeeping:
    """Keeps one service's shared tables small and its gauges current."""

    def __init__(
        self,
        *,
        service: str,
        database: Database,
        clock: Clock,
        feed_days: int,
        idempotency_hours: int,
        measure_seconds: float = 5.0,
        sweeps_every: int = 60,
    ) -> None:
        self._service = service
        self._database = database
        self._rows = database.of_every_mission("expired rows of all missions are removed, and counted together")
        self._clock = clock
        self._feed_age = timedelta(days=feed_days)
        self._idempotency_age = timedelta(hours=idempotency_hours)
        self._measure_seconds = measure_seconds
        self._sweeps_every = sweeps_every

    async def run(self) -> None:
        """A worker: measure every `measure_seconds`, and sweep at every `sweeps_every`-th measurement."""
        turn = 0
        while True:
            await retry_until_done(self.measure)
            if turn % self._sweeps_every == 0:
                await retry_until_done(self.sweep)
            turn += 1
            await asyncio.sleep(self._measure_seconds)

    async def measure(self) -> None:
        waiting = await unpublished(self._database, self._clock)
        dead = select(func.count()).select_from(_DEAD).where(_DEAD.c.state == DeadLetterState.DEAD)
        [(letters,)] = map(tuple, await self._rows.measure(dead))
        DEPTH.labels(self._service).set(waiting.count)
        AGE.labels(self._service).set(waiting.oldest_seconds or 0)
        DEAD.labels(self._service).set(letters)

    async def sweep(self) -> None:
        """Remove every expired row."""
        now = self._clock.now()
        settled = _DEAD.c.state.in_((DeadLetterState.REPLAYED, DeadLetterState.DISCARDED))
        await self._sweep_feed(now - self._feed_age)
        await self._sweep_table(_INBOX, _INBOX.c.processed_at < now - timedelta(days=INBOX_DAYS))
        await self._sweep_table(_IDEMPOTENCY, _IDEMPOTENCY.c.created_at < now - self._idempotency_age)
        await self._sweep_table(_DEAD, settled & (_DEAD.c.changed_at < now - timedelta(days=SETTLED_LETTER_DAYS)))

    async def _sweep_feed(self, before: datetime) -> None:
        """Remove positions, the oldest first, and store the last removed one: an earlier cursor has a gap."""
        newest = select(func.max(_FEED.c.position)).where(_FEED.c.published_at < before)
        async with self._rows.read() as connection:
            last: int | None = (await connection.execute(newest)).scalar_one()
            pruned: int = (await connection.execute(select(_HEAD.c.pruned_position))).scalar_one()
        while last is not None and pruned < last:
            pruned = min(pruned + _CHUNK, last)
            async with self._rows.write() as transaction:
                await transaction.connection.execute(update(_HEAD).values(pruned_position=pruned))
                await transaction.connection.execute(delete(_FEED).where(_FEED.c.position <= pruned))

    async def _sweep_table(self, table: Table, past: ColumnElement[bool]) -> None:
        key: Any = tuple_(*table.primary_key.columns)
        chunk = select(*table.primary_key.columns).where(past).limit(_CHUNK)
        removed = _CHUNK
        while removed == _CHUNK:
            async with self._rows.write() as transaction:
                removed = (await transaction.connection.execute(delete(table).where(key.in_(chunk)))).rowcount
