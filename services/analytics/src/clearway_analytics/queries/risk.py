"""A route's risk: now, at another moment, and the contributions to it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.route import Route
from clearway_analytics.ledger import areas, checks, route_sums
from clearway_analytics.ledger.areas import TouchedArea
from clearway_analytics.ledger.contributions import Contribution, contribution_of
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.queries import hazards
from clearway_analytics.queries.hazards import HazardOnRoute
from clearway_analytics.queries.sight import hidden
from clearway_analytics.risk.assessment import Assessment, Ground, Sums, assess
from clearway_analytics.risk.decay import LANDMARK, days_between, lowered
from clearway_analytics.risk.intensity import expected_from_incidents
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.storage.tables import CONTRIBUTIONS
from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.heavy import HeavyWork, of_each

_UNTIL: Final = select(CONTRIBUTIONS).where(
    CONTRIBUTIONS.c.mission == bindparam("mission"),
    CONTRIBUTIONS.c.route_id == bindparam("route_id"),
    CONTRIBUTIONS.c.occurred <= bindparam("moment"),
)


@dataclass(frozen=True, slots=True)
class RiskContribution:
    """One incident's part in a route's expected events.

    `incident_revision` is the revision that was counted, `weight` how far the incident is believed, from 0 to 1.
    """

    incident_id: UUID
    incident_revision: int
    occurred_at: datetime
    age_days: float
    distance_m: float
    weight: float
    expected_events: float


@dataclass(frozen=True, slots=True)
class Explained:
    """A risk and its contributions, the largest first. They, what is `hidden` and the background add up to the expected
    events: `hidden` are the incidents of which the reader may not see the whole.

    The known hazards and the contaminated areas are outside of them, by kilometre.
    """

    risk: Assessment
    contributions: Sequence[RiskContribution]
    hidden: Sequence[RiskContribution]
    hazards: Sequence[HazardOnRoute]
    areas: Sequence[TouchedArea]


async def current(
    connection: AsyncConnection, mission: Mission, route_ids: Sequence[UUID], now: datetime
) -> dict[UUID, Assessment]:
    """The risks of the live ones of the routes, by route id, over the horizon of the mission's parameters."""
    found = await route_sums.find(connection, mission.name, route_ids)
    horizon = mission.parameters.horizon_days
    rated = await of_each(
        lambda route: (route.route_id, route.assess(now, horizon, mission.parameters, mission.gain)), found.values()
    )
    return dict(rated)


async def now(
    connection: AsyncConnection, mission: Mission, route_id: UUID, moment: datetime, horizon_days: float
) -> Assessment | None:
    """The present risk, from the route's sums. None: no such live route."""
    route = (await route_sums.find(connection, mission.name, [route_id])).get(route_id)
    return None if route is None else route.assess(moment, horizon_days, mission.parameters, mission.gain)


async def explained(
    connection: AsyncConnection,
    mission: Mission,
    route: Route,
    moment: datetime,
    horizon_days: float,
    heavy: HeavyWork,
    ceiling: Ceiling,
) -> Explained | None:
    """The risk at a moment, from the contributions of the incidents until then, as they are known today, and with the
    corridor gain of today; contaminated areas and checks are those that were recorded then. Its parts are told as a
    reader may see them.

    None: the route is not live.
    """
    present = (await route_sums.find(connection, mission.name, [route.route_id])).get(route.route_id)
    if present is None:
        return None
    known = await _until(connection, mission.name, route.route_id, moment)
    sums, parts = await heavy.run(_added_up, known, moment, horizon_days, mission)
    standing = await hazards.on_route(connection, mission, route, moment, heavy, ceiling)
    checked = await checks.last_checked(connection, route, until=moment)
    touching = await areas.on_route(connection, route, heavy, until=moment)
    ground = Ground(present.area_km2, present.reference_share, len(standing) + len(touching), checked, mission.gain)
    risk = assess(sums, ground, moment, horizon_days, mission.parameters)
    unseen = await hidden(connection, mission.name, route.route_id, ceiling)
    return Explained(
        risk=risk,
        contributions=[part for part in parts if part.incident_id not in unseen],
        hidden=[part for part in parts if part.incident_id in unseen],
        hazards=standing,
        areas=touching,
    )


async def _until(connection: AsyncConnection, mission: str, route_id: UUID, moment: datetime) -> Sequence[Contribution]:
    rows = await connection.execute(_UNTIL, {"mission": mission, "route_id": route_id, "moment": moment})
    return await of_each(contribution_of, rows)


def _added_up(
    known: Sequence[Contribution], moment: datetime, horizon_days: float, mission: Mission
) -> tuple[Sums, list[RiskContribution]]:
    """The sums of the contributions at a moment, and the contributions, the largest first."""
    parts = [_part(contribution, moment, horizon_days, mission) for contribution in known]
    parts.sort(key=lambda part: (-part.expected_events, part.incident_id))
    return _sums(known, moment, mission.parameters), parts


def _sums(known: Sequence[Contribution], moment: datetime, parameters: Parameters) -> Sums:
    present = [_present(contribution, moment, parameters) for contribution in known]
    return Sums(
        total=math.fsum(present),
        squares=math.fsum(value * value for value in present),
        largest=max(present, default=0.0),
        newest=max((contribution.occurred for contribution in known), default=None),
        nearby=math.fsum(
            lowered(contribution.nearby, moment, LANDMARK, parameters.decay_days) for contribution in known
        ),
    )


def _part(contribution: Contribution, moment: datetime, horizon_days: float, mission: Mission) -> RiskContribution:
    parameters = mission.parameters
    return RiskContribution(
        incident_id=contribution.incident_id,
        incident_revision=contribution.revision,
        occurred_at=contribution.occurred,
        age_days=days_between(contribution.occurred, moment),
        distance_m=contribution.distance_m,
        weight=contribution.weight,
        expected_events=mission.gain
        * expected_from_incidents(_present(contribution, moment, parameters), horizon_days, parameters.decay_days),
    )


def _present(contribution: Contribution, moment: datetime, parameters: Parameters) -> float:
    age = days_between(contribution.occurred, moment)
    return contribution.weight * contribution.share * math.exp(-age / parameters.decay_days)
