"""The known hazards of a route, by kilometre."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.route import Route
from clearway_analytics.ledger import hazards, routes
from clearway_analytics.ledger.hazards import KnownHazard
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.queries.sight import on_grid
from clearway_analytics.risk.decay import days_between
from clearway_analytics.risk.footprint import Footprint
from clearway_platform.auth.ceilings import Ceiling, Sight


@dataclass(frozen=True, slots=True)
class Kilometres:
    """A stretch of a route, in kilometres along its line from its start."""

    from_km: float
    to_km: float


@dataclass(frozen=True, slots=True)
class HazardOnRoute:
    """A hazard that stands on a route. It ends by clearance, retraction or closing, and never by its age.

    `stretches` are the parts of the route whose corridor the circle of the location touches. `distance_m` is from the
    middle of that circle to the line. The grades are null when they are not known. Where `form` is reduced, the key may
    not read the incident: `stretches` are widened to tens of kilometres, and what is not said is null.
    """

    incident_id: UUID
    incident_revision: int | None
    category: str | None
    hazard_state: str
    status: str | None
    source_reliability: str | None
    info_credibility: int | None
    occurred_at: datetime | None
    age_days: float | None
    distance_m: float | None
    uncertainty_m: float | None
    stretches: Sequence[Kilometres]
    form: Literal["full", "reduced"]


async def on_route(
    connection: AsyncConnection, mission: Mission, route_id: UUID, moment: datetime, ceiling: Ceiling
) -> list[HazardOnRoute]:
    """The hazards of incidents until a moment that stand on the route today, by kilometre, as a reader may see them."""
    known = await hazards.on_route(connection, mission.name, route_id, moment)
    route = await routes.find(connection, mission.name, route_id) if known else None
    if route is None:
        return []
    footprint = Footprint.of(route.line, route.half_width_m)
    found = [_seen(hazard, route, footprint, moment, ceiling) for hazard in known]
    return sorted(found, key=lambda hazard: (hazard.stretches[0].from_km, hazard.incident_id))


def _seen(hazard: KnownHazard, route: Route, footprint: Footprint, moment: datetime, ceiling: Ceiling) -> HazardOnRoute:
    sight = ceiling.sight(hazard.incident.handling)
    placed = _placed(hazard, route, footprint, moment)
    return placed if sight is Sight.WHOLE else _reduced(placed, route.length_m / 1_000, sight)


def _reduced(hazard: HazardOnRoute, length_km: float, sight: Sight) -> HazardOnRoute:
    """That it stands, and about where; what it is where the reader may see the reduced incident."""
    wide = [on_grid(stretch.from_km, stretch.to_km, length_km) for stretch in hazard.stretches]
    return HazardOnRoute(
        incident_id=hazard.incident_id,
        incident_revision=None,
        category=hazard.category if sight is Sight.REDUCED else None,
        hazard_state=hazard.hazard_state,
        status=None,
        source_reliability=None,
        info_credibility=None,
        occurred_at=None,
        age_days=None,
        distance_m=None,
        uncertainty_m=None,
        stretches=[Kilometres(*stretch) for stretch in sorted(set(wide))],
        form="reduced",
    )


def _placed(hazard: KnownHazard, route: Route, footprint: Footprint, moment: datetime) -> HazardOnRoute:
    incident = hazard.incident
    return HazardOnRoute(
        incident_id=incident.incident_id,
        incident_revision=incident.revision,
        category=incident.category,
        hazard_state=incident.hazard_state,
        status=incident.status,
        source_reliability=incident.source_reliability,
        info_credibility=incident.info_credibility,
        occurred_at=incident.occurred,
        age_days=days_between(incident.occurred, moment),
        distance_m=hazard.distance_m,
        uncertainty_m=incident.uncertainty_m,
        stretches=_stretches(hazard, route, footprint),
        form="full",
    )


def _stretches(hazard: KnownHazard, route: Route, footprint: Footprint) -> list[Kilometres]:
    # The projection stretches the line by up to a per cent; kilometres are those of the route's length on the ground.
    scale = route.length_m / float(footprint.corridor.line.length.sum()) / 1_000
    # The ledger has found that the circle touches; rounding must not find that it does not.
    radius = max(route.half_width_m + hazard.incident.uncertainty_m, hazard.distance_m * (1 + 1e-9))
    incident = hazard.incident
    return [
        Kilometres(stretch.start_m * scale, stretch.end_m * scale)
        for stretch in footprint.stretches(incident.longitude, incident.latitude, radius)
    ]
