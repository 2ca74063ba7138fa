"""The routes of a mission."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.route import Route
from clearway_analytics.ledger.routes import find, live_routes, route_of
from clearway_analytics.storage.tables import ROUTES
from clearway_platform.heavy import of_each
from clearway_platform.paging import part_of


async def live(connection: AsyncConnection, mission: str, route_id: UUID) -> Route | None:
    """The route; None when the mission has none of that id, or has retired it."""
    route = await find(connection, mission, route_id)
    return None if route is None or route.retired_at is not None else route


async def page(
    connection: AsyncConnection, mission: str, after: UUID | None, limit: int
) -> tuple[Sequence[Route], bool]:
    """The next live routes by id, and whether they are the last."""
    query = live_routes(mission)
    if after is not None:
        query = query.where(ROUTES.c.route_id > after)
    part = await part_of(connection, query, ["route_id"], heavy="line", limit=limit, newest_first=False, share=0.2)
    return await of_each(route_of, part.rows), part.is_last
