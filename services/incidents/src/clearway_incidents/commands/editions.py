"""Making the editions of what missions publish: each from the record as it was known at its moment, whenever made.

Several processes may do it: one of them is the first, and the others find that it is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Row, bindparam, delete, select

from clearway_incidents.commands.publishing import Decided, decided, decided_in
from clearway_incidents.domain.public.counting import Rule
from clearway_incidents.domain.public.editions import Changes, Standing, advance, next_moment, shown
from clearway_incidents.domain.public.publication import Between, EditionOf, Publication
from clearway_incidents.storage.public_standing import packed, unpacked
from clearway_incidents.storage.tables import PUBLIC_AREAS, PUBLIC_FEEDS, PUBLIC_STANDINGS
from clearway_platform.clock import Clock
from clearway_platform.database.engines import BoundDatabase, Database, Transaction, on_either
from clearway_platform.heavy import HeavyWork
from clearway_platform.messaging.retry import is_temporary, retry_until_done

log = structlog.get_logger(__name__)

# A revision may be committed a while after the time that it has.
COMMITTED_AFTER: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=31)
"""So long the feeds of an edition are kept."""
_FIRST_SECONDS: Final = 60.0

_PUBLISHED: Final = (
    select(PUBLIC_AREAS, PUBLIC_STANDINGS.c.moment)
    .outerjoin(PUBLIC_STANDINGS, PUBLIC_STANDINGS.c.mission == PUBLIC_AREAS.c.mission)
    .where(PUBLIC_AREAS.c.published_since.is_not(None))
    .order_by(PUBLIC_AREAS.c.mission)
)
_STANDING: Final = select(PUBLIC_STANDINGS).where(PUBLIC_STANDINGS.c.mission == bindparam("of"))
_KEEP_STANDING: Final = on_either(
    lambda new: new.on_conflict_do_update(
        index_elements=["mission"], set_={"moment": new.excluded.moment, "content": new.excluded.content}
    ),
    PUBLIC_STANDINGS,
)
_KEEP_FEED: Final = on_either(
    lambda new: new.on_conflict_do_nothing().returning(PUBLIC_FEEDS.c.feed),
    PUBLIC_FEEDS,
)
_FORGET: Final = delete(PUBLIC_FEEDS).where(
    PUBLIC_FEEDS.c.mission == bindparam("of"), PUBLIC_FEEDS.c.moment < bindparam("before")
)

Changed = Callable[[BoundDatabase, Between, Rule], Awaitable[Changes]]
Render = Callable[[EditionOf], dict[str, bytes]]


@dataclass(frozen=True, slots=True)
class _Due:
    """An edition that is due: of a mission, at a moment, after the edition of another one, None where it is the first;
    `settings` are those that it is made by."""

    mission: str
    moment: datetime
    after: datetime | None
    settings: Decided


@dataclass(frozen=True, slots=True)
class Editions:
    """`changed` reads what changed between two editions, `render` writes the feeds of one."""

    clock: Clock
    database: Database
    changed: Changed
    render: Render
    _thread: HeavyWork = field(default_factory=lambda: HeavyWork("editions"))

    async def run(self) -> None:
        """A worker."""
        seconds = _FIRST_SECONDS
        while True:
            await asyncio.sleep(seconds)
            await retry_until_done(self.make_due)
            now = self.clock.now()
            seconds = (next_moment(now - COMMITTED_AFTER) + COMMITTED_AFTER - now).total_seconds()

    async def make_due(self) -> int:
        """Make every edition whose moment has passed, one after another. Returns how many. A mission whose edition
        cannot be made keeps no other one from its own, and nobody from reporting: it is tried again the next night."""
        made, failed = 0, set[str]()
        while due := [one for one in await self._due() if one.mission not in failed]:
            for one in due:
                try:
                    made += await self._make(one)
                except Exception as error:
                    if is_temporary(error):
                        raise
                    log.exception("edition_failed", moment=one.moment.isoformat())
                    failed.add(one.mission)
        return made

    async def _due(self) -> Sequence[_Due]:
        """The next edition of each mission, where it is due."""
        every = self.database.of_every_mission("the editions of all that publish are due at the same moment")
        async with every.read() as connection:
            found = [_next(row) for row in await connection.execute(_PUBLISHED)]
        latest = self.clock.now() - COMMITTED_AFTER
        return [due for due in found if due.moment <= latest]

    async def _make(self, due: _Due) -> bool:
        """False when another process was faster, or the mission has decided something else meanwhile."""
        bound = self.database.of(due.mission)
        publication = due.settings.decision.publication
        async with bound.read() as connection:
            stored = (await connection.execute(_STANDING, {"of": due.mission})).one_or_none()
        if (None if stored is None else stored.moment) != due.after:
            return False
        changed = await self.changed(bound, Between(due.mission, due.after, due.moment), publication.rule)
        content, feeds = await self._thread.run(
            _computed, None if stored is None else stored.content, changed, publication, due.moment, self.render
        )
        async with bound.write() as transaction:
            return await self._keep(transaction, due, content, feeds)

    async def _keep(self, transaction: Transaction, due: _Due, content: bytes, feeds: dict[str, bytes]) -> bool:
        if await decided(transaction, due.mission) != due.settings:
            return False
        connection, now = transaction.connection, self.clock.now()
        rows = [
            {"mission": due.mission, "moment": due.moment, "feed": feed, "content": sent, "made_at": now}
            for feed, sent in feeds.items()
        ]
        keep = _KEEP_FEED[connection.dialect.name]
        for row in rows:
            if (await connection.execute(keep, row)).one_or_none() is None:
                return False
        standing = {"mission": due.mission, "moment": due.moment, "content": content}
        await connection.execute(_KEEP_STANDING[connection.dialect.name], standing)
        await connection.execute(_FORGET, {"of": due.mission, "before": due.moment - KEPT})
        return True


def _next(row: Row[Any]) -> _Due:
    """The first edition after what was published was switched on, and after the last edition."""
    settings = decided_in(row)
    after = row.moment
    since = settings.published_since or datetime.min.replace(tzinfo=UTC)
    moment = next_moment(since if after is None else max(after, since))
    return _Due(row.mission, moment, after, settings)


def _computed(
    stored: bytes | None, changed: Changes, publication: Publication, moment: datetime, render: Render
) -> tuple[bytes, dict[str, bytes]]:
    """What the next edition is computed from, and the feeds of this one."""
    standing = Standing() if stored is None else unpacked(stored)
    advance(standing, changed, publication.rule, moment.date())
    return packed(standing), render(EditionOf(publication, moment, shown(standing, publication.rule)))
