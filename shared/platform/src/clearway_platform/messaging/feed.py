"""The feed: a service's published events at gap-free positions, for streams that must not miss one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select

from clearway_platform.database.engines import BoundDatabase, Database
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import FeedHead, FeedRow
from clearway_platform.messaging.cursors import Cursors
from clearway_platform.messaging.retry import retry_until_done

_FEED = table_of(FeedRow)
_HEAD = table_of(FeedHead)
_SEAL: Final = select(_HEAD.c.epoch, _HEAD.c.cursor_key)
_LAST_POSITION: Final = select(_HEAD.c.last_position)
_PRUNED_POSITION: Final = select(_HEAD.c.pruned_position)
_ENTRY: Final = tuple(_FEED.c[name] for name in ("position", "event_id", "mission", "type", "subject", "time", "data"))

# A waiter that is busy while more than this is published reads the database instead.
FRESH_CHARACTERS: Final = 4_000_000
# A read ends with the event whose data reaches this size.
PAGE_BYTES: Final = 1_000_000
_DATABASE_COUNTS_BYTES: Final = "postgresql"


class Pruned(Exception):
    """Events after this position are no longer stored: a reader that continues here misses some."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A published event. `json` is its data as it was published (compact, one line), ready to be sent on."""

    position: int
    event_id: UUID
    mission: str
    type: str
    subject: str
    time: datetime
    json: str

    @property
    def data(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.json)
        return parsed


class Growth(asyncio.Event):
    """Set when the feed has grown. The waiter clears it, takes the new entries, and waits again.

    Entries that the relay of this process has just published are passed on in memory, without a read.
    """

    def __init__(self) -> None:
        super().__init__()
        self._fresh: list[FeedEntry] | None = None
        self._characters = 0

    def add(self, entries: Sequence[FeedEntry] | None) -> None:
        """The feed grew by `entries`, or by unknown ones (None)."""
        more = sum(len(entry.json) for entry in entries or ())
        if entries is None or self._fresh is None or self._characters + more > FRESH_CHARACTERS:
            self._fresh = None
        else:
            self._fresh.extend(entries)
            self._characters += more
        self.set()

    def take(self, after: int) -> Sequence[FeedEntry] | None:
        """The entries since the last call, for a reader at position `after`; None when it must read the feed."""
        fresh, self._fresh, self._characters = self._fresh, [], 0
        if fresh is None:
            return None
        new = [entry for entry in fresh if entry.position > after]
        return new if all(entry.position == position for position, entry in enumerate(new, after + 1)) else None


class Feed:
    """Reads one database's feed, and wakes its waiters when it grows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: set[Growth] = set()
        self._cursors: Cursors | None = None

    async def cursors(self) -> Cursors:
        """The form in which clients get positions. Those of another epoch are not valid here."""
        if self._cursors is None:
            async with self._of(None).read() as connection:
                self._cursors = Cursors(*(await connection.execute(_SEAL)).one())
        return self._cursors

    async def after(
        self,
        mission: str | None,
        position: int,
        limit: int,
        types: Collection[str] | None = None,
        *,
        until: int | None = None,
        max_bytes: int = PAGE_BYTES,
    ) -> list[FeedEntry]:
        """The next entries of a mission, or of all missions (None), in order of position.

        At most `limit`, and up to the entry whose data reaches `max_bytes`. Raises Pruned.
        """
        query = _after(mission, position, limit, types, until)
        if self._database.dialect == _DATABASE_COUNTS_BYTES:
            query = _within_bytes(query, max_bytes)
        async with self._of(mission).read() as connection:
            if (await connection.execute(_PRUNED_POSITION)).scalar_one() > position:
                raise Pruned
            with await connection.execute(query) as rows:
                return list(_within((FeedEntry(*row) for row in rows), max_bytes))

    async def last_position(self) -> int:
        """The last position in use, of all missions."""
        async with self._of(None).read() as connection:
            last: int = (await connection.execute(_LAST_POSITION)).scalar_one()
        return last

    def _of(self, mission: str | None) -> BoundDatabase:
        if mission is None:
            return self._database.of_every_mission("one reader of the feed serves the streams of all missions")
        return self._database.of(mission)

    @contextmanager
    def subscribe(self) -> Iterator[Growth]:
        """A waiter that is set when the feed has grown."""
        woken = Growth()
        self._waiting.add(woken)
        try:
            yield woken
        finally:
            self._waiting.discard(woken)

    def grew(self, entries: Sequence[FeedEntry] | None = None) -> None:
        """Set every waiter: the feed has grown, by `entries` if they are known."""
        for woken in self._waiting:
            woken.add(entries)

    async def watch(self, poll_seconds: float) -> None:
        """A worker that wakes the waiters of this process when a relay in another one made the feed grow."""
        seen = -1
        while True:
            last = await retry_until_done(self.last_position)
            if last != seen:
                seen = last
                self.grew()
            await asyncio.sleep(poll_seconds)


def _after(
    mission: str | None, position: int, limit: int, types: Collection[str] | None, until: int | None
) -> Select[Any]:
    query = select(*_ENTRY).where(_FEED.c.position > position).order_by(_FEED.c.position).limit(limit)
    if mission is not None:
        query = query.where(_FEED.c.mission == mission)
    if types is not None:
        query = query.where(_FEED.c.type.in_(types))
    if until is not None:
        query = query.where(_FEED.c.position <= until)
    return query


def _within_bytes(query: Select[Any], max_bytes: int) -> Select[Any]:
    """Leave out the rows after the limit: the driver would read them all into memory.

    PostgreSQL knows the length of a value without reading it.
    """
    size = func.octet_length(_FEED.c.data)
    page = query.add_columns((func.sum(size).over(order_by=_FEED.c.position) - size).label("before")).subquery()
    columns = [page.c[column.name] for column in _ENTRY]
    return select(*columns).where(page.c.before < max_bytes).order_by(page.c.position)


def _within(entries: Iterable[FeedEntry], max_bytes: int) -> Iterator[FeedEntry]:
    """The entries up to the one that reaches the limit. SQLite reads rows one by one, so no further row is read."""
    left = max_bytes
    for entry in entries:
        yield entry
        left -= len(entry.json)
        if left <= 0:
            return
