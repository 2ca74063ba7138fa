"""The relay on PostgreSQL: one transaction locks, deletes, publishes and appends.

Many processes may run a relay on one database. The transaction takes an advisory lock, so that one of them leads;
its end, even by a crash, ends the leadership and brings the deleted rows back. Writers do not wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, func, select

from clearway_platform.database.engines import Database
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow
from clearway_platform.messaging.relay.batch import BatchLimit, BatchResult, Publisher

# All relays of a database use this number, in every process.
_LEADERSHIP: Final = 0x636C_7277_7265_6C79
_LEAD: Final = select(func.pg_try_advisory_xact_lock(_LEADERSHIP))

_OUTBOX: Final = table_of(OutboxRow)
_SIZE: Final = func.coalesce(func.octet_length(_OUTBOX.c.value), 0)
_BYTES_BEFORE: Final = (func.sum(_SIZE).over(order_by=_OUTBOX.c.id) - _SIZE).label("bytes_before")
_FIRST: Final = select(_OUTBOX.c.id, _BYTES_BEFORE).order_by(_OUTBOX.c.id).limit(bindparam("rows")).subquery()
_TAKE: Final = (
    delete(_OUTBOX)
    .where(_OUTBOX.c.id.in_(select(_FIRST.c.id).where(_FIRST.c.bytes_before < bindparam("bytes"))))
    .returning(*_OUTBOX.c)
)


@dataclass(frozen=True, slots=True)
class PostgresqlRelay:
    """Publishes the outbox of a PostgreSQL database, batch by batch."""

    database: Database
    publisher: Publisher
    limit: BatchLimit

    async def publish_batch(self) -> BatchResult:
        every = self.database.of_every_mission("the relay publishes the events of all missions in one order")
        async with every.write() as transaction:
            if not (await transaction.connection.execute(_LEAD)).scalar_one():
                return BatchResult.ANOTHER_LEADS
            limits = {"rows": self.limit.rows, "bytes": self.limit.bytes}
            taken = (await transaction.connection.execute(_TAKE, limits)).all()
            rows = sorted(taken, key=lambda row: int(row.id))
            await self.publisher.publish(rows)
            await self.publisher.append(transaction, rows)
        return BatchResult.MORE if self.limit.reached(rows) else BatchResult.EMPTY
