"""The subscriptions of each mission, ready for matching, and never staler than the transaction that asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.channels.registry import Channels
from clearway_alerts.domain.matching import Index, Watch, watch
from clearway_alerts.outbound.recipients import COLUMNS, Recipient, recipient_of
from clearway_alerts.storage.rows import read_line
from clearway_alerts.storage.states import read_filter
from clearway_alerts.storage.tables import ROUTE_VIEW, SUBSCRIPTION
from clearway_platform.heavy import HeavyWork

# One filter may have thousands of positions. Between so many the loop is given to others.
_READ_AT_ONCE: Final = 2
# An index of more watches than this is made elsewhere than on the loop.
_INDEXED_ON_THE_LOOP: Final = 1_000
# The subscriptions of a mission that changed since a version, or whose route did.
_CHANGES: Final = (
    select(SUBSCRIPTION.c.id, SUBSCRIPTION.c.filter, SUBSCRIPTION.c.deleted_at, ROUTE_VIEW.c.line)
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
    """A mission's subscriptions as of `version`. `recipients` are of those that are sent messages."""

    version: int
    watches: dict[UUID, Watch | None] = field(default_factory=dict)
    recipients: dict[UUID, Recipient] = field(default_factory=dict)
    index: Index = field(default_factory=lambda: Index([]))


class Watchlist:
    """Keeps each mission's index in memory, and is told the mission's version each time to see whether it still holds.

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
        watches, recipients = dict(known.watches), dict(known.recipients)
        for rows in changes.mappings().partitions(_READ_AT_ONCE):
            self._take(rows, watches, recipients)
            await asyncio.sleep(0)
        fresh = Watched(version, watches, recipients, await self._index(watches))
        self._missions[mission] = fresh
        return fresh

    def _take(
        self, rows: Iterable[RowMapping], watches: dict[UUID, Watch | None], recipients: dict[UUID, Recipient]
    ) -> None:
        for row in rows:
            watches.pop(row["id"], None)
            recipients.pop(row["id"], None)
            if row["deleted_at"] is not None:
                continue
            watches[row["id"]] = watch(row["id"], read_filter(row["filter"]), _line(row["line"]))
            if recipient := recipient_of(row, self._channels):
                recipients[row["id"]] = recipient

    async def _index(self, watches: Mapping[UUID, Watch | None]) -> Index:
        known = [watch for watch in watches.values() if watch is not None]
        return Index(known) if len(known) <= _INDEXED_ON_THE_LOOP else await self._heavy.run(Index, known)


def _line(stored: Any) -> Any:
    return None if stored is None else read_line(stored)
