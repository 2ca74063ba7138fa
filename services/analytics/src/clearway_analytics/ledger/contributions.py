"""Contributions: what each incident adds to each route's sums. No other module computes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement, Row, Select, Table, and_, bindparam, case, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.incident_view import IncidentView
from clearway_analytics.ledger.hazards import touches
from clearway_analytics.ledger.routes import MissionRoutes
from clearway_analytics.risk.arrays import Floats
from clearway_analytics.risk.clearing import Left
from clearway_analytics.risk.decay import LANDMARK, DecayedSums, raised
from clearway_analytics.risk.evidence import NEARBY_M
from clearway_analytics.risk.footprint import Footprint
from clearway_analytics.risk.intensity import cutoff_m
from clearway_analytics.risk.location import location_sd
from clearway_analytics.risk.network import Pairs
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.storage.tables import CONTRIBUTIONS
from clearway_platform.database.engines import one_or_many


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one incident adds to one route. weight: v; share: c_iR; kept: v·c_iR, raised to the landmark.

    may_touch: false when the incident's circle is known not to touch the corridor.
    """

    mission: str
    route_id: UUID
    incident_id: UUID
    revision: int
    occurred: datetime
    distance_m: float
    weight: float
    share: float
    kept: float
    may_touch: bool = True

    @property
    def sums(self) -> DecayedSums:
        return DecayedSums(self.kept, self.kept * self.kept, 1, self.nearby)

    @property
    def nearby(self) -> float:
        """v raised to the landmark, for an incident near the route; else 0. `nearby_in` adds it up in the database."""
        return self.kept / self.share if self.distance_m <= NEARBY_M and self.share > 0 else 0.0


def sums_of(contributions: Collection[Contribution]) -> DecayedSums:
    """The sums of a route that has these contributions."""
    return DecayedSums.of((one.kept for one in contributions), (one.nearby for one in contributions))


def nearby_in(table: Table) -> ColumnElement[float]:
    """Σ `Contribution.nearby` of a table of contributions."""
    is_near = and_(table.c.distance_m <= NEARBY_M, table.c.share > 0)
    return func.coalesce(func.sum(case((is_near, table.c.kept / table.c.share))), 0.0)


NO_PAIRS: Final = Pairs(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp))
_COLUMNS: Final = tuple(column.name for column in CONTRIBUTIONS.columns)
_ADD: Final = insert(CONTRIBUTIONS)
_REMOVE_INCIDENTS: Final = (
    delete(CONTRIBUTIONS)
    .where(
        CONTRIBUTIONS.c.mission == bindparam("mission"),
        CONTRIBUTIONS.c.incident_id.in_(bindparam("incidents", expanding=True)),
    )
    .returning(CONTRIBUTIONS)
)


def on_route(
    route_id: UUID, footprint: Footprint, incidents: Sequence[IncidentView], parameters: Parameters
) -> list[Contribution]:
    """The contributions of incidents to a route. Incidents that do not count and those too far away make none."""
    counted = [incident for incident in incidents if _counts(incident, parameters)]
    if not counted:
        return []
    longitude, latitude, sd = _places(counted)
    reach = footprint.reach(longitude, latitude, sd, parameters)
    near = np.flatnonzero(reach.near)
    share = reach.share.copy()
    for left, some in _by_what_is_left(footprint, [counted[i] for i in near.tolist()]).items():
        which = near[some]
        share[which] = footprint.share_left(left, longitude[which], latitude[which], sd[which], parameters)
    target = _Target(route_id, footprint.corridor.half_width_m)
    return [
        _Addend.of(counted[i], parameters).to(target, float(share[i]), float(reach.distance_m[i]))
        for i in near.tolist()
    ]


def near(incidents: Sequence[IncidentView], routes: MissionRoutes, parameters: Parameters) -> Pairs:
    """The incidents and the routes that they may add to, by their numbers. Those that do not count have none."""
    counted = [number for number, incident in enumerate(incidents) if _counts(incident, parameters)]
    if not counted:
        return NO_PAIRS
    longitude, latitude, sd = _places([incidents[number] for number in counted])
    found = routes.network.near(longitude, latitude, cutoff_m(sd, parameters))
    return Pairs(np.array(counted, dtype=np.intp)[found.incidents], found.routes)


def of_incidents(
    incidents: Sequence[IncidentView], routes: MissionRoutes, near: Pairs, parameters: Parameters
) -> list[Contribution]:
    """The contributions of incidents to the routes `near` them. Those of them that are too far away get none."""
    if not len(near.routes):
        return []
    reach = routes.network.reach(near, *_places(incidents), parameters)
    addends: dict[int, _Addend] = {}
    found = []
    for place in np.flatnonzero(reach.near).tolist():
        number, route = int(near.incidents[place]), int(near.routes[place])
        if number not in addends:
            addends[number] = _Addend.of(incidents[number], parameters)
        share = _left_of(float(reach.share[place]), routes.footprints[routes.ids[route]], incidents[number], parameters)
        found.append(addends[number].to(_target(routes, route), share, float(reach.distance_m[place])))
    return found


def _places(incidents: Sequence[IncidentView]) -> tuple[Floats, Floats, Floats]:
    """Longitudes, latitudes, and the standard deviations of both in metres: (n,) each."""
    longitude, latitude, uncertainty = np.array(
        [(incident.longitude, incident.latitude, incident.uncertainty_m) for incident in incidents]
    ).T
    return longitude, latitude, location_sd(uncertainty)


async def add(connection: AsyncConnection, contributions: Sequence[Contribution]) -> None:
    """Insert contributions."""
    rows = [{name: getattr(contribution, name) for name in _COLUMNS} for contribution in contributions]
    if rows:
        await connection.execute(_ADD, one_or_many(rows))


async def remove_incidents(connection: AsyncConnection, mission: str, incidents: Sequence[UUID]) -> list[Contribution]:
    """Delete the contributions of incidents, and return them."""
    rows = await connection.execute(_REMOVE_INCIDENTS, {"mission": mission, "incidents": incidents})
    return [contribution_of(row) for row in rows]


def incidents_of(mission: str, route_id: UUID) -> Select[Any]:
    """The query for the ids of the incidents that contribute to a route."""
    return select(CONTRIBUTIONS.c.incident_id).where(
        CONTRIBUTIONS.c.mission == mission, CONTRIBUTIONS.c.route_id == route_id
    )


async def drop_route(connection: AsyncConnection, mission: str, route_id: UUID) -> None:
    """Delete all contributions to a route."""
    condition = (CONTRIBUTIONS.c.mission == mission, CONTRIBUTIONS.c.route_id == route_id)
    await connection.execute(delete(CONTRIBUTIONS).where(*condition))


def _by_what_is_left(footprint: Footprint, incidents: Sequence[IncidentView]) -> dict[Left, list[int]]:
    """The positions of the incidents of whose effect clearances took something out, by what is left of the route."""
    found: dict[Left, list[int]] = {}
    for position, incident in enumerate(incidents):
        if (left := footprint.left_of(incident.present_until)) is not None:
            found.setdefault(left, []).append(position)
    return found


def _left_of(share: float, footprint: Footprint, incident: IncidentView, parameters: Parameters) -> float:
    """The incident's share of the route after the clearances: `share` where none took anything out."""
    left = footprint.left_of(incident.present_until)
    if left is None:
        return share
    longitude, latitude = np.array([incident.longitude]), np.array([incident.latitude])
    sd = location_sd(np.array([incident.uncertainty_m]))
    return float(footprint.share_left(left, longitude, latitude, sd, parameters)[0])


def contribution_of(row: Row[Any]) -> Contribution:
    return Contribution(**row._mapping)


@dataclass(frozen=True, slots=True)
class _Target:
    """The route of a contribution."""

    route_id: UUID
    half_width_m: float


def _target(routes: MissionRoutes, number: int) -> _Target:
    route_id = routes.ids[number]
    return _Target(route_id, routes.footprints[route_id].corridor.half_width_m)


@dataclass(frozen=True, slots=True)
class _Addend:
    """An incident, its weight, and the factor that raises the weight to the landmark: the same for every route."""

    incident: IncidentView
    weight: float
    factor: float

    @classmethod
    def of(cls, incident: IncidentView, parameters: Parameters) -> _Addend:
        weight = parameters.weight(incident)
        return cls(incident, weight, raised(1.0, incident.occurred, LANDMARK, parameters.decay_days))

    def to(self, target: _Target, share: float, distance_m: float) -> Contribution:
        """What the incident adds to a route."""
        return Contribution(
            mission=self.incident.mission,
            route_id=target.route_id,
            incident_id=self.incident.incident_id,
            revision=self.incident.revision,
            occurred=self.incident.occurred,
            distance_m=distance_m,
            weight=self.weight,
            share=share,
            kept=self.weight * share * self.factor,
            may_touch=touches(distance_m, target.half_width_m, self.incident.uncertainty_m),
        )


def _counts(incident: IncidentView, parameters: Parameters) -> bool:
    """Whether the incident has a row. A known hazard has one whatever its weight, so that no route is without it."""
    return incident.stands or parameters.weight(incident) > 0
