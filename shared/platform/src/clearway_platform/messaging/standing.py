"""Where a mission's events stand: the cursor from which a client of its state follows, and a tag that each one changes.

Whoever reads state and then follows from the cursor misses nothing: an event up to the cursor was committed before the
read. The tag also counts what waits in the outbox, for a change is state before it is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_platform.database.models import table_of
from clearway_platform.database.tables import FeedHead, FeedRow, OutboxRow
from clearway_platform.messaging.cursors import Cursors

# Counting more would take longer than what the tag saves. So many wait only while the log does not answer.
MOST_WAITING: Final = 1_000

_FEED: Final = table_of(FeedRow)
_HEAD: Final = table_of(FeedHead)
_OUTBOX: Final = table_of(OutboxRow)
_LAST: Final = select(func.max(_FEED.c.position)).where(_FEED.c.mission == bindparam("of"))
_WAITING: Final = select(_OUTBOX.c.id).where(_OUTBOX.c.mission == bindparam("of")).limit(MOST_WAITING + 1).subquery()
_STANDING: Final = select(
    _HEAD.c.last_position,
    _LAST.scalar_subquery().label("last_of_mission"),
    select(func.count()).select_from(_WAITING).scalar_subquery().label("waiting"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """`cursor` is that of the stream. `tag` is the same only while this mission has had no other event; None while too
    many wait to be counted."""

    cursor: str
    tag: str | None


async def standing_of(connection: AsyncConnection, cursors: Cursors, mission: str, now: datetime) -> Standing:
    """Where the events of a mission stand. Read it before the state, or in one transaction with it."""
    row = (await connection.execute(_STANDING, {"of": mission})).one()
    # When all were pruned: one that comes and is pruned in turn was held over the end of a day, in UTC.
    of_day = f"none-{now:%Y-%m-%d}"
    last = of_day if row.last_of_mission is None else cursors.event_id(mission, row.last_of_mission)
    tag = None if row.waiting > MOST_WAITING else f"{mission}-{last}-{row.waiting}"
    return Standing(cursors.place(mission, row.last_position), tag)
