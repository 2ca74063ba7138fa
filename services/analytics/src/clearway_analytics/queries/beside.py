"""The incidents beside a route, by kilometre: hazards that stand, and what happened or changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.incident_view import IncidentView
from clearway_analytics.domain.line import Stretch
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger import hazards, incidents
from clearway_analytics.risk.milestones import Milestones
from clearway_analytics.storage.tables import INCIDENTS
from clearway_platform.heavy import of_each

# Within this distance an incident is news of the route, though its hazard is not on it.
BESIDE_M: Final = 2_500.0


@dataclass(frozen=True, slots=True)
class OnRoute:
    """An incident beside a route: how far along it, and how far away from its line, metres."""

    incident: IncidentView
    along_m: float
    distance_m: float


async def standing_or_changed(connection: AsyncConnection, mission: str, since: datetime) -> list[IncidentView]:
    """The mission's incidents whose hazard stands, and those that happened or changed after a moment."""
    query = incidents.SELECTED.where(
        INCIDENTS.c.mission == mission,
        INCIDENTS.c.exercise.is_(False),
        or_(hazards.STANDS, INCIDENTS.c.occurred > since, INCIDENTS.c.updated_at > since),
    )
    return await of_each(incidents.view, await connection.execute(query))


def beside(route: Route, known: Sequence[IncidentView]) -> list[OnRoute]:
    """The incidents whose circles touch the corridor, or come within BESIDE_M of the line, by kilometre."""
    if not known:
        return []
    milestones = Milestones.of(route.line)
    corridor = milestones.corridor([Stretch(0.0, float(milestones.along_m[-1]))], route.half_width_m)
    longitude, latitude, uncertainty = np.array(
        [(incident.longitude, incident.latitude, incident.uncertainty_m) for incident in known]
    ).T
    x, y = milestones.project(longitude, latitude)
    reach = np.maximum(route.half_width_m, BESIDE_M) + uncertainty
    (near,) = np.nonzero(corridor.may_be_within(x, y, reach))
    along, distance = milestones.nearest(longitude[near], latitude[near])
    found = [
        OnRoute(known[i], float(along[n]), float(distance[n]))
        for n, i in enumerate(near.tolist())
        if distance[n] <= reach[i]
    ]
    return sorted(found, key=lambda one: (one.along_m, one.incident.incident_id))
