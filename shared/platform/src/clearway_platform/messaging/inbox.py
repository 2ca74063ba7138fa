"""The inbox: the events that a consumer has taken, so that a repeat has no effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction, on_either, one_or_many
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import InboxRow
from clearway_platform.log.base import Record

_INBOX = table_of(InboxRow)
_TAKE: Final = on_either(lambda insert: insert.on_conflict_do_nothing().returning(_INBOX.c.event_id), _INBOX)


class Inbox:
    """One consumer's inbox in its service's database."""

    def __init__(self, consumer: str, clock: Clock) -> None:
        self._consumer = consumer
        self._clock = clock

    async def take(self, transaction: Transaction, arrivals: Sequence[tuple[UUID, Record]]) -> set[UUID]:
        """Mark the events as taken, if and only if the transaction commits. Returns those that were not taken before.

        On PostgreSQL this waits for another transaction that takes the same event to end.
        """
        now = self._clock.now()
        rows = [
            {
                "consumer": self._consumer,
                "event_id": event_id,
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "processed_at": now,
            }
            for event_id, record in arrivals
        ]
        take = _TAKE[transaction.connection.dialect.name]
        return set((await transaction.connection.execute(take, one_or_many(rows))).scalars())
