"""The subscriptions of each mission, ready for matching, and never staler than the transaction that asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.channels.webhook.signing import SigningKeys
from clearway_alerts.domain.matching import Index, Watch, watch
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.filter_form import read_filter
from clearway_alerts.outbound.leases import Endpoint
from clearway_alerts.storage.rows import read_line
from clearway_alerts.storage.tables import ROUTE_VIEW, SUBSCRIPTION
from clearway_platform.heavy import HeavyWork

# One filter may have thousands of positions. Between so many the loop is given to others.
_READ_AT_ONCE: Final = 2
# An index of more watches than this is made elsewhere than on the loop.
_INDEXED_ON_THE_LOOP: Final = 1_000
_ENDPOINT: Final = ("url", "state", "secret", "private_key", "old_secret", "old_secret_until")
# The subscriptions of a mission that changed since a version, or whose route did.
_CHANGES: Final = (
    select(SUBSCRIPTION.c.id, SUBSCRIPTION.c.filter, SUBSCRIPTION.c.deleted_at, ROUTE_VIEW.c.line)
    .add_columns(*(SUBSCRIPTION.c[name] for name in _ENDPOINT))
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
    """A mission's subscriptions as of `version`. `endpoints` are of those that have a webhook."""

    version: int
    watches: dict[UUID, Watch | None] = field(default_factory=dict)
    endpoints: dict[UUID, Endpoint] = field(default_factory=dict)
    index: Index = field(default_factory=lambda: Index([]))


class Watchlist:
    """Keeps each mission's index in memory, and is told the mission's version each time to see whether it still holds.

    Only what changed is read again. Use it in transactions that change no subscription themselves: what they
    had written would be remembered although they may still roll back.
    """

    def __init__(self, heavy: HeavyWork) -> None:
        self._heavy = heavy
        self._missions: dict[str, Watched] = {}

    async def of(self, connection: AsyncConnection, mission: str, version: int | None) -> Watched:
        """The mission's subscriptions; `version` was read in the same transaction, None when the mission has none."""
        known = self._missions.get(mission) or Watched(version=0)
        if version is None or version == known.version:
            return known
        changes = await connection.execute(_CHANGES, {"mission": mission, "since": known.version})
        watches, endpoints = dict(known.watches), dict(known.endpoints)
        for rows in changes.mappings().partitions(_READ_AT_ONCE):
            _take(rows, watches, endpoints)
            await asyncio.sleep(0)
        fresh = Watched(version, watches, endpoints, await self._index(watches))
        self._missions[mission] = fresh
        return fresh

    async def _index(self, watches: Mapping[UUID, Watch | None]) -> Index:
        known = [each for each in watches.values() if each is not None]
        return Index(known) if len(known) <= _INDEXED_ON_THE_LOOP else await self._heavy.run(Index, known)


def _take(rows: Iterable[RowMapping], watches: dict[UUID, Watch | None], endpoints: dict[UUID, Endpoint]) -> None:
    for row in rows:
        watches.pop(row["id"], None)
        endpoints.pop(row["id"], None)
        if row["deleted_at"] is None:
            watches[row["id"]] = watch(row["id"], read_filter(row["filter"]), _line(row["line"]))
            if row["url"] is not None:
                endpoints[row["id"]] = _endpoint(row)


def _endpoint(row: RowMapping) -> Endpoint:
    keys = SigningKeys(row["secret"], row["private_key"], row["old_secret"], row["old_secret_until"])
    return Endpoint(row["url"], row["state"] == SubscriptionState.ACTIVE, keys)


def _line(stored: Any) -> Any:
    return None if stored is None else read_line(stored)
