"""The known hazards of a route, by kilometre."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.line import Stretch
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger import hazards
from clearway_analytics.ledger.hazards import KnownHazard
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.queries.sight import on_grid
from clearway_analytics.risk.decay import days_between
from clearway_analytics.risk.milestones import Milestones
from clearway_platform.auth.ceilings import Ceiling, Sight
from clearway_platform.heavy import HeavyWork


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
    connection: AsyncConnection, mission: Mission, route: Route, moment: datetime, heavy: HeavyWork, ceiling: Ceiling
) -> list[HazardOnRoute]:
    """The hazards of incidents until a moment that stand on the route today, by kilometre, as a reader may see them."""
    known = await hazards.on_route(connection, mission.name, route.route_id, moment)
    return await heavy.run(_by_kilometre, known, route, moment, ceiling) if known else []


def _by_kilometre(
    known: Sequence[KnownHazard], route: Route, moment: datetime, ceiling: Ceiling
) -> list[HazardOnRoute]:
    touched = zip(known, _touched(known, route), strict=True)
    found = [_seen(hazard, stretches, route, moment, ceiling) for hazard, stretches in touched]
    return sorted(found, key=lambda hazard: (hazard.stretches[0].from_km, hazard.incident_id))


def _touched(known: Sequence[KnownHazard], route: Route) -> list[list[Stretch]]:
    """The stretches of the route whose corridor the circle of each hazard touches."""
    longitude, latitude, reach, distance = np.array(
        [(one.incident.longitude, one.incident.latitude, one.incident.uncertainty_m, one.distance_m) for one in known]
    ).T
    # The ledger has found that the circle touches; rounding must not find that it does not.
    radius = np.maximum(route.half_width_m + reach, distance * (1 + 1e-9))
    return Milestones.of(route.line).within(longitude, latitude, radius)


def _seen(
    hazard: KnownHazard, stretches: Sequence[Stretch], route: Route, moment: datetime, ceiling: Ceiling
) -> HazardOnRoute:
    sight = ceiling.sight(hazard.incident.handling)
    placed = _placed(hazard, stretches, moment)
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


def _placed(hazard: KnownHazard, stretches: Sequence[Stretch], moment: datetime) -> HazardOnRoute:
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
        stretches=[Kilometres(stretch.start_m / 1_000, stretch.end_m / 1_000) for stretch in stretches],
        form="full",
    )
