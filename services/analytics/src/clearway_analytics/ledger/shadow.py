"""The shadow of proposed parameters: a mission's contributions computed with them, in tables of their own.

The shadow contains each route and each incident at one revision. One that is missing, or is there at another revision
than in the ledger, is outdated: an update deletes its contributions from the shadow and adds those computed now. So a
rebuild can be interrupted at any point and continued later, and no event is missed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Table, and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.incident_view import IncidentView
from clearway_analytics.domain.revision import OPEN
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger.contributions import Contribution, nearby_in
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.ledger.route_sums import Extremes, RouteSums
from clearway_analytics.ledger.routes import live_routes, route_of
from clearway_analytics.risk.comparison import RouteComparison
from clearway_analytics.risk.decay import DecayedSums
from clearway_analytics.storage.tables import (
    CONTRIBUTIONS,
    INCIDENTS,
    PARAMETERS,
    ROUTES,
    SHADOW_CONTRIBUTIONS,
    SHADOW_INCIDENTS,
    SHADOW_ROUTES,
)
from clearway_platform.database.engines import one_or_many

COMPARED_AT_ONCE: Final = 1_000
# The first revision of a route is 1.
NO_REVISION: Final = 0
_COPIED: Final = tuple(column.name for column in CONTRIBUTIONS.columns)


@dataclass(frozen=True, slots=True)
class ShadowRoute:
    """A route's figures computed with the proposed parameters; see RouteSums."""

    reference_share: float
    area_km2: float
    sums: DecayedSums = field(default_factory=DecayedSums)
    extremes: Extremes = field(default_factory=Extremes)


def applied(route: RouteSums, shadow: ShadowRoute) -> RouteSums:
    """The route with the figures of its shadow; its last published risk stays."""
    return replace(
        route,
        sums=shadow.sums,
        extremes=shadow.extremes,
        reference_share=shadow.reference_share,
        area_km2=shadow.area_km2,
    )


async def advance(connection: AsyncConnection, shadow: ParametersRevision, step: int) -> bool:
    """Move the shadow from `step` to the next step; the mission is locked.

    Returns False when the proposal is decided, or another process has written to the shadow since `step`: results that
    were computed before may be wrong.
    """
    its_row = and_(PARAMETERS.c.mission == shadow.mission, PARAMETERS.c.parameters_id == shadow.parameters_id)
    statement = update(PARAMETERS).where(its_row, PARAMETERS.c.step == step, PARAMETERS.c.state.in_(OPEN))
    return bool((await connection.execute(statement.values(step=step + 1))).rowcount)


async def outdated_routes(connection: AsyncConnection, shadow: ParametersRevision, limit: int) -> list[Route]:
    """Live routes that the shadow does not contain at their present revision."""
    same = and_(SHADOW_ROUTES.c.parameters_id == shadow.parameters_id, SHADOW_ROUTES.c.route_id == ROUTES.c.route_id)
    query = live_routes(shadow.mission).outerjoin_from(ROUTES, SHADOW_ROUTES, same)
    # A route without an area was added before there was one.
    differs = or_(SHADOW_ROUTES.c.area_km2.is_(None), SHADOW_ROUTES.c.route_revision != ROUTES.c.revision)
    rows = await connection.execute(query.where(differs).order_by(ROUTES.c.route_id).limit(limit))
    return [route_of(row) for row in rows]


async def outdated_incidents(
    connection: AsyncConnection, shadow: ParametersRevision, after: UUID | None
) -> tuple[list[UUID], UUID | None]:
    """Those of the next incidents, by id, that the shadow does not contain at their present revision; and the id to
    continue after, None at the end."""
    same = and_(
        SHADOW_INCIDENTS.c.parameters_id == shadow.parameters_id,
        SHADOW_INCIDENTS.c.incident_id == INCIDENTS.c.incident_id,
    )
    query = (
        select(INCIDENTS.c.incident_id, INCIDENTS.c.revision, SHADOW_INCIDENTS.c.revision.label("contained"))
        .outerjoin_from(INCIDENTS, SHADOW_INCIDENTS, same)
        .where(INCIDENTS.c.mission == shadow.mission)
        .order_by(INCIDENTS.c.incident_id)
        .limit(COMPARED_AT_ONCE)
    )
    if after is not None:
        query = query.where(INCIDENTS.c.incident_id > after)
    rows = (await connection.execute(query)).all()
    end = rows[-1].incident_id if len(rows) == COMPARED_AT_ONCE else None
    return [row.incident_id for row in rows if row.contained != row.revision], end


def contained_incidents(shadow: ParametersRevision) -> Select[Any]:
    """The query for the ids of the incidents that the shadow contains."""
    return select(SHADOW_INCIDENTS.c.incident_id).where(SHADOW_INCIDENTS.c.parameters_id == shadow.parameters_id)


async def put_route(
    connection: AsyncConnection,
    shadow: ParametersRevision,
    route: Route,
    shadowed: ShadowRoute,
    added: Sequence[Contribution],
) -> None:
    """Put a route into the shadow at its present revision, with the contributions of the incidents in the shadow."""
    for table in (SHADOW_CONTRIBUTIONS, SHADOW_ROUTES):
        earlier = (table.c.parameters_id == shadow.parameters_id, table.c.route_id == route.route_id)
        await connection.execute(delete(table).where(*earlier))
    values = {
        "route_id": route.route_id,
        "route_revision": route.revision,
        "reference_share": shadowed.reference_share,
        "area_km2": shadowed.area_km2,
    }
    await connection.execute(insert(SHADOW_ROUTES), {"parameters_id": shadow.parameters_id, **values})
    await _add(connection, shadow, added)


async def outdate_route(connection: AsyncConnection, mission: str, route_id: UUID) -> None:
    """Note in each open proposal that what counts for the route changed: its contributions are computed again."""
    of_mission = select(PARAMETERS.c.parameters_id).where(PARAMETERS.c.mission == mission, PARAMETERS.c.state.in_(OPEN))
    its_rows = (SHADOW_ROUTES.c.route_id == route_id, SHADOW_ROUTES.c.parameters_id.in_(of_mission))
    await connection.execute(update(SHADOW_ROUTES).where(*its_rows).values(route_revision=NO_REVISION))


async def put_incidents(
    connection: AsyncConnection,
    shadow: ParametersRevision,
    incidents: Sequence[IncidentView],
    added: Sequence[Contribution],
) -> None:
    """Put incidents into the shadow at their present revisions, with their contributions to all routes."""
    ids = [incident.incident_id for incident in incidents]
    for table in (SHADOW_CONTRIBUTIONS, SHADOW_INCIDENTS):
        earlier = (table.c.parameters_id == shadow.parameters_id, table.c.incident_id.in_(ids))
        await connection.execute(delete(table).where(*earlier))
    rows = [
        {
            "parameters_id": shadow.parameters_id,
            "incident_id": incident.incident_id,
            "revision": incident.revision,
        }
        for incident in incidents
    ]
    await connection.execute(insert(SHADOW_INCIDENTS), one_or_many(rows))
    await _add(connection, shadow, added)


async def drop_retired(connection: AsyncConnection, shadow: ParametersRevision) -> None:
    """Delete retired routes from the shadow."""
    live = select(ROUTES.c.route_id).where(ROUTES.c.mission == shadow.mission, ROUTES.c.retired_at.is_(None))
    of_shadow = SHADOW_ROUTES.c.parameters_id == shadow.parameters_id
    await connection.execute(delete(SHADOW_ROUTES).where(of_shadow, SHADOW_ROUTES.c.route_id.not_in(live)))


async def find(
    connection: AsyncConnection, shadow: ParametersRevision, routes: Collection[UUID]
) -> dict[UUID, ShadowRoute]:
    """Those of the routes that the shadow contains, by route id."""
    wanted = (
        SHADOW_ROUTES.c.parameters_id == shadow.parameters_id,
        SHADOW_ROUTES.c.route_id.in_(bindparam("routes", routes, expanding=True)),
    )
    figures = (SHADOW_ROUTES.c.route_id, SHADOW_ROUTES.c.reference_share, SHADOW_ROUTES.c.area_km2)
    rows = await connection.execute(select(*figures).where(*wanted))
    sums = await _sums(connection, shadow, routes)
    return {route_id: ShadowRoute(share, area, *sums.get(route_id, ())) for route_id, share, area in rows}


async def _sums(
    connection: AsyncConnection, shadow: ParametersRevision, routes: Collection[UUID]
) -> dict[UUID, tuple[DecayedSums, Extremes]]:
    kept, occurred = SHADOW_CONTRIBUTIONS.c.kept, SHADOW_CONTRIBUTIONS.c.occurred
    query = (
        select(
            SHADOW_CONTRIBUTIONS.c.route_id,
            func.sum(kept),
            func.sum(kept * kept),
            func.count(),
            nearby_in(SHADOW_CONTRIBUTIONS),
            func.max(kept),
            func.max(occurred),
        )
        .where(
            SHADOW_CONTRIBUTIONS.c.parameters_id == shadow.parameters_id,
            SHADOW_CONTRIBUTIONS.c.route_id.in_(bindparam("routes", list(routes), expanding=True)),
        )
        .group_by(SHADOW_CONTRIBUTIONS.c.route_id)
    )
    rows = await connection.execute(query)
    return {
        route_id: (DecayedSums(total, squares, count, nearby), Extremes(largest, newest))
        for route_id, total, squares, count, nearby, largest, newest in rows
    }


async def exchange(connection: AsyncConnection, shadow: ParametersRevision, routes: Collection[UUID]) -> None:
    """Replace the routes' contributions by those of the shadow; the mission is locked."""
    own = (CONTRIBUTIONS.c.mission == shadow.mission, CONTRIBUTIONS.c.route_id.in_(routes))
    await connection.execute(delete(CONTRIBUTIONS).where(*own))
    copied = select(*(SHADOW_CONTRIBUTIONS.c[name] for name in _COPIED)).where(
        SHADOW_CONTRIBUTIONS.c.parameters_id == shadow.parameters_id, SHADOW_CONTRIBUTIONS.c.route_id.in_(routes)
    )
    await connection.execute(insert(CONTRIBUTIONS).from_select(_COPIED, copied))


_COMPARE: Final = (
    update(SHADOW_ROUTES)
    .where(
        SHADOW_ROUTES.c.parameters_id == bindparam("of_parameters"), SHADOW_ROUTES.c.route_id == bindparam("of_route")
    )
    .values(
        {name: bindparam(name) for name in ("events_before", "events_after", "band_before", "band_after", "change")}
    )
)


async def keep_comparisons(
    connection: AsyncConnection, shadow: ParametersRevision, comparisons: Sequence[RouteComparison]
) -> None:
    """Store the comparison of each route."""
    rows = [
        {
            "of_parameters": shadow.parameters_id,
            "of_route": comparison.route_id,
            "events_before": comparison.events_before,
            "events_after": comparison.events_after,
            "band_before": comparison.band_before.value,
            "band_after": comparison.band_after.value,
            "change": comparison.change,
        }
        for comparison in comparisons
    ]
    if rows:
        await connection.execute(_COMPARE, one_or_many(rows))


async def clear(connection: AsyncConnection, parameters_id: UUID, limit: int) -> int:
    """Delete up to `limit` rows of a decided proposal from each table of its shadow; its comparison stays. Returns how
    many were deleted."""
    return sum([await _clear(connection, table, parameters_id, limit) for table in _CLEARED])


async def decided_with_rows(connection: AsyncConnection, limit: int) -> Sequence[UUID]:
    """The ids of decided revisions whose shadow still has rows to delete."""
    has_rows = [exists().where(table.c.parameters_id == PARAMETERS.c.parameters_id) for table in _CLEARED]
    query = select(PARAMETERS.c.parameters_id).where(PARAMETERS.c.state.not_in(OPEN), or_(*has_rows)).limit(limit)
    return list((await connection.execute(query)).scalars())


_CLEARED: Final = (SHADOW_INCIDENTS, SHADOW_CONTRIBUTIONS)


async def _clear(connection: AsyncConnection, table: Table, parameters_id: UUID, limit: int) -> int:
    keys = [column for column in table.primary_key.columns if column.name != "parameters_id"]
    query = select(*keys).where(table.c.parameters_id == parameters_id).limit(limit)
    rows = (await connection.execute(query)).all()
    if not rows:
        return 0
    same = and_(*(key == bindparam(f"of_{key.name}") for key in keys))
    values = [{f"of_{key.name}": getattr(row, key.name) for key in keys} for row in rows]
    await connection.execute(delete(table).where(table.c.parameters_id == parameters_id, same), one_or_many(values))
    return len(rows)


async def _add(connection: AsyncConnection, shadow: ParametersRevision, added: Sequence[Contribution]) -> None:
    rows = [
        {"parameters_id": shadow.parameters_id, **{name: getattr(contribution, name) for name in _COPIED}}
        for contribution in added
    ]
    if rows:
        await connection.execute(insert(SHADOW_CONTRIBUTIONS), one_or_many(rows))
