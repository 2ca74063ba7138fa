"""Contaminated areas, page by page, and the routes that one touches."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.area import Area
from clearway_analytics.ledger import areas, missions
from clearway_analytics.ledger.areas import TouchedRoute
from clearway_analytics.ledger.routes import RouteIndex
from clearway_platform.heavy import HeavyWork, of_each
from clearway_platform.paging import part_of


async def page(
    connection: AsyncConnection, mission: str, after: UUID | None, limit: int, *, released: bool
) -> tuple[list[Area], bool]:
    """The next areas by id, and whether they are the last."""
    query = areas.listed(mission, after, released=released)
    part = await part_of(connection, query, ["area_id"], heavy="polygon", limit=limit, newest_first=False, share=0.2)
    return await of_each(areas.area_of, part.rows), part.is_last


async def of_area(connection: AsyncConnection, area: Area, index: RouteIndex, heavy: HeavyWork) -> list[TouchedRoute]:
    """The live routes whose corridors the area touches, by name."""
    known = await index.routes(connection, await missions.read(connection, area.mission))
    parts = areas.touched_routes(connection, area.mission, known, [area.polygon], heavy)
    found = [one async for part in parts for one in part if one.route.retired_at is None]
    return sorted(found, key=lambda one: (one.route.name, one.route.route_id))
