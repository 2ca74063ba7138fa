"""What each incident adds to each route: made here, and nowhere else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.evidence import Evidence
from clearway_analytics.risk.decay import LANDMARK, DecayedSums, raised
from clearway_analytics.risk.footprint import Footprint, reach_each
from clearway_analytics.risk.intensity import cutoff_m
from clearway_analytics.risk.location import location_sd
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.tables import CONTRIBUTIONS
from clearway_shared.database import insert


@dataclass(frozen=True, slots=True)
class Contribution:
    """One incident's part in one route. weight: v; share: c_iR; kept: v·c_iR, raised to the landmark."""

    mission: str
    route_id: UUID
    incident_id: UUID
    revision: int
    occurred: datetime
    distance_m: float
    weight: float
    share: float
    kept: float

    @property
    def sums(self) -> DecayedSums:
        return DecayedSums(self.kept, self.kept * self.kept, 1)


def on_route(
    route_id: UUID, footprint: Footprint, incidents: Sequence[Evidence], parameters: Parameters
) -> list[Contribution]:
    """What incidents add to a route; those that count nothing or are too far away are left out."""
    counted = [(one, v) for one in incidents if (v := one.weight(parameters.status_weights)) > 0]
    if not counted:
        return []
    lon, lat, uncertainty = np.array([(one.lon, one.lat, one.uncertainty_m) for one, _ in counted]).T
    bearing = footprint.reach(lon, lat, location_sd(uncertainty), parameters)
    return [
        _contribution(route_id, *counted[i], float(bearing.share[i]), float(bearing.distance_m[i]), parameters)
        for i in np.flatnonzero(bearing.near).tolist()
    ]


def of_incident(evidence: Evidence, footprints: Mapping[UUID, Footprint], parameters: Parameters) -> list[Contribution]:
    """What an incident adds to each of the routes; those too far away are left out."""
    weight = evidence.weight(parameters.status_weights)
    if weight == 0:
        return []
    sd = float(location_sd(np.array(evidence.uncertainty_m)))
    ids = list(footprints)
    near = reach_each(list(footprints.values()), evidence.lon, evidence.lat, sd, parameters)
    return [
        _contribution(ids[place], evidence, weight, share, distance_m, parameters) for place, share, distance_m in near
    ]


def reach_m(evidence: Evidence, parameters: Parameters) -> float:
    """How far an incident is felt, in metres."""
    return float(cutoff_m(location_sd(np.array([evidence.uncertainty_m])), parameters)[0])


def sums_by_route(contributions: Iterable[Contribution]) -> dict[UUID, DecayedSums]:
    sums: defaultdict[UUID, DecayedSums] = defaultdict(DecayedSums)
    for contribution in contributions:
        sums[contribution.route_id] += contribution.sums
    return dict(sums)


async def add(connection: AsyncConnection, contributions: Sequence[Contribution]) -> None:
    if contributions:
        await connection.execute(insert(connection, CONTRIBUTIONS), [asdict(one) for one in contributions])


async def take_incident(connection: AsyncConnection, mission: str, incident_id: UUID) -> list[Contribution]:
    """Take an incident's contributions out, and give what they were."""
    condition = (CONTRIBUTIONS.c.mission == mission, CONTRIBUTIONS.c.incident_id == incident_id)
    rows = await connection.execute(delete(CONTRIBUTIONS).where(*condition).returning(CONTRIBUTIONS))
    return [contribution_of(row._mapping) for row in rows]


async def drop_route(connection: AsyncConnection, mission: str, route_id: UUID) -> None:
    condition = (CONTRIBUTIONS.c.mission == mission, CONTRIBUTIONS.c.route_id == route_id)
    await connection.execute(delete(CONTRIBUTIONS).where(*condition))


def contribution_of(values: Mapping[Any, Any]) -> Contribution:
    return Contribution(**{str(name): value for name, value in values.items()})


def _contribution(
    route_id: UUID, one: Evidence, weight: float, share: float, distance_m: float, parameters: Parameters
) -> Contribution:
    return Contribution(
        mission=one.mission,
        route_id=route_id,
        incident_id=one.incident_id,
        revision=one.revision,
        occurred=one.occurred,
        distance_m=distance_m,
        weight=weight,
        share=share,
        kept=raised(weight * share, one.occurred, LANDMARK, parameters.decay_days),
    )
