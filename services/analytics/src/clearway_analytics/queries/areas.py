"""Contaminated areas and the routes that they touch, by kilometre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import shapely
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.area import Area, Box
from clearway_analytics.domain.line import Stretch, stepped
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger import areas, missions, routes
from clearway_analytics.ledger.areas import TouchedArea
from clearway_analytics.ledger.routes import RouteIndex
from clearway_analytics.risk.touching import touched
from clearway_platform.heavy import HeavyWork
from clearway_platform.paging import part_of

# The widest corridor, in degrees of latitude and, as far north as routes go, of longitude, with room to spare.
_MARGIN_DEGREES: Final = 0.7


@dataclass(frozen=True, slots=True)
class TouchedRoute:
    """A live route, and the stretches of its corridor that an area touches, metres along its line."""

    route: Route
    stretches: Sequence[Stretch]


async def page(
    connection: AsyncConnection, mission: str, after: UUID | None, limit: int, *, released: bool
) -> tuple[list[Area], bool]:
    """The next areas by id, and whether they are the last."""
    query = areas.listed(mission, after, released=released)
    part = await part_of(connection, query, ["area_id"], heavy="polygon", limit=limit, newest_first=False, share=0.2)
    return [areas.area_of(row) for row in part.rows], part.is_last


async def on_route(
    connection: AsyncConnection, route: Route, heavy: HeavyWork, *, until: datetime | None = None
) -> list[TouchedArea]:
    """The areas that stand and touch the route's corridor; `until`: as they were recorded at that moment."""
    known = await areas.near(connection, route.mission, _around(route), until=until)
    return await heavy.run(areas.touching, route, known) if known else []


async def of_area(connection: AsyncConnection, area: Area, index: RouteIndex, heavy: HeavyWork) -> list[TouchedRoute]:
    """The live routes whose corridors the area touches, by name."""
    known = await index.routes(connection, await missions.read(connection, area.mission))
    west, south, east, north = area.box
    around = shapely.box(
        west - _MARGIN_DEGREES, south - _MARGIN_DEGREES, east + _MARGIN_DEGREES, north + _MARGIN_DEGREES
    )
    found: list[TouchedRoute] = []
    for number in known.network.tree.query(around).tolist():
        route = await routes.find(connection, area.mission, known.ids[number])
        if route is None or route.retired_at is not None:
            continue
        if stretches := await heavy.run(touched, route.line, route.half_width_m, area.polygon):
            found.append(TouchedRoute(route, stretches))
    return sorted(found, key=lambda one: (one.route.name, one.route.route_id))


def _around(route: Route) -> Box:
    points = stepped(route.line)
    (west, south), (east, north) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return west - _MARGIN_DEGREES, south - _MARGIN_DEGREES, east + _MARGIN_DEGREES, north + _MARGIN_DEGREES
