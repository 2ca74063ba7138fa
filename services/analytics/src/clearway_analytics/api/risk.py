"""The risk of a route, and its contributions."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.api.dependencies import Reader, Time, Wired
from clearway_analytics.api.risk_bodies import Explanation, RouteRisk
from clearway_analytics.commands.record_checks import live_route
from clearway_analytics.domain.errors import NoSuchRoute
from clearway_analytics.ledger import areas, missions
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.queries import hazards, risk
from clearway_analytics.queries.risk import Explained
from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.heavy import HeavyWork
from clearway_platform.web.moments import A_DATE, UntilTime
from clearway_platform.web.pages import Limit
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router

router: Final = Router(prefix="/v1/routes", tags=["Route risk"])

AsOf = Annotated[
    UntilTime | None,
    Query(
        description=f"The moment of the risk; now by default. Later incidents are left out. {A_DATE} Its last moment "
        "is used."
    ),
]
Horizon = Annotated[float | None, Query(gt=0, le=365, description="Days ahead; 7 by default.")]


@router.get("/{route_id}/risk", operation_id="routes.get_risk", summary="Read a route's risk")
async def get_risk(
    route_id: UUID,
    principal: Reader,
    connection: Reading,
    clock: Time,
    wiring: Wired,
    as_of: AsOf = None,
    horizon_days: Horizon = None,
) -> RouteRisk:
    """The hazards and contaminated areas that stand on the route, the expected incidents, their interval, and the
    effective sample behind them."""
    mission = await missions.read(connection, principal.mission)
    horizon = horizon_days or mission.parameters.horizon_days
    if as_of is not None:
        work, ceiling = wiring.briefing_work, principal.ceiling
        explained = await _explained(connection, mission, route_id, as_of, horizon, work, ceiling)
        return RouteRisk.full(route_id, explained.risk, explained.hazards, explained.areas, mission)
    now = clock.now()
    found = await risk.now(connection, mission, route_id, now, horizon)
    if found is None:
        raise NoSuchRoute(route_id)
    if not found.known_hazards:
        return RouteRisk.full(route_id, found, [], [], mission)
    route = await live_route(connection, mission.name, route_id)
    work = wiring.briefing_work
    standing = await hazards.on_route(connection, mission, route, now, work, principal.ceiling)
    touching = await areas.on_route(connection, route, work)
    return RouteRisk.full(route_id, found, standing, touching, mission)


@router.get("/{route_id}/risk/explanation", operation_id="routes.explain_risk", summary="Explain a route's risk")
async def explain_risk(
    route_id: UUID,
    principal: Reader,
    connection: Reading,
    clock: Time,
    wiring: Wired,
    as_of: AsOf = None,
    horizon_days: Horizon = None,
    limit: Limit = 100,
) -> Explanation:
    """The contribution of each incident, the largest first. All parts add up to the expected events; those of incidents
    that the key may not read are in `rest`."""
    mission = await missions.read(connection, principal.mission)
    horizon = horizon_days or mission.parameters.horizon_days
    at, work, ceiling = as_of or clock.now(), wiring.briefing_work, principal.ceiling
    found = await _explained(connection, mission, route_id, at, horizon, work, ceiling)
    return Explanation.of(route_id, found, limit, mission.parameters_revision)


async def _explained(
    connection: AsyncConnection,
    mission: Mission,
    route_id: UUID,
    as_of: datetime,
    horizon_days: float,
    heavy: HeavyWork,
    ceiling: Ceiling,
) -> Explained:
    route = await live_route(connection, mission.name, route_id)
    found = await risk.explained(connection, mission, route, as_of, horizon_days, heavy, ceiling)
    if found is None:
        raise NoSuchRoute(route_id)
    return found
