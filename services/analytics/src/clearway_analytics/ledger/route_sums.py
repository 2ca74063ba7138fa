"""The sums of each live route, and the risk that was last published for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.ledger import hazards
from clearway_analytics.ledger.contributions import Contribution, nearby_in
from clearway_analytics.risk.assessment import Assessment, Ground, Sums, assess
from clearway_analytics.risk.bands import word
from clearway_analytics.risk.decay import DecayedSums, lowered
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.storage.tables import CONTRIBUTIONS, ROUTE_SUMS
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.database.engines import insert, one_or_many
from clearway_platform.heavy import of_each


@dataclass(frozen=True, slots=True)
class Published:
    """The risk that was last published for a route, and when. `estimate` is the band by the expected events alone;
    `known_hazards` counts the contaminated areas too."""

    expected_events: float
    estimate: RiskBand
    at: datetime
    known_hazards: int = 0

    @property
    def band(self) -> RiskBand:
        return word(self.estimate, self.known_hazards)


@dataclass(frozen=True, slots=True)
class Extremes:
    """A route's largest contribution, at the landmark, and the time of its latest incident."""

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
        """Whether replacing `before` by `after` may lower an extreme. It must then be computed again: from a sum a term
        can be subtracted, from a maximum it cannot."""
        is_smaller = after is None or after.kept < before.kept
        is_older = after is None or after.occurred < before.occurred
        was_newest = self.newest is None or before.occurred >= self.newest
        return (is_smaller and before.kept >= self.largest) or (is_older and was_newest)


@dataclass(frozen=True, slots=True)
class RouteSums:
    """A live route's sums and extremes at the landmark, the figures of its corridor, and its last published risk.

    reference_share: c of an exactly known incident in the middle of the route. known_hazards: how many stand on it.
    contaminated_areas: how many stand and touch it. last_checked_at: since when the whole route is verified by passes
    and clearances; None when a stretch never was.
    """

    mission: str
    route_id: UUID
    landmark: datetime
    sums: DecayedSums
    extremes: Extremes
    area_km2: float
    reference_share: float
    published: Published | None
    known_hazards: int = 0
    contaminated_areas: int = 0
    last_checked_at: datetime | None = None

    def at(self, moment: datetime, parameters: Parameters) -> Sums:
        """The sums lowered to `moment`, which must not be before the latest incident."""
        total, squares = self.sums.read(moment, self.landmark, parameters.decay_days)
        largest = lowered(self.extremes.largest, moment, self.landmark, parameters.decay_days)
        nearby = self.sums.read_nearby(moment, self.landmark, parameters.decay_days)
        return Sums(total, squares, largest, self.extremes.newest, nearby)

    def assess(self, at: datetime, horizon_days: float, parameters: Parameters, gain: float = 1.0) -> Assessment:
        """The route's risk from `at` on, which must not be before the latest incident."""
        standing = self.known_hazards + self.contaminated_areas
        ground = Ground(self.area_km2, self.reference_share, standing, self.last_checked_at, gain)
        return assess(self.at(at, parameters), ground, at, horizon_days, parameters)

    def exchanged(self, before: Contribution | None, after: Contribution | None) -> RouteSums:
        """With `after` instead of `before`. Where `may_fall` is true the extremes are still those of before."""
        nothing = DecayedSums()
        added = (after.sums if after else nothing) - (before.sums if before else nothing)
        extremes = self.extremes.including(after) if after else self.extremes
        return replace(self, sums=self.sums + added, extremes=extremes)


def _each_route(*figures: ColumnElement[Any]) -> Select[Any]:
    """The query for figures of the contributions to each of some routes."""
    return (
        select(CONTRIBUTIONS.c.route_id, *figures)
        .where(
            CONTRIBUTIONS.c.mission == bindparam("of_mission"),
            CONTRIBUTIONS.c.route_id.in_(bindparam("routes", expanding=True)),
        )
        .group_by(CONTRIBUTIONS.c.route_id)
    )


_CHANGING: Final = (
    "total",
    "squares",
    "incidents",
    "nearby",
    "largest",
    "newest",
    "extremes_total",
    "area_km2",
    "reference_share",
    "contaminated_areas",
    "published_events",
    "published_band",
    "published_at",
    "published_hazards",
)
_OF_ROUTE: Final = (ROUTE_SUMS.c.mission == bindparam("of_mission"), ROUTE_SUMS.c.route_id == bindparam("of_route"))
_ALL: Final = select(ROUTE_SUMS, hazards.number_on(ROUTE_SUMS.c.mission, ROUTE_SUMS.c.route_id).label("known_hazards"))
_FIND: Final = _ALL.where(*_OF_ROUTE)
_FIND_MANY: Final = _ALL.where(
    ROUTE_SUMS.c.mission == bindparam("of_mission"), ROUTE_SUMS.c.route_id.in_(bindparam("routes", expanding=True))
)
_WRITE: Final = update(ROUTE_SUMS).where(*_OF_ROUTE).values({name: bindparam(name) for name in _CHANGING})
_EXTREMES: Final = _each_route(func.max(CONTRIBUTIONS.c.kept), func.max(CONTRIBUTIONS.c.occurred))
_NEARBY: Final = _each_route(nearby_in(CONTRIBUTIONS))


async def find(connection: AsyncConnection, mission: str, routes: Collection[UUID]) -> dict[UUID, RouteSums]:
    """The sums of the live ones of the routes, by route id."""
    if len(routes) == 1:
        (route_id,) = routes
        rows = await connection.execute(_FIND, {"of_mission": mission, "of_route": route_id})
    else:
        rows = await connection.execute(_FIND_MANY, {"of_mission": mission, "routes": list(routes)})
    return {route.route_id: route for route in await _read(connection, mission, rows.all())}


async def page(connection: AsyncConnection, mission: str, after: UUID | None, limit: int) -> list[RouteSums]:
    """The sums of the next live routes, by route id."""
    query = _ALL.where(ROUTE_SUMS.c.mission == mission).order_by(ROUTE_SUMS.c.route_id).limit(limit)
    if after is not None:
        query = query.where(ROUTE_SUMS.c.route_id > after)
    return await _read(connection, mission, (await connection.execute(query)).all())


async def extremes(connection: AsyncConnection, mission: str, routes: Collection[UUID]) -> dict[UUID, Extremes]:
    """The extremes of each route that has contributions, computed from these."""
    rows = await connection.execute(_EXTREMES, {"of_mission": mission, "routes": list(routes)})
    return {route_id: Extremes(largest, newest) for route_id, largest, newest in rows}


async def write(connection: AsyncConnection, changed: Sequence[RouteSums]) -> None:
    """Write the changing columns of routes that have a row. They were read under the lock on the mission."""
    rows = [_changing(route) | {"of_mission": route.mission, "of_route": route.route_id} for route in changed]
    if rows:
        await connection.execute(_WRITE, one_or_many(rows))


async def put(connection: AsyncConnection, route: RouteSums) -> None:
    """Write the whole row of a route, or insert it."""
    values = _changing(route) | {
        "mission": route.mission,
        "route_id": route.route_id,
        "landmark": route.landmark,
        "last_checked_at": route.last_checked_at,
    }
    statement = insert(connection, ROUTE_SUMS).values(values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["mission", "route_id"], set_=values))


async def drop(connection: AsyncConnection, mission: str, route_id: UUID) -> None:
    """Delete the row of a route that is retired."""
    await connection.execute(
        delete(ROUTE_SUMS).where(ROUTE_SUMS.c.mission == mission, ROUTE_SUMS.c.route_id == route_id)
    )


def _changing(route: RouteSums) -> dict[str, Any]:
    published = route.published
    return {
        "total": route.sums.total,
        "squares": route.sums.squares,
        "incidents": route.sums.count,
        "nearby": route.sums.nearby,
        "largest": route.extremes.largest,
        "newest": route.extremes.newest,
        "extremes_total": route.sums.total,
        "area_km2": route.area_km2,
        "reference_share": route.reference_share,
        "contaminated_areas": route.contaminated_areas,
        "published_events": published.expected_events if published else None,
        "published_band": published.estimate.value if published else None,
        "published_at": published.at if published else None,
        "published_hazards": published.known_hazards if published else 0,
    }


async def _read(connection: AsyncConnection, mission: str, rows: Sequence[Row[Any]]) -> list[RouteSums]:
    """The sums in the rows. Where the extremes are outdated they are computed again, and the sum of what is nearby: an
    older version of this program, which changes the total alone, may run beside this one
    (docs/adr/0019-upgrades-and-backups.md)."""
    outdated = [row.route_id for row in rows if not has_current_extremes(row)]
    if not outdated:
        return await of_each(_of_row, rows)
    found = await extremes(connection, mission, outdated)
    nearby = await _nearby(connection, mission, outdated)
    computed = {route_id: (found.get(route_id, Extremes()), nearby.get(route_id, 0.0)) for route_id in outdated}
    return [_of_row(row, *computed.get(row.route_id, ())) for row in rows]


async def _nearby(connection: AsyncConnection, mission: str, routes: Collection[UUID]) -> dict[UUID, float]:
    rows = await connection.execute(_NEARBY, {"of_mission": mission, "routes": list(routes)})
    return {row.route_id: row[1] for row in rows}


def has_current_extremes(row: Row[Any]) -> bool:
    """Whether the extremes in a row were written together with its total."""
    return bool(row.extremes_total == row.total)


def _of_row(row: Row[Any], computed: Extremes | None = None, nearby: float | None = None) -> RouteSums:
    was_published = row.published_band is not None
    return RouteSums(
        mission=row.mission,
        route_id=row.route_id,
        landmark=row.landmark,
        sums=DecayedSums(row.total, row.squares, row.incidents, row.nearby if nearby is None else nearby),
        extremes=computed or Extremes(row.largest, row.newest),
        area_km2=row.area_km2,
        reference_share=row.reference_share,
        published=Published(row.published_events, RiskBand(row.published_band), row.published_at, row.published_hazards)
        if was_published
        else None,
        known_hazards=row.known_hazards,
        contaminated_areas=row.contaminated_areas,
        last_checked_at=row.last_checked_at,
    )
