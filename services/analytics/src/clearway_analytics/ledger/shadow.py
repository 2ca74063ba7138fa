"""The shadow of proposed parameters: what the contributions of a mission would be by them, in tables of its own.

It holds each route at one revision and each incident at one revision. What is missing or at another revision is behind,
whichever program changed it; to bring it up to date is to remove what the shadow holds of it and
add what it adds now. So a rebuild that was ended anywhere goes on where it was, and no event is missed.
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
from clearway_analytics.ledger.contributions import Contribution
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

LOOKED_AT_ONCE: Final = 1_000
_COPIED: Final = tuple(column.name for column in CONTRIBUTIONS.columns)


@dataclass(frozen=True, slots=True)
class ShadowRoute:
    """A route as the shadow holds it: c of an exactly known incident in its middle, and its sums at the landmark."""

    reference_share: float
    sums: DecayedSums = field(default_factory=DecayedSums)
    extremes: Extremes = field(default_factory=Extremes)


def applied(route: RouteSums, shadow: ShadowRoute) -> RouteSums:
    """The route with the sums of its shadow; its last published risk stays."""
    return replace(route, sums=shadow.sums, extremes=shadow.extremes, reference_share=shadow.reference_share)


async def advance(connection: AsyncConnection, shadow: ParametersRevision, step: int) -> bool:
    """Take the next step of the shadow; the mission is held. False when it is decided, or not at `step` any more:
    another process wrote to it, and what was computed for it is no longer sure."""
    ours = and_(PARAMETERS.c.mission == shadow.mission, PARAMETERS.c.parameters_id == shadow.parameters_id)
    taken = update(PARAMETERS).where(ours, PARAMETERS.c.step == step, PARAMETERS.c.state.in_(OPEN))
    return bool((await connection.execute(taken.values(step=step + 1))).rowcount)


async def routes_behind(connection: AsyncConnection, shadow: ParametersRevision, limit: int) -> list[Route]:
    """Live routes that the shadow does not hold as they are."""
    held = and_(SHADOW_ROUTES.c.parameters_id == shadow.parameters_id, SHADOW_ROUTES.c.route_id == ROUTES.c.route_id)
    query = live_routes(shadow.mission).outerjoin_from(ROUTES, SHADOW_ROUTES, held)
    differs = or_(SHADOW_ROUTES.c.route_revision.is_(None), SHADOW_ROUTES.c.route_revision != ROUTES.c.revision)
    rows = await connection.execute(query.where(differs).order_by(ROUTES.c.route_id).limit(limit))
    return [route_of(row) for row in rows]


async def incidents_behind(
    connection: AsyncConnection, shadow: ParametersRevision, after: UUID | None
) -> tuple[list[UUID], UUID | None]:
    """Of the next incidents by id those that the shadow does not hold as they are; and where they end, None at the
    end of all."""
    held = and_(
        SHADOW_INCIDENTS.c.parameters_id == shadow.parameters_id,
        SHADOW_INCIDENTS.c.incident_id == INCIDENTS.c.incident_id,
    )
    query = (
        select(INCIDENTS.c.incident_id, INCIDENTS.c.revision, SHADOW_INCIDENTS.c.revision.label("held"))
        .outerjoin_from(INCIDENTS, SHADOW_INCIDENTS, held)
        .where(INCIDENTS.c.mission == shadow.mission)
        .order_by(INCIDENTS.c.incident_id)
        .limit(LOOKED_AT_ONCE)
    )
    if after is not None:
        query = query.where(INCIDENTS.c.incident_id > after)
    rows = (await connection.execute(query)).all()
    end = rows[-1].incident_id if len(rows) == LOOKED_AT_ONCE else None
    return [row.incident_id for row in rows if row.held != row.revision], end


def held_incidents(shadow: ParametersRevision) -> Select[Any]:
    """The ids of the incidents that the shadow holds."""
    return select(SHADOW_INCIDENTS.c.incident_id).where(SHADOW_INCIDENTS.c.parameters_id == shadow.parameters_id)


async def put_route(
    connection: AsyncConnection,
    shadow: ParametersRevision,
    route: Route,
    reference_share: float,
    made: Sequence[Contribution],
) -> None:
    """Hold a route at its revision, with what the held incidents add to it."""
    for table in (SHADOW_CONTRIBUTIONS, SHADOW_ROUTES):
        ours = (table.c.parameters_id == shadow.parameters_id, table.c.route_id == route.route_id)
        await connection.execute(delete(table).where(*ours))
    values = {"route_id": route.route_id, "route_revision": route.revision, "reference_share": reference_share}
    await connection.execute(insert(SHADOW_ROUTES), {"parameters_id": shadow.parameters_id, **values})
    await _add(connection, shadow, made)


async def put_incidents(
    connection: AsyncConnection,
    shadow: ParametersRevision,
    incidents: Sequence[IncidentView],
    made: Sequence[Contribution],
) -> None:
    """Hold incidents at their revisions, with all that they add."""
    ids = [incident.incident_id for incident in incidents]
    for table in (SHADOW_CONTRIBUTIONS, SHADOW_INCIDENTS):
        ours = (table.c.parameters_id == shadow.parameters_id, table.c.incident_id.in_(ids))
        await connection.execute(delete(table).where(*ours))
    held = [
        {
            "parameters_id": shadow.parameters_id,
            "incident_id": incident.incident_id,
            "revision": incident.revision,
        }
        for incident in incidents
    ]
    await connection.execute(insert(SHADOW_INCIDENTS), one_or_many(held))
    await _add(connection, shadow, made)


async def drop_retired(connection: AsyncConnection, shadow: ParametersRevision) -> None:
    """Hold no route that is retired."""
    live = select(ROUTES.c.route_id).where(ROUTES.c.mission == shadow.mission, ROUTES.c.retired_at.is_(None))
    ours = SHADOW_ROUTES.c.parameters_id == shadow.parameters_id
    await connection.execute(delete(SHADOW_ROUTES).where(ours, SHADOW_ROUTES.c.route_id.not_in(live)))


async def find(
    connection: AsyncConnection, shadow: ParametersRevision, routes: Collection[UUID]
) -> dict[UUID, ShadowRoute]:
    """Those of the routes that the shadow holds."""
    ours = (
        SHADOW_ROUTES.c.parameters_id == shadow.parameters_id,
        SHADOW_ROUTES.c.route_id.in_(bindparam("routes", routes, expanding=True)),
    )
    rows = await connection.execute(select(SHADOW_ROUTES.c.route_id, SHADOW_ROUTES.c.reference_share).where(*ours))
    sums = await _sums(connection, shadow, routes)
    return {route: ShadowRoute(share, *sums.get(route, ())) for route, share in rows}


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
        route: (DecayedSums(total, squares, count), Extremes(largest, newest))
        for route, total, squares, count, largest, newest in rows
    }


async def exchange(connection: AsyncConnection, shadow: ParametersRevision, routes: Collection[UUID]) -> None:
    """Put the shadow's contributions in the place of the routes' own; the mission is held."""
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
    """Remove up to so many rows of a shadow that is decided, of each table; its comparison stays. Returns how many."""
    return sum([await _clear(connection, table, parameters_id, limit) for table in _CLEARED])


async def to_clear(connection: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Decided revisions of which the shadow still holds something."""
    held = [exists().where(table.c.parameters_id == PARAMETERS.c.parameters_id) for table in _CLEARED]
    query = select(PARAMETERS.c.parameters_id).where(PARAMETERS.c.state.not_in(OPEN), or_(*held)).limit(limit)
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


async def _add(connection: AsyncConnection, shadow: ParametersRevision, made: Sequence[Contribution]) -> None:
    rows = [
        {"parameters_id": shadow.parameters_id, **{name: getattr(contribution, name) for name in _COPIED}}
        for contribution in made
    ]
    if rows:
        await connection.execute(insert(SHADOW_CONTRIBUTIONS), one_or_many(rows))
