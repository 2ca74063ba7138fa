"""Watched sources as rows: read, found by what is heard, and found when there is something to say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.domain.source import WatchedSource
from clearway_alerts.storage.tables import MISSION, WATCHED_SOURCE
from clearway_contracts.vocabulary import SourceKind
from clearway_platform.database.engines import Transaction

# Of a source that is heard again and again, the row is written this often.
WRITTEN_EVERY: Final = timedelta(seconds=30)
# Of so many sources at once it is asked whether there is anything to say.
_FOUND_AT_ONCE: Final = 50

# The parts of Clearway itself: nothing is heard from them while Clearway is stopped.
_PLATFORM: Final = (SourceKind.CONSUMER, SourceKind.RELAY)
_IS_SILENT: Final[ColumnElement[bool]] = WATCHED_SOURCE.c.turn % 2 == 1
_IS_LISTED: Final = WATCHED_SOURCE.c.deleted_at.is_(None)
_NOW: Final = bindparam("now", type_=WATCHED_SOURCE.c.quiet_until.type)
_SAID_AGAIN: Final = bindparam("said_again", type_=WATCHED_SOURCE.c.said_until.type)


def _with_something_to_say() -> Select[Any]:
    was_listened_to = or_(
        WATCHED_SOURCE.c.kind.not_in(_PLATFORM), WATCHED_SOURCE.c.quiet_seconds <= bindparam("listened_seconds")
    )
    falls_silent = and_(~_IS_SILENT, _IS_LISTED, WATCHED_SOURCE.c.quiet_until <= _NOW, was_listened_to)
    is_over = or_(WATCHED_SOURCE.c.deleted_at.is_not(None), WATCHED_SOURCE.c.quiet_until > _NOW)
    newly_looks = func.coalesce(MISSION.c.version, 0) > WATCHED_SOURCE.c.told_in
    expires = WATCHED_SOURCE.c.said_until <= _SAID_AGAIN
    return (
        select(WATCHED_SOURCE.c.mission, WATCHED_SOURCE.c.id)
        .outerjoin_from(WATCHED_SOURCE, MISSION, MISSION.c.mission == WATCHED_SOURCE.c.mission)
        .where(or_(falls_silent, and_(_IS_SILENT, or_(is_over, newly_looks, expires))))
        .order_by(WATCHED_SOURCE.c.quiet_until, WATCHED_SOURCE.c.id)
        .limit(_FOUND_AT_ONCE)
    )


_TO_SAY: Final = _with_something_to_say()


async def with_something_to_say(
    connection: AsyncConnection, now: datetime, *, said_again: datetime, listened: timedelta
) -> Sequence[tuple[str, UUID]]:
    """The missions and ids of the sources that fell silent or were heard again, those that a changed subscription may
    not know of, and those whose alerts expire by `said_again`. A part of Clearway is not silent before this process has
    listened to it for as long as it may be quiet."""
    asked = {"now": now, "said_again": said_again, "listened_seconds": int(listened.total_seconds())}
    return [(row.mission, row.id) for row in await connection.execute(_TO_SAY, asked)]


async def lock_source(transaction: Transaction, source_id: UUID) -> RowMapping:
    """The row of a source that exists, locked until the commit."""
    query = select(WATCHED_SOURCE).where(WATCHED_SOURCE.c.id == source_id).with_for_update()
    return (await transaction.connection.execute(query)).mappings().one()


async def note_heard(
    transaction: Transaction, keys: Mapping[SourceKind, Mapping[str, datetime]], mission: str | None = None
) -> bool:
    """Something was heard from the sources of these keys, of the mission or of all missions. What was heard earlier
    than what is known changes nothing. Whether a silence may be over."""
    is_over = False
    for row in await _heard_of(transaction, keys, mission):
        heard = keys[SourceKind(row.kind)][row.key]
        until = heard + timedelta(seconds=row.quiet_seconds)
        newer = or_(WATCHED_SOURCE.c.last_heard_at.is_(None), WATCHED_SOURCE.c.last_heard_at < heard)
        noted = update(WATCHED_SOURCE).where(WATCHED_SOURCE.c.id == row.id, newer)
        await transaction.connection.execute(noted.values(last_heard_at=heard, quiet_until=until))
        is_over = is_over or row.turn % 2 == 1
    return is_over


async def _heard_of(
    transaction: Transaction, keys: Mapping[SourceKind, Mapping[str, datetime]], mission: str | None
) -> list[Any]:
    """Those of which the row must be written, in the order in which every transaction locks them."""
    named = [
        and_(WATCHED_SOURCE.c.kind == kind, WATCHED_SOURCE.c.key.in_(list(heard)))
        for kind, heard in keys.items()
        if heard
    ]
    if not named:
        return []
    query = select(WATCHED_SOURCE).where(_IS_LISTED, or_(*named)).order_by(WATCHED_SOURCE.c.id)
    if mission is not None:
        query = query.where(WATCHED_SOURCE.c.mission == mission)
    rows = (await transaction.connection.execute(query)).all()
    return [row for row in rows if _must_be_written(row, keys[SourceKind(row.kind)][row.key])]


def _must_be_written(row: Any, heard: datetime) -> bool:
    if row.last_heard_at is None or row.turn % 2 == 1:
        return row.last_heard_at is None or bool(row.last_heard_at < heard)
    return bool(row.last_heard_at + min(WRITTEN_EVERY, timedelta(seconds=row.quiet_seconds) / 10) <= heard)


def read_source(row: RowMapping | Mapping[str, Any]) -> WatchedSource:
    return WatchedSource(
        id=row["id"],
        mission=row["mission"],
        name=row["name"],
        kind=SourceKind(row["kind"]),
        watches=row["watches"],
        quiet_after=timedelta(seconds=row["quiet_seconds"]),
        watched_since=row["watched_since"],
        last_heard_at=row["last_heard_at"],
        turn=row["turn"],
        is_deleted=row["deleted_at"] is not None,
    )
