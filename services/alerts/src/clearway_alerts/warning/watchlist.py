"""The subscriptions of each mission, ready for matching, and never staler than the transaction that asks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.channels.registry import Channels
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.matching import Index, Watch, watch_of
from clearway_alerts.outbound.recipients import COLUMNS, Recipient, recipient_of
from clearway_alerts.storage.rows import read_line
from clearway_alerts.storage.states import filter_in_doubt, read_filter
from clearway_alerts.storage.tables import ROUTE_VIEW, SUBSCRIPTION
from clearway_alerts.storage.unreadable import why_unreadable
from clearway_platform.heavy import HeavyWork

# A filter may have thousands of positions, and what a server sends arrives in one piece: so many are asked for at once.
_READ_AT_ONCE: Final = 10
# So many positions are measured in a few milliseconds; more of them elsewhere than on the event loop.
_POSITIONS_ON_THE_LOOP: Final = 1_000
# An index of more watches than this is made elsewhere than on the loop.
_INDEXED_ON_THE_LOOP: Final = 1_000
# The subscriptions of a mission that changed since a version, or whose route did, from an id on.
_CHANGES: Final = (
    select(SUBSCRIPTION.c.filter, SUBSCRIPTION.c.deleted_at, ROUTE_VIEW.c.line)
    .add_columns(*(SUBSCRIPTION.c[name] for name in COLUMNS))
    .outerjoin_from(
        SUBSCRIPTION,
        ROUTE_VIEW,
        (ROUTE_VIEW.c.mission == SUBSCRIPTION.c.mission) & (ROUTE_VIEW.c.route_id == SUBSCRIPTION.c.route_id),
    )
    .where(
        SUBSCRIPTION.c.mission == bindparam("mission"),
        or_(SUBSCRIPTION.c.changed_in > bindparam("since"), ROUTE_VIEW.c.changed_in > bindparam("since")),
        SUBSCRIPTION.c.id > bindparam("after"),
    )
    .order_by(SUBSCRIPTION.c.id)
    .limit(_READ_AT_ONCE)
)
_FIRST: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Watched:
    """A mission's subscriptions as of `version`. `recipients` are of those that are sent messages; `in_doubt` are those
    whose filter cannot be read, and why: they watch the whole mission."""

    version: int
    watches: dict[UUID, Watch | None] = field(default_factory=dict)
    recipients: dict[UUID, Recipient] = field(default_factory=dict)
    in_doubt: dict[UUID, str] = field(default_factory=dict)
    index: Index = field(default_factory=lambda: Index([]))


async def reaching(watched: Watched, incidents: Sequence[IncidentView], heavy: HeavyWork) -> list[list[Watch]]:
    """For each incident the watches whose area reaches it: measured on the loop where that takes a few milliseconds."""
    near = watched.index.near(incidents)
    if watched.index.positions(near) <= _POSITIONS_ON_THE_LOOP:
        return watched.index.reaching(incidents, near)
    return await heavy.run(watched.index.reaching, incidents, near)


class Watchlist:
    """Keeps each mission's index in memory, and compares its version with the mission's each time.

    Only what changed is read again. Use it in transactions that change no subscription themselves: what they
    had written would be remembered although they may still roll back.
    """

    def __init__(self, channels: Channels, heavy: HeavyWork) -> None:
        self._channels = channels
        self._heavy = heavy
        self._missions: dict[str, Watched] = {}
        self._reading: dict[str, asyncio.Lock] = {}

    async def of(self, connection: AsyncConnection, mission: str, version: int | None) -> Watched:
        """The mission's subscriptions; `version` was read in the same transaction, None when the mission has none."""
        known = self._known(mission)
        if version is None or version == known.version:
            return known
        # Several transactions ask at once after a change: the first one reads it.
        async with self._reading.setdefault(mission, asyncio.Lock()):
            known = self._known(mission)
            if version != known.version:
                known = self._missions[mission] = await self._changed(connection, mission, known, version)
        return known

    def _known(self, mission: str) -> Watched:
        return self._missions.get(mission) or Watched(version=0)

    async def _changed(self, connection: AsyncConnection, mission: str, known: Watched, version: int) -> Watched:
        fresh = Watched(version, dict(known.watches), dict(known.recipients), dict(known.in_doubt))
        after, is_last = _FIRST, False
        while not is_last:
            changes = await connection.execute(_CHANGES, {"mission": mission, "since": known.version, "after": after})
            found = 0
            for row in changes.mappings():
                self._take(row, fresh)
                after, found = row["id"], found + 1
                await asyncio.sleep(0)
            is_last = found < _READ_AT_ONCE
        return replace(fresh, index=await self._index(fresh.watches))

    def _take(self, row: RowMapping, fresh: Watched) -> None:
        for known in (fresh.watches, fresh.recipients, fresh.in_doubt):
            known.pop(row["id"], None)
        if row["deleted_at"] is not None:
            return
        try:
            fresh.watches[row["id"]] = watch_of(row["id"], read_filter(row["filter"]), _line(row["line"]))
        except Exception as error:  # whatever it is, it is about this subscription alone
            fresh.watches[row["id"]] = watch_of(row["id"], filter_in_doubt(row["filter"]))
            fresh.in_doubt[row["id"]] = why_unreadable(error)
        if recipient := recipient_of(row, self._channels):
            fresh.recipients[row["id"]] = recipient

    async def _index(self, watches: Mapping[UUID, Watch | None]) -> Index:
        known = [watch for watch in watches.values() if watch is not None]
        return Index(known) if len(known) <= _INDEXED_ON_THE_LOOP else await self._heavy.run(Index, known)


def _line(stored: Any) -> Any:
    return None if stored is None else read_line(stored)
