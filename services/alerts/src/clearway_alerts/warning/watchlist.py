"""The subscriptions of each mission, ready for matching, and never staler than the transaction that asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
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

# One filter may have thousands of positions. Between so many the loop is given to others.
_READ_AT_ONCE: Final = 2
# So many positions are measured in a few milliseconds; more of them elsewhere than on the event loop.
_POSITIONS_ON_THE_LOOP: Final = 1_000
# An index of more watches than this is made elsewhere than on the loop.
_INDEXED_ON_THE_LOOP: Final = 1_000
# The subscriptions of a mission that changed since a version, or whose route did.
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
    )
)


@dataclass(frozen=True, slots=True)
class Watched:
    """A mission's subscriptions as of `version`. `recipients` are of those that are sent messages; `in_doubt` are those
    whose filter cannot be read, and why: they watch the whole mission."""

    version: int
    watches: dict[UUID, Watch | None] = field(default_factory=dict)
    recipients: dict[UUID, Recipient] = field(default_factory=dict)
    in_doubt: dict[UUID, str] = field(default_factory=dict)
    index: Index = field(default_factory=lambda: Index([]))


async def matching(watched: Watched, incident: IncidentView, heavy: HeavyWork) -> list[UUID]:
    """The subscriptions whose whole filter holds: measured on the loop where that takes a few milliseconds."""
    near = watched.index.near(incident)
    if watched.index.positions(near) <= _POSITIONS_ON_THE_LOOP:
        return watched.index.matching(incident, near)
    return await heavy.run(watched.index.matching, incident, near)


class Watchlist:
    """Keeps each mission's index in memory, and compares its version with the mission's each time.

    Only what changed is read again. Use it in transactions that change no subscription themselves: what they
    had written would be remembered although they may still roll back.
    """

    def __init__(self, channels: Channels, heavy: HeavyWork) -> None:
        self._channels = channels
        self._heavy = heavy
        self._missions: dict[str, Watched] = {}

    async def of(self, connection: AsyncConnection, mission: str, version: int | None) -> Watched:
        """The mission's subscriptions; `version` was read in the same transaction, None when the mission has none."""
        known = self._missions.get(mission) or Watched(version=0)
        if version is None or version == known.version:
            return known
        changes = await connection.execute(_CHANGES, {"mission": mission, "since": known.version})
        fresh = Watched(version, dict(known.watches), dict(known.recipients), dict(known.in_doubt))
        for rows in changes.mappings().partitions(_READ_AT_ONCE):
            self._take(rows, fresh)
            await asyncio.sleep(0)
        fresh = replace(fresh, index=await self._index(fresh.watches))
        self._missions[mission] = fresh
        return fresh

    def _take(self, rows: Iterable[RowMapping], fresh: Watched) -> None:
        for row in rows:
            for known in (fresh.watches, fresh.recipients, fresh.in_doubt):
                known.pop(row["id"], None)
            if row["deleted_at"] is not None:
                continue
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
