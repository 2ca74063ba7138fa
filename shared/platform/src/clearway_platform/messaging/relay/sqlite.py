"""The relay on SQLite: it reads, publishes, and only then takes the write lock to delete and append.

The service needs the file's one write lock to accept reports, also while the log is slow. The file has one writer at a
time, so a read returns all rows up to its last one: no row can appear between them later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, select

from clearway_platform.database.engines import BoundDatabase, Database
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow
from clearway_platform.messaging.precedence import Turn
from clearway_platform.messaging.relay.batch import BatchLimit, BatchResult, Publisher

_OUTBOX: Final = table_of(OutboxRow)
_NEXT: Final = select(_OUTBOX).order_by(_OUTBOX.c.id).limit(bindparam("rows"))
_REMOVE: Final = delete(_OUTBOX).where(_OUTBOX.c.id <= bindparam("last_id")).returning(_OUTBOX.c.id)


@dataclass(frozen=True, slots=True)
class SqliteRelay:
    """Publishes the outbox of a SQLite database, batch by batch. After publishing, it waits for its `turn` to write."""

    database: Database
    publisher: Publisher
    limit: BatchLimit
    turn: Turn

    @property
    def _outbox(self) -> BoundDatabase:
        return self.database.of_every_mission("the relay publishes the events of all missions in one order")

    async def publish_batch(self) -> BatchResult:
        rows = await self._next()
        if not rows:
            return BatchResult.EMPTY
        await self.publisher.publish(rows)
        async with self.turn(), self._outbox.write() as transaction:
            removed = set((await transaction.connection.execute(_REMOVE, {"last_id": rows[-1].id})).scalars())
            # A second relay on the same file may have been faster: the rows that it removed are in the feed already.
            await self.publisher.append(transaction, [row for row in rows if row.id in removed])
        return BatchResult.MORE if self.limit.reached(rows) else BatchResult.EMPTY

    async def _next(self) -> Sequence[Row[Any]]:
        async with self._outbox.read() as connection:
            with await connection.execute(_NEXT, {"rows": self.limit.rows}) as rows:
                return list(_up_to(rows, self.limit.bytes))


def _up_to(rows: Iterable[Row[Any]], limit: int) -> Iterator[Row[Any]]:
    """The rows up to the one that reaches the limit. SQLite reads rows one by one, so no further row is read."""
    left = limit
    for row in rows:
        yield row
        left -= len(row.value or b"")
        if left <= 0:
            return
