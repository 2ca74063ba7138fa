"""Links each revision into the chain of its mission, beside the reports: a report waits for no other one.

The order is that of the feed, in which every revision is an event. What was on record before the feed began, or while
it was pruned without being linked, is linked first, in the order of the incidents' ids. An id is of its mission.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Row, and_, bindparam, insert, select, tuple_, update

from clearway_incidents.domain.linking import link_hash
from clearway_incidents.storage.tables import LINK_CURSOR, LINK_HEADS, LINKS, REVISIONS
from clearway_platform.database.engines import Database, Transaction, on_either, one_or_many
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import FeedHead, FeedRow
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.retry import retry_until_done

PAUSE_SECONDS: Final = 1.0
AT_ONCE: Final = 100
_FEED: Final = table_of(FeedRow)
_FEED_HEAD: Final = table_of(FeedHead)
# The cursor before the first revision on record.
_BEGINNING: Final[Mapping[str, Any]] = {"incident_id": UUID(int=0), "revision": 0, "of_mission": ""}
_Incident = tuple[str, UUID]

_CURSOR: Final = select(LINK_CURSOR).with_for_update()
_EVENTS: Final = (
    select(_FEED.c.position, _FEED.c.mission, _FEED.c.subject)
    .where(_FEED.c.position > bindparam("after"))
    .order_by(_FEED.c.position)
    .limit(AT_ONCE)
)
_IS_LINKED: Final = and_(
    LINKS.c.mission == REVISIONS.c.mission,
    LINKS.c.incident_id == REVISIONS.c.incident_id,
    LINKS.c.revision == REVISIONS.c.revision,
)
_UNLINKED: Final = (
    select(REVISIONS.c.mission, REVISIONS.c.incident_id, REVISIONS.c.revision, REVISIONS.c.hash)
    .outerjoin(LINKS, _IS_LINKED)
    .where(LINKS.c.sequence.is_(None))
    .order_by(REVISIONS.c.incident_id, REVISIONS.c.revision, REVISIONS.c.mission)
)
# The next part of the record, whether it is linked or not: what a transaction reads is bounded.
_KEY: Final = (REVISIONS.c.incident_id, REVISIONS.c.revision, REVISIONS.c.mission)
_AFTER: Final = tuple_(
    *(bindparam(name, type_=column.type) for name, column in zip(("incident", "number", "of"), _KEY, strict=True))
)
_PART: Final = (
    select(*_KEY, REVISIONS.c.hash).where(tuple_(*_KEY) > _AFTER).order_by(*_KEY).limit(AT_ONCE).subquery("part")
)
_RECORD: Final = (
    select(_PART, LINKS.c.sequence.label("linked"))
    .outerjoin(
        LINKS,
        and_(
            LINKS.c.mission == _PART.c.mission,
            LINKS.c.incident_id == _PART.c.incident_id,
            LINKS.c.revision == _PART.c.revision,
        ),
    )
    .order_by(_PART.c.incident_id, _PART.c.revision, _PART.c.mission)
)
_BEGIN: Final = on_either(lambda new: new.on_conflict_do_nothing(), LINK_HEADS)
_HEAD: Final = (
    select(LINK_HEADS.c.sequence, LINK_HEADS.c.hash).where(LINK_HEADS.c.mission == bindparam("of")).with_for_update()
)
_ADD: Final = insert(LINKS)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Linking:
    """A worker. Several processes may run it: the cursor's row is locked while one of them links."""

    database: Database
    feed: Feed
    turn: Callable[[], AbstractAsyncContextManager[None]]

    async def run(self) -> None:
        with self.feed.subscribe() as grown:
            while True:
                grown.clear()
                while await retry_until_done(self._one):
                    pass
                await grown.wait()
                # Several reports are linked at once, and none of them waits for it.
                await asyncio.sleep(PAUSE_SECONDS)

    async def link(self) -> None:
        """Link everything that is published."""
        while await self._one():
            pass

    async def _one(self) -> bool:
        """One transaction. Whether more may follow."""
        async with (
            self.turn(),
            self.database.of_every_mission("revisions of every mission are linked").write() as transaction,
        ):
            connection = transaction.connection
            feed = (await connection.execute(select(_FEED_HEAD))).one()
            cursor = (await connection.execute(_CURSOR)).one_or_none()
            if cursor is None or cursor.epoch != feed.epoch or cursor.position < feed.pruned_position:
                await self._begin(transaction, feed, is_first=cursor is None)
                return True
            if cursor.incident_id is not None:
                return await self._link_record(transaction, cursor)
            return await self._link_feed(transaction, cursor.position)

    async def _begin(self, transaction: Transaction, feed: Row[Any], *, is_first: bool) -> None:
        """The whole record is looked through, and then the feed from where it is now."""
        row = {"id": 1, "epoch": feed.epoch, "position": feed.last_position, **_BEGINNING}
        if is_first:
            await transaction.connection.execute(insert(LINK_CURSOR), row)
            return
        log.warning("revisions_linked_anew", why="the feed is another one, or was pruned before it was linked")
        await transaction.connection.execute(update(LINK_CURSOR).values(row))

    async def _link_record(self, transaction: Transaction, cursor: Row[Any]) -> bool:
        after = {"incident": cursor.incident_id, "number": cursor.revision, "of": cursor.of_mission}
        found = (await transaction.connection.execute(_RECORD, after)).all()
        await _add(transaction, [row for row in found if row.linked is None])
        reached = dict.fromkeys(_BEGINNING)
        if found:
            last = found[-1]
            reached = {"incident_id": last.incident_id, "revision": last.revision, "of_mission": last.mission}
        await transaction.connection.execute(update(LINK_CURSOR).values(reached))
        return True

    async def _link_feed(self, transaction: Transaction, position: int) -> bool:
        events = (await transaction.connection.execute(_EVENTS, {"after": position})).all()
        if not events:
            return False
        positions: dict[_Incident, list[int]] = defaultdict(list)
        for event in events:
            with suppress(ValueError):  # it is of no incident, and stops none that follow
                positions[event.mission, UUID(event.subject)].append(event.position)
        query = _UNLINKED.where(REVISIONS.c.incident_id.in_({incident_id for _, incident_id in positions}))
        found = (await transaction.connection.execute(query)).all()
        await _add(transaction, _in_order(found, positions))
        await transaction.connection.execute(update(LINK_CURSOR).values(position=events[-1].position))
        return len(events) == AT_ONCE


def _in_order(
    found: Iterable[Row[*tuple[Any, ...]]], positions: Mapping[_Incident, Sequence[int]]
) -> list[Row[*tuple[Any, ...]]]:
    """Revisions in the order of their events: the first one of an incident that is not linked belongs to its first
    event here. One whose event is not published yet follows at once."""
    numbers: Counter[_Incident] = Counter()
    placed = []
    for row in found:
        incident = (row.mission, row.incident_id)
        own = positions.get(incident)
        if own is None:
            continue  # another mission has an incident of the same id
        placed.append((own[min(numbers[incident], len(own) - 1)], row))
        numbers[incident] += 1
    return [row for _position, row in sorted(placed, key=lambda pair: pair[0])]


async def _add(transaction: Transaction, revisions: Iterable[Row[*tuple[Any, ...]]]) -> None:
    by_mission: dict[str, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in revisions:
        by_mission[row.mission].append(row)
    for mission, own in sorted(by_mission.items()):
        await _add_to(transaction, mission, own)


async def _add_to(transaction: Transaction, mission: str, revisions: Iterable[Row[*tuple[Any, ...]]]) -> None:
    connection = transaction.connection
    await connection.execute(_BEGIN[connection.dialect.name], {"mission": mission, "sequence": 0, "hash": None})
    sequence, previous = (await connection.execute(_HEAD, {"of": mission})).one()
    rows = []
    for one in revisions:
        sequence += 1
        own = link_hash(one.incident_id, one.revision, one.hash, previous)
        named = {"incident_id": one.incident_id, "revision": one.revision, "revision_hash": one.hash}
        rows.append({"mission": mission, "sequence": sequence, **named, "previous": previous, "hash": own})
        previous = own
    await connection.execute(_ADD, one_or_many(rows))
    moved = update(LINK_HEADS).where(LINK_HEADS.c.mission == mission).values(sequence=sequence, hash=previous)
    await connection.execute(moved)
