"""A batch of the relay, for both algorithms: its messages are published, and its events appended to the feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Any, Final

from prometheus_client import Counter
from sqlalchemy import Row, bindparam, insert, update

from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import FeedHead, FeedRow
from clearway_platform.log.base import Broker, Message
from clearway_platform.messaging.feed import Feed, FeedEntry

_FEED: Final = table_of(FeedRow)
_HEAD: Final = table_of(FeedHead)
_GROW: Final = (
    update(_HEAD).values(last_position=_HEAD.c.last_position + bindparam("more")).returning(_HEAD.c.last_position)
)
_APPEND: Final = insert(_FEED)

PUBLISHED = Counter("clearway_outbox_published", "Messages published from the outbox", ["service", "topic"])


@dataclass(frozen=True, slots=True)
class BatchLimit:
    """A batch ends at this many rows, and with the row that brings the values to this many bytes."""

    rows: int = 100
    bytes: int = 4_000_000

    def reached(self, rows: Sequence[Row[Any]]) -> bool:
        """Whether the outbox may have more rows after these."""
        return len(rows) >= self.rows or sum(len(row.value or b"") for row in rows) >= self.bytes


BATCH: Final = BatchLimit()


class BatchResult(Enum):
    """The state of the outbox after a batch."""

    EMPTY = auto()
    MORE = auto()
    ANOTHER_LEADS = auto()


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes the rows of one service's outbox and appends them to its feed."""

    service: str
    broker: Broker
    feed: Feed
    clock: Clock

    async def publish(self, rows: Sequence[Row[Any]]) -> None:
        """Publish the rows, and return once every message is durable. Raises BrokerError."""
        if rows:
            await self.broker.publish([Message(row.topic, row.key, row.value, row.headers) for row in rows])
            for row in rows:
                PUBLISHED.labels(self.service, row.topic).inc()

    async def append(self, transaction: Transaction, rows: Sequence[Row[Any]]) -> None:
        """Give the events among `rows` the next positions. The lock on the head's row leaves no gap between them."""
        events = [row for row in rows if row.event_id is not None]
        if not events:
            return
        last: int = (await transaction.connection.execute(_GROW, {"more": len(events)})).scalar_one()
        now = self.clock.now()
        entries = [_entry(row, position) for position, row in enumerate(events, start=last - len(events) + 1)]
        await transaction.connection.execute(_APPEND, [_feed_row(entry) | {"published_at": now} for entry in entries])
        transaction.after_commit(partial(self.feed.grew, entries))


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
