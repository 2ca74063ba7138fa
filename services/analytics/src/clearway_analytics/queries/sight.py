"""What a reader may see of the incidents beside a route, and the stretches by which a hidden place is told.

A hazard on the route is never left out, because that would be unsafe: above the ceiling its kilometres are widened to a
fixed grid, and nothing else is said but that it stands.
"""

from __future__ import annotations

import math
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.ledger import incidents
from clearway_analytics.storage.tables import CONTRIBUTIONS, INCIDENTS
from clearway_platform.auth.ceilings import Ceiling, Sight
from clearway_platform.heavy import of_each

GRID_KM: Final = 10.0
"""About as long as a side of the grid's cells."""

_CONTRIBUTING: Final = incidents.SELECTED.join_from(
    INCIDENTS,
    CONTRIBUTIONS,
    (CONTRIBUTIONS.c.mission == INCIDENTS.c.mission) & (CONTRIBUTIONS.c.incident_id == INCIDENTS.c.incident_id),
).where(CONTRIBUTIONS.c.mission == bindparam("mission"), CONTRIBUTIONS.c.route_id == bindparam("route_id"))


async def hidden(connection: AsyncConnection, mission: str, route_id: UUID, ceiling: Ceiling) -> frozenset[UUID]:
    """The incidents with a part in a route's risk that a reader may not see whole."""
    if ceiling.is_unlimited:
        return frozenset()
    found = await connection.execute(_CONTRIBUTING, {"mission": mission, "route_id": route_id})
    views = await of_each(incidents.view, found)
    return frozenset(view.incident_id for view in views if ceiling.sight(view.handling) is not Sight.WHOLE)


def on_grid(from_km: float, to_km: float, length_km: float) -> tuple[float, float]:
    """The stretch of the grid that contains a stretch of a route, in kilometres from the route's start."""
    first = max(math.floor(from_km / GRID_KM), 0) * GRID_KM
    last = max(math.ceil(to_km / GRID_KM) * GRID_KM, first + GRID_KM)
    return first, min(last, max(length_km, to_km))
