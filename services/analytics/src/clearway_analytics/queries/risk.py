"""A route's risk: now, at another moment, and what makes it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.ledger import route_sums
from clearway_analytics.ledger.contributions import Contribution, contribution_of
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.risk.assessment import Assessment, Sums, assess
from clearway_analytics.risk.decay import days_between
from clearway_analytics.risk.intensity import announced
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.storage.tables import CONTRIBUTIONS

_UNTIL: Final = select(CONTRIBUTIONS).where(
    CONTRIBUTIONS.c.mission == bindparam("mission"),
    CONTRIBUTIONS.c.route_id == bindparam("route_id"),
    CONTRIBUTIONS.c.occurred <= bindparam("moment"),
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One incident's part in a route's expected events."""

    incident_id: UUID
    revision: int
    occurred: datetime
    age_days: float
    distance_m: float
    weight: float
    expected_events: float


@dataclass(frozen=True, slots=True)
class Explained:
    """A risk and its reasons, the largest first. Reasons and background add up to the expected events."""

    risk: Assessment
    reasons: Sequence[Reason]


async def current(
    connection: AsyncConnection, mission: Mission, routes: Sequence[UUID], now: datetime
) -> dict[UUID, Assessment]:
    """The risks of live routes over the mission's own horizon."""
    found = await route_sums.find(connection, mission.name, routes)
    horizon = mission.parameters.horizon_days
    return {route_id: route.assess(now, horizon, mission.parameters) for route_id, route in found.items()}


async def now(
    connection: AsyncConnection, mission: Mission, route_id: UUID, moment: datetime, horizon_days: float
) -> Assessment | None:
    """The present risk, from the sums. None: no such live route."""
    route = (await route_sums.find(connection, mission.name, [route_id])).get(route_id)
    return None if route is None else route.assess(moment, horizon_days, mission.parameters)


async def explained(
    connection: AsyncConnection, mission: Mission, route_id: UUID, moment: datetime, horizon_days: float
) -> Explained | None:
    """The risk at a moment by what is known today: incidents that came later are left out. None: no such live route.

    It is summed from the contributions, one by one.
    """
    route = (await route_sums.find(connection, mission.name, [route_id])).get(route_id)
    if route is None:
        return None
    parameters = mission.parameters
    known = await _until(connection, mission.name, route_id, moment)
    reasons = [_reason(contribution, moment, horizon_days, parameters) for contribution in known]
    sums = _sums(known, moment, parameters)
    risk = assess(sums, route.area_km2, route.reference_share, moment, horizon_days, parameters)
    return Explained(risk, sorted(reasons, key=lambda reason: (-reason.expected_events, reason.incident_id)))


async def _until(connection: AsyncConnection, mission: str, route_id: UUID, moment: datetime) -> Sequence[Contribution]:
    rows = await connection.execute(_UNTIL, {"mission": mission, "route_id": route_id, "moment": moment})
    return [contribution_of(row) for row in rows]


def _sums(known: Sequence[Contribution], moment: datetime, parameters: Parameters) -> Sums:
    present = [_present(contribution, moment, parameters) for contribution in known]
    return Sums(
        total=math.fsum(present),
        squares=math.fsum(value * value for value in present),
        largest=max(present, default=0.0),
        newest=max((contribution.occurred for contribution in known), default=None),
    )


def _reason(contribution: Contribution, moment: datetime, horizon_days: float, parameters: Parameters) -> Reason:
    return Reason(
        incident_id=contribution.incident_id,
        revision=contribution.revision,
        occurred=contribution.occurred,
        age_days=days_between(contribution.occurred, moment),
        distance_m=contribution.distance_m,
        weight=contribution.weight,
        expected_events=announced(_present(contribution, moment, parameters), horizon_days, parameters.decay_days),
    )


def _present(contribution: Contribution, moment: datetime, parameters: Parameters) -> float:
    age = days_between(contribution.occurred, moment)
    return contribution.weight * contribution.share * math.exp(-age / parameters.decay_days)
