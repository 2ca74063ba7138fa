"""The subscriptions of each mission, ready for matching, and never staler than the transaction that asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.domain.matching import Index, Watch, watch
from clearway_alerts.filter_form import read_filter
from clearway_alerts.rows import read_line
from clearway_alerts.tables import MISSION, ROUTE_VIEW, SUBSCRIPTION


@dataclass(frozen=True, slots=True)
class Watched:
    """A mission's subscriptions as of `version`. `webhooks` are those that have one; both know every live id."""

    version: int
    watches: dict[UUID, Watch | None] = field(default_factory=dict)
    webhooks: frozenset[UUID] = frozenset()
    index: Index = field(default_factory=lambda: Index([]))


class Watchlist:
    """Keeps each mission's index in memory, and asks the mission's version each time whether it still holds.

    Only what changed is read again. Use it in transactions that change no subscription themselves: what they
    had written would be remembered although they may still roll back.
    """

    def __init__(self) -> None:
        self._missions: dict[str, Watched] = {}

    async def of(self, connection: AsyncConnection, mission: str) -> Watched:
        known = self._missions.get(mission, Watched(version=0))
        version = (await connection.execute(select(MISSION.c.version).where(MISSION.c.mission == mission))).scalar()
        if version is None or version == known.version:
            return known
        fresh = _with_changes(known, version, await _changes(connection, mission, known.version))
        self._missions[mission] = fresh
        return fresh


async def _changes(connection: AsyncConnection, mission: str, since: int) -> list[RowMapping]:
    """The subscriptions that changed, or whose route did."""
    route = (ROUTE_VIEW.c.mission == SUBSCRIPTION.c.mission) & (ROUTE_VIEW.c.route_id == SUBSCRIPTION.c.route_id)
    changed = or_(SUBSCRIPTION.c.changed_in > since, ROUTE_VIEW.c.changed_in > since)
    columns = (SUBSCRIPTION.c.id, SUBSCRIPTION.c.filter, SUBSCRIPTION.c.url, SUBSCRIPTION.c.deleted_at)
    query = select(*columns, ROUTE_VIEW.c.line).outerjoin_from(SUBSCRIPTION, ROUTE_VIEW, route)
    rows = await connection.execute(query.where(SUBSCRIPTION.c.mission == mission, changed))
    return list(rows.mappings())


def _with_changes(known: Watched, version: int, changes: list[RowMapping]) -> Watched:
    watches, webhooks = dict(known.watches), set(known.webhooks)
    for row in changes:
        watches.pop(row["id"], None)
        webhooks.discard(row["id"])
        if row["deleted_at"] is None:
            watches[row["id"]] = watch(row["id"], read_filter(row["filter"]), _line(row["line"]))
            if row["url"] is not None:
                webhooks.add(row["id"])
    index = Index([each for each in watches.values() if each is not None])
    return Watched(version, watches, frozenset(webhooks), index)


def _line(stored: Any) -> Any:
    return None if stored is None else read_line(stored)
