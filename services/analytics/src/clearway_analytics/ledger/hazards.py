"""Known hazards: the incidents whose hazard stands and whose circle touches a route's corridor.

They are outside the estimate. They are not stored by themselves: a contribution says how far its incident is from the
route, and the incident whether its hazard stands. So no order of events, and no older program, leaves one out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.incident_view import ENDED_STATUSES, NO_HAZARD_CATEGORIES, STANDING_STATES, IncidentView
from clearway_analytics.ledger import incidents
from clearway_analytics.storage.tables import CONTRIBUTIONS, INCIDENTS, ROUTES
from clearway_platform.heavy import of_each


@dataclass(frozen=True, slots=True)
class KnownHazard:
    """An incident whose hazard stands on a route, and its distance from the route's line."""

    incident: IncidentView
    distance_m: float


# `IncidentView.stands`, for the database.
STANDS: Final = and_(
    INCIDENTS.c.hazard_state.in_(STANDING_STATES),
    INCIDENTS.c.status.not_in(ENDED_STATUSES),
    INCIDENTS.c.category.not_in(NO_HAZARD_CATEGORIES),
    INCIDENTS.c.exercise.is_(False),
)


def touches(distance_m: float, half_width_m: float, uncertainty_m: float) -> bool:
    """Whether an incident's circle reaches the corridor."""
    return distance_m <= half_width_m + uncertainty_m


def number_on(mission: ColumnElement[Any], route_id: ColumnElement[Any]) -> ScalarSelect[int]:
    """The number of known hazards on a route, as a part of another query."""
    found = _touching(select(func.count()).select_from(CONTRIBUTIONS))
    return found.where(CONTRIBUTIONS.c.mission == mission, CONTRIBUTIONS.c.route_id == route_id).scalar_subquery()


def _touching(query: Select[Any]) -> Select[Any]:
    """The rows of a query about contributions whose hazard stands on the route."""
    same_route = and_(ROUTES.c.mission == CONTRIBUTIONS.c.mission, ROUTES.c.route_id == CONTRIBUTIONS.c.route_id)
    same_incident = and_(
        INCIDENTS.c.mission == CONTRIBUTIONS.c.mission, INCIDENTS.c.incident_id == CONTRIBUTIONS.c.incident_id
    )
    return (
        query.join(ROUTES, same_route)
        .join(INCIDENTS, same_incident)
        .where(
            CONTRIBUTIONS.c.may_touch.is_(True),
            CONTRIBUTIONS.c.distance_m <= ROUTES.c.half_width_m + INCIDENTS.c.uncertainty_m,
            STANDS,
        )
    )


_COUNT: Final = select(number_on(bindparam("mission"), bindparam("route_id")))
_ON_ROUTE: Final = _touching(
    incidents.SELECTED.add_columns(CONTRIBUTIONS.c.distance_m).select_from(CONTRIBUTIONS)
).where(
    CONTRIBUTIONS.c.mission == bindparam("mission"),
    CONTRIBUTIONS.c.route_id == bindparam("route_id"),
    CONTRIBUTIONS.c.occurred <= bindparam("moment"),
)


async def count(connection: AsyncConnection, mission: str, route_id: UUID) -> int:
    """The number of known hazards on a route."""
    return int((await connection.execute(_COUNT, {"mission": mission, "route_id": route_id})).scalar_one())


async def on_route(
    connection: AsyncConnection, mission: str, route_id: UUID, moment: datetime
) -> Sequence[KnownHazard]:
    """The hazards of incidents until a moment that stand on the route today."""
    rows = await connection.execute(_ON_ROUTE, {"mission": mission, "route_id": route_id, "moment": moment})
    return await of_each(_known, rows)


def _known(row: Row[Any]) -> KnownHazard:
    return KnownHazard(incidents.view(row), row.distance_m)
