"""What is published, for those who read it without a key: kept in memory, so that a crowd costs the database nothing.

The record is not read here: what is sent was written by the last edition.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, select

from clearway_incidents.storage.tables import PUBLIC_AREAS, PUBLIC_FEEDS, PUBLIC_NAMES
from clearway_platform.database.engines import Database

KNOWN_SECONDS: Final = 5.0
"""What is switched off is sent no more after so long, by every process."""
_LEVEL: Final = 6


@dataclass(frozen=True, slots=True)
class Published:
    """One feed of an edition: its bytes, the same compressed, and its entity tag."""

    content: bytes
    compressed: bytes
    etag: str

    @classmethod
    def of(cls, content: bytes) -> Published:
        tag = hashlib.blake2b(content, digest_size=12).hexdigest()
        return cls(content, gzip.compress(content, _LEVEL, mtime=0), f'W/"{tag}"')


Edition = Mapping[str, Published]


@dataclass(frozen=True, slots=True)
class _Last:
    """The last edition of a mission."""

    mission: str
    moment: datetime


class PublicFeeds:
    """The last edition of each mission that publishes, by its public name."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_name: dict[str, _Last] = {}
        self._editions: dict[_Last, Edition] = {}
        self._known_until = 0.0
        self._reading = asyncio.Lock()

    async def edition(self, public_name: str) -> Edition | None:
        """The feeds under a name, each by its own; None where nothing is published. A name that nobody has and one
        whose mission does not publish are looked up in the same way."""
        if self._is_outdated():
            async with self._reading:
                if self._is_outdated():
                    await self._read()
        last = self._by_name.get(public_name)
        return None if last is None else self._editions[last]

    def forget(self) -> None:
        """The next request sees what has changed."""
        self._known_until = 0.0

    def _is_outdated(self) -> bool:
        return asyncio.get_running_loop().time() >= self._known_until

    async def _read(self) -> None:
        known_until = asyncio.get_running_loop().time() + KNOWN_SECONDS
        found = await self._published()
        editions = {last: self._editions.get(last) or await self._load(last) for last in set(found.values())}
        self._by_name, self._editions, self._known_until = found, editions, known_until

    async def _published(self) -> dict[str, _Last]:
        """What was made before a mission last switched it on stays unpublished."""
        since = PUBLIC_AREAS.c.published_since
        is_since = and_(PUBLIC_FEEDS.c.mission == PUBLIC_AREAS.c.mission, PUBLIC_FEEDS.c.moment >= since)
        # One look into the key of the feeds for each mission.
        moment = select(func.max(PUBLIC_FEEDS.c.moment)).where(is_since).scalar_subquery()
        query = (
            select(PUBLIC_NAMES.c.public_name, PUBLIC_NAMES.c.mission, moment.label("moment"))
            .join(PUBLIC_AREAS, PUBLIC_AREAS.c.mission == PUBLIC_NAMES.c.mission)
            .where(since.is_not(None))
        )
        every = self._database.of_every_mission("a public name says of which mission it is")
        async with every.read() as connection:
            rows = (await connection.execute(query)).all()
        return {row.public_name: _Last(row.mission, row.moment) for row in rows if row.moment is not None}

    async def _load(self, last: _Last) -> Edition:
        query = select(PUBLIC_FEEDS.c.feed, PUBLIC_FEEDS.c.content)
        query = query.where(PUBLIC_FEEDS.c.mission == last.mission, PUBLIC_FEEDS.c.moment == last.moment)
        async with self._database.of(last.mission).read() as connection:
            rows = (await connection.execute(query)).all()
        return {row.feed: await asyncio.to_thread(Published.of, row.content) for row in rows}
