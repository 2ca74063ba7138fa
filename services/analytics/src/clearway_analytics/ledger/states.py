"""The sums of each live route, and the risk that was last published of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.risk.assessment import Sums
from clearway_analytics.risk.bands import Band
from clearway_analytics.risk.decay import DecayedSums, lowered
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.tables import CONTRIBUTIONS, STATES
from clearway_shared.database import insert


@dataclass(frozen=True, slots=True)
class Published:
    """What was last said of a route."""

    expected_events: float
    band: Band


@dataclass(frozen=True, slots=True)
class Extremes:
    """The largest contribution of a route, at the landmark, and the time of its latest incident."""

    largest: float = 0.0
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class RouteState:
    mission: str
    route_id: UUID
    landmark: datetime
    sums: DecayedSums
    area_km2: float
    reference_share: float
    published: Published | None

    def at(self, moment: datetime, parameters: Parameters, extremes: Extremes = Extremes()) -> Sums:
        """The sums as they read at `moment`, which must not lie before the latest incident."""
        total, squares = self.sums.read(moment, self.landmark, parameters.decay_days)
        largest = lowered(extremes.largest, moment, self.landmark, parameters.decay_days)
        return Sums(total, squares, largest, extremes.newest)


async def find(connection: AsyncConnection, mission: str, routes: Collection[UUID]) -> dict[UUID, RouteState]:
    query = select(STATES).where(STATES.c.mission == mission, STATES.c.route_id.in_(routes))
    return {row.route_id: _state(row) for row in await connection.execute(query)}


async def page(connection: AsyncConnection, mission: str, after: UUID | None, limit: int) -> list[RouteState]:
    """The next states by route id."""
    query = select(STATES).where(STATES.c.mission == mission).order_by(STATES.c.route_id).limit(limit)
    if after is not None:
        query = query.where(STATES.c.route_id > after)
    return [_state(row) for row in await connection.execute(query)]


async def extremes(connection: AsyncConnection, mission: str, routes: Collection[UUID]) -> dict[UUID, Extremes]:
    """Of each route that has contributions."""
    query = (
        select(CONTRIBUTIONS.c.route_id, func.max(CONTRIBUTIONS.c.kept), func.max(CONTRIBUTIONS.c.occurred))
        .where(CONTRIBUTIONS.c.mission == mission, CONTRIBUTIONS.c.route_id.in_(routes))
        .group_by(CONTRIBUTIONS.c.route_id)
    )
    return {route: Extremes(largest, newest) for route, largest, newest in await connection.execute(query)}


async def add(connection: AsyncConnection, mission: str, changes: Mapping[UUID, DecayedSums]) -> None:
    """Add to the sums of routes."""
    statement = (
        update(STATES)
        .where(STATES.c.mission == mission, STATES.c.route_id == bindparam("of_route"))
        .values(
            total=STATES.c.total + bindparam("more_total"),
            squares=STATES.c.squares + bindparam("more_squares"),
            incidents=STATES.c.incidents + bindparam("more_incidents"),
        )
    )
    rows = [
        {"of_route": route, "more_total": more.total, "more_squares": more.squares, "more_incidents": more.count}
        for route, more in changes.items()
    ]
    if rows:
        await connection.execute(statement, rows)


async def put(connection: AsyncConnection, state: RouteState) -> None:
    """Set a route's sums and measures; what was last published of it stays."""
    values = {
        "mission": state.mission,
        "route_id": state.route_id,
        "landmark": state.landmark,
        "total": state.sums.total,
        "squares": state.sums.squares,
        "incidents": state.sums.count,
        "area_km2": state.area_km2,
        "reference_share": state.reference_share,
    }
    statement = insert(connection, STATES).values(values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["mission", "route_id"], set_=values))


async def drop(connection: AsyncConnection, mission: str, route_id: UUID) -> None:
    await connection.execute(delete(STATES).where(STATES.c.mission == mission, STATES.c.route_id == route_id))


async def mark_published(
    connection: AsyncConnection, mission: str, published: Sequence[tuple[UUID, Published]], at: datetime
) -> None:
    statement = (
        update(STATES)
        .where(STATES.c.mission == mission, STATES.c.route_id == bindparam("of_route"))
        .values(published_events=bindparam("events"), published_band=bindparam("band"), published_at=at)
    )
    rows = [{"of_route": route, "events": one.expected_events, "band": one.band.value} for route, one in published]
    if rows:
        await connection.execute(statement, rows)


def _state(row: Row[Any]) -> RouteState:
    told = row.published_events is not None and row.published_band is not None
    return RouteState(
        mission=row.mission,
        route_id=row.route_id,
        landmark=row.landmark,
        sums=DecayedSums(row.total, row.squares, row.incidents),
        area_km2=row.area_km2,
        reference_share=row.reference_share,
        published=Published(row.published_events, Band(row.published_band)) if told else None,
    )
