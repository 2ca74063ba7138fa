"""The sums of each live route, and the risk that was last published of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.ledger.contributions import Contribution
from clearway_analytics.risk.assessment import Sums
from clearway_analytics.risk.decay import DecayedSums, lowered
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.storage.tables import CONTRIBUTIONS, STATES
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.database.engines import insert, one_or_many


@dataclass(frozen=True, slots=True)
class Published:
    """What was last said of a route, and when."""

    expected_events: float
    band: RiskBand
    at: datetime


@dataclass(frozen=True, slots=True)
class Extremes:
    """The largest contribution of a route, at the landmark, and the time of its latest incident."""

    largest: float = 0.0
    newest: datetime | None = None

    @classmethod
    def of(cls, contributions: Collection[Contribution]) -> Extremes:
        return cls(
            max((contribution.kept for contribution in contributions), default=0.0),
            max((contribution.occurred for contribution in contributions), default=None),
        )

    def including(self, contribution: Contribution) -> Extremes:
        newest = contribution.occurred if self.newest is None else max(self.newest, contribution.occurred)
        return Extremes(max(self.largest, contribution.kept), newest)

    def may_fall(self, before: Contribution, after: Contribution | None) -> bool:
        """Whether they do not stand when `after` takes the place of `before`: a maximum cannot be subtracted from."""
        lighter = after is None or after.kept < before.kept
        older = after is None or after.occurred < before.occurred
        is_newest = self.newest is None or before.occurred >= self.newest
        return (lighter and before.kept >= self.largest) or (older and is_newest)


@dataclass(frozen=True, slots=True)
class RouteState:
    mission: str
    route_id: UUID
    landmark: datetime
    sums: DecayedSums
    extremes: Extremes
    area_km2: float
    reference_share: float
    published: Published | None

    def at(self, moment: datetime, parameters: Parameters) -> Sums:
        """The sums as they read at `moment`, which must not lie before the latest incident."""
        total, squares = self.sums.read(moment, self.landmark, parameters.decay_days)
        largest = lowered(self.extremes.largest, moment, self.landmark, parameters.decay_days)
        return Sums(total, squares, largest, self.extremes.newest)

    def exchanged(self, before: Contribution | None, after: Contribution | None) -> RouteState:
        """With `after` in the place of `before`. The extremes are wrong where they may fall."""
        nothing = DecayedSums()
        change = (after.sums if after else nothing) - (before.sums if before else nothing)
        extremes = self.extremes.including(after) if after else self.extremes
        return replace(self, sums=self.sums + change, extremes=extremes)


_MOVING: Final = (
    "total",
    "squares",
    "incidents",
    "largest",
    "newest",
    "extremes_total",
    "reference_share",
    "published_events",
    "published_band",
    "published_at",
)
_OF_ROUTE: Final = (STATES.c.mission == bindparam("of_mission"), STATES.c.route_id == bindparam("of_route"))
_FIND: Final = select(STATES).where(*_OF_ROUTE)
_FIND_MANY: Final = select(STATES).where(
    STATES.c.mission == bindparam("of_mission"), STATES.c.route_id.in_(bindparam("routes", expanding=True))
)
_WRITE: Final = update(STATES).where(*_OF_ROUTE).values({name: bindparam(name) for name in _MOVING})
_EXTREMES: Final = (
    select(CONTRIBUTIONS.c.route_id, func.max(CONTRIBUTIONS.c.kept), func.max(CONTRIBUTIONS.c.occurred))
    .where(
        CONTRIBUTIONS.c.mission == bindparam("of_mission"),
        CONTRIBUTIONS.c.route_id.in_(bindparam("routes", expanding=True)),
    )
    .group_by(CONTRIBUTIONS.c.route_id)
)


async def find(connection: AsyncConnection, mission: str, routes: Collection[UUID]) -> dict[UUID, RouteState]:
    """The states of those of the routes that are live."""
    if len(routes) == 1:
        (route,) = routes
        rows = await connection.execute(_FIND, {"of_mission": mission, "of_route": route})
    else:
        rows = await connection.execute(_FIND_MANY, {"of_mission": mission, "routes": list(routes)})
    return {state.route_id: state for state in await _states(connection, mission, rows.all())}


async def page(connection: AsyncConnection, mission: str, after: UUID | None, limit: int) -> list[RouteState]:
    """The next states by route id."""
    query = select(STATES).where(STATES.c.mission == mission).order_by(STATES.c.route_id).limit(limit)
    if after is not None:
        query = query.where(STATES.c.route_id > after)
    return await _states(connection, mission, (await connection.execute(query)).all())


async def extremes(connection: AsyncConnection, mission: str, routes: Collection[UUID]) -> dict[UUID, Extremes]:
    """Of each route that has contributions, by what they are now."""
    rows = await connection.execute(_EXTREMES, {"of_mission": mission, "routes": list(routes)})
    return {route: Extremes(largest, newest) for route, largest, newest in rows}


async def write(connection: AsyncConnection, states: Sequence[RouteState]) -> None:
    """Write what moves of states that were read while the mission was held, as it still is."""
    rows = [_moving(state) | {"of_mission": state.mission, "of_route": state.route_id} for state in states]
    if rows:
        await connection.execute(_WRITE, one_or_many(rows))


async def put(connection: AsyncConnection, state: RouteState) -> None:
    """Write the state of a route that may have none yet."""
    values = _moving(state) | {
        "mission": state.mission,
        "route_id": state.route_id,
        "landmark": state.landmark,
        "area_km2": state.area_km2,
    }
    statement = insert(connection, STATES).values(values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["mission", "route_id"], set_=values))


async def drop(connection: AsyncConnection, mission: str, route_id: UUID) -> None:
    await connection.execute(delete(STATES).where(STATES.c.mission == mission, STATES.c.route_id == route_id))


def _moving(state: RouteState) -> dict[str, Any]:
    told = state.published
    return {
        "total": state.sums.total,
        "squares": state.sums.squares,
        "incidents": state.sums.count,
        "largest": state.extremes.largest,
        "newest": state.extremes.newest,
        "extremes_total": state.sums.total,
        "reference_share": state.reference_share,
        "published_events": told.expected_events if told else None,
        "published_band": told.band.value if told else None,
        "published_at": told.at if told else None,
    }


async def _states(connection: AsyncConnection, mission: str, rows: Sequence[Row[Any]]) -> list[RouteState]:
    """The states as they were read. Extremes of another total are those of a program that does not keep them, and are
    found anew: an older version may change routes beside this one (docs/adr/0019-upgrades-and-backups.md)."""
    doubtful = [row.route_id for row in rows if not keeps_extremes(row)]
    found = await extremes(connection, mission, doubtful) if doubtful else {}
    anew = {route: found.get(route, Extremes()) for route in doubtful}
    return [_state(row, anew.get(row.route_id)) for row in rows]


def keeps_extremes(row: Row[Any]) -> bool:
    """Whether the extremes in a row belong to its total."""
    return bool(row.extremes_total == row.total)


def _state(row: Row[Any], found: Extremes | None) -> RouteState:
    told = row.published_band is not None
    return RouteState(
        mission=row.mission,
        route_id=row.route_id,
        landmark=row.landmark,
        sums=DecayedSums(row.total, row.squares, row.incidents),
        extremes=found or Extremes(row.largest, row.newest),
        area_km2=row.area_km2,
        reference_share=row.reference_share,
        published=Published(row.published_events, RiskBand(row.published_band), row.published_at) if told else None,
    )
