"""The feed: a service's published events at gap-free positions, for streams that must not miss one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select

from clearway_shared.database import Database
from clearway_shared.patience import patiently
from clearway_shared.tables import FeedHead, FeedRow

_FEED = FeedRow.__table__  # type: ignore[attr-defined]
_HEAD = FeedHead.__table__  # type: ignore[attr-defined]
_EPOCH: Final = select(_HEAD.c.epoch)
_LAST_POSITION: Final = select(_HEAD.c.last_position)

# A waiter that is busy with more than this reads the database when it comes back.
_FRESH: Final = 1000


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A published event. `json` is its data as it was published, ready to be sent on."""

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


class Bounds(NamedTuple):
    """What a feed still holds: a cursor below `oldest - 1` has a gap. `newest` is where a new reader begins."""

    oldest: int
    newest: int


class Growth(asyncio.Event):
    """Set whenever the feed has grown. The waiter clears it, takes what is fresh, and waits again.

    What this process's own relay has just published is handed over, so that it need not be read back.
    """

    def __init__(self) -> None:
        super().__init__()
        self._fresh: list[FeedEntry] | None = None

    def add(self, entries: Sequence[FeedEntry] | None) -> None:
        """The feed grew by `entries`; None: by what is not known here."""
        if entries is None or self._fresh is None or len(self._fresh) + len(entries) > _FRESH:
            self._fresh = None
        else:
            self._fresh.extend(entries)
        self.set()

    def take(self, after: int) -> Sequence[FeedEntry] | None:
        """What came since the last time, for one who has read up to `after`; None when the feed must be read for it."""
        fresh, self._fresh = self._fresh, []
        if fresh is None:
            return None
        new = [entry for entry in fresh if entry.position > after]
        return new if all(entry.position == place for place, entry in enumerate(new, after + 1)) else None


class Feed:
    """Reads one database's feed, and wakes those who wait for it to grow."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: set[Growth] = set()
        self._epoch: str | None = None

    async def epoch(self) -> str:
        """Which feed this is; positions of another epoch mean nothing here."""
        if self._epoch is None:
            async with self._database.read() as connection:
                self._epoch = (await connection.execute(_EPOCH)).scalar_one()
        return self._epoch

    async def after(
        self, mission: str | None, position: int, limit: int, types: Collection[str] | None = None
    ) -> list[FeedEntry]:
        """The next entries of a mission (None: of all, for a hub that sorts them out itself), in order of position."""
        async with self._database.read() as connection:
            rows = await connection.execute(_after(mission, position, limit, types))
            return [FeedEntry(*row) for row in rows]

    async def bounds(self, mission: str) -> Bounds:
        """The oldest position that is still held, of any mission, and the newest of this one."""
        newest = select(func.max(_FEED.c.position)).where(_FEED.c.mission == mission).scalar_subquery()
        async with self._database.read() as connection:
            pruned, last = (await connection.execute(select(_HEAD.c.pruned_position, newest))).one()
        return Bounds(oldest=pruned + 1, newest=pruned if last is None else last)

    async def last_position(self) -> int:
        """The last position given, in any mission."""
        async with self._database.read() as connection:
            last: int = (await connection.execute(_LAST_POSITION)).scalar_one()
        return last

    @contextmanager
    def subscribe(self) -> Iterator[Growth]:
        """What tells when the feed has grown."""
        woken = Growth()
        self._waiting.add(woken)
        try:
            yield woken
        finally:
            self._waiting.discard(woken)

    def grew(self, entries: Sequence[FeedEntry] | None = None) -> None:
        """Tell every waiter that the feed has grown, by these entries if they are known."""
        for woken in self._waiting:
            woken.add(entries)

    async def watch(self, poll_seconds: float) -> None:
        """A worker that wakes the waiters of this process when a relay in another one made the feed grow."""
        seen = -1
        while True:
            last = await patiently(self.last_position)
            if last != seen:
                seen = last
                self.grew()
            await asyncio.sleep(poll_seconds)


def _after(mission: str | None, position: int, limit: int, types: Collection[str] | None) -> Select[Any]:
    columns = (_FEED.c.position, _FEED.c.event_id, _FEED.c.mission, _FEED.c.type, _FEED.c.subject, _FEED.c.time)
    query = select(*columns, _FEED.c.data).where(_FEED.c.position > position).order_by(_FEED.c.position).limit(limit)
    if mission is not None:
        query = query.where(_FEED.c.mission == mission)
    if types is not None:
        query = query.where(_FEED.c.type.in_(types))
    return query
