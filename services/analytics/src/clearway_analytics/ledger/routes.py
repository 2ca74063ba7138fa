"""The routes of a mission, as rows and as an index of footprints in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, RowMapping, Select, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.check import Check
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger import checks
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.risk.footprint import Footprint
from clearway_analytics.risk.network import Network
from clearway_analytics.storage.states import LINE, stored_line
from clearway_analytics.storage.tables import ROUTES
from clearway_platform.database.engines import insert
from clearway_platform.heavy import HeavyWork

# A line may have thousands of positions: other work of the event loop runs between two parts.
_READ_AT_ONCE: Final = 4
_FIND: Final = select(ROUTES).where(
    ROUTES.c.mission == bindparam("mission"), ROUTES.c.route_id == bindparam("route_id")
)


def live_routes(mission: str) -> Select[Any]:
    """The query for the mission's routes that are not retired."""
    return select(ROUTES).where(ROUTES.c.mission == mission, ROUTES.c.retired_at.is_(None))


def route_of(row: Row[Any]) -> Route:
    return Route(
        mission=row.mission,
        route_id=row.route_id,
        name=row.name,
        line=LINE.read(row.line),
        half_width_m=row.half_width_m,
        length_m=row.length_m,
        revision=row.revision,
        registered_by=row.registered_by,
        registered_at=row.registered_at,
        updated_at=row.updated_at,
        retired_at=row.retired_at,
    )


async def find(connection: AsyncConnection, mission: str, route_id: UUID) -> Route | None:
    """The route, retired or not."""
    row = (await connection.execute(_FIND, {"mission": mission, "route_id": route_id})).one_or_none()
    return None if row is None else route_of(row)


async def find_many(connection: AsyncConnection, mission: str, route_ids: Sequence[UUID]) -> list[Route]:
    """Those of the routes that exist, retired or not, in no order."""
    query = select(ROUTES).where(ROUTES.c.mission == mission, ROUTES.c.route_id.in_(route_ids))
    found: list[Route] = []
    for part in (await connection.execute(query)).partitions(_READ_AT_ONCE):
        found += map(route_of, part)
        await asyncio.sleep(0)
    return found


async def put(connection: AsyncConnection, route: Route, changed_in: int) -> None:
    """Insert or update a route. `changed_in` is the mission's version in which it changes."""
    values = asdict(route) | {"line": stored_line(route.line), "changed_in": changed_in}
    statement = insert(connection, ROUTES).values(values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["mission", "route_id"], set_=values))


async def changed(connection: AsyncConnection, route: Route, changed_in: int) -> None:
    """Note that what counts for the route changed in this version of the mission: its line and revision stay."""
    its_row = (ROUTES.c.mission == route.mission, ROUTES.c.route_id == route.route_id)
    await connection.execute(update(ROUTES).where(*its_row).values(changed_in=changed_in))


@dataclass(frozen=True, slots=True)
class MissionRoutes:
    """The footprints of a mission's live routes as of one version, and the network of them, numbered as in `ids`."""

    version: int
    footprints: Mapping[UUID, Footprint]
    ids: tuple[UUID, ...]
    network: Network

    @classmethod
    def of(cls, version: int, footprints: Mapping[UUID, Footprint]) -> MissionRoutes:
        return cls(version, footprints, tuple(footprints), Network.of(list(footprints.values())))


@dataclass(slots=True)
class RouteIndex:
    """The routes of every mission in memory. Each use compares the mission's version, in its own transaction, and reads
    only the routes that changed since."""

    heavy: HeavyWork
    _missions: dict[str, MissionRoutes] = field(default_factory=dict)

    async def routes(self, connection: AsyncConnection, mission: Mission) -> MissionRoutes:
        """The routes as of the mission's version. The caller keeps the mission locked while it uses them."""
        known = self._missions.get(mission.name)
        if known is None or known.version > mission.version:
            known = MissionRoutes.of(0, {})
        if known.version < mission.version:
            known = await self._refreshed(connection, mission, known)
            self._missions[mission.name] = known
        return known

    async def _refreshed(self, connection: AsyncConnection, mission: Mission, known: MissionRoutes) -> MissionRoutes:
        changed = select(ROUTES.c.route_id, ROUTES.c.line, ROUTES.c.half_width_m, ROUTES.c.retired_at).where(
            ROUTES.c.mission == mission.name, ROUTES.c.changed_in > known.version
        )
        rows: list[RowMapping] = []
        for part in (await connection.execute(changed)).mappings().partitions(_READ_AT_ONCE):
            rows += part
            await asyncio.sleep(0)
        cleared = await checks.clearances(connection, mission.name, [row["route_id"] for row in rows])
        return await self.heavy.run(_with_changes, known, mission.version, rows, cleared)


def _with_changes(
    known: MissionRoutes, version: int, rows: Iterable[RowMapping], cleared: Mapping[UUID, Sequence[Check]]
) -> MissionRoutes:
    footprints = dict(known.footprints)
    for row in rows:
        if row["retired_at"] is None:
            line = LINE.read(row["line"])
            clearings = checks.clearings(cleared.get(row["route_id"], ()), line)
            footprints[row["route_id"]] = Footprint.of(line, row["half_width_m"], clearings)
        else:
            footprints.pop(row["route_id"], None)
    return MissionRoutes.of(version, footprints)
