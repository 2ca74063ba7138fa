"""The routes of a mission."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.route import Route
from clearway_analytics.ledger.routes import find, live_routes, route_of
from clearway_analytics.tables import ROUTES


async def live(connection: AsyncConnection, mission: str, route_id: UUID) -> Route | None:
    """The route; None when the mission has none of that id, or has retired it."""
    route = await find(connection, mission, route_id)
    return None if route is None or route.retired_at is not None else route


async def page(connection: AsyncConnection, mission: str, after: UUID | None, limit: int) -> Sequence[Route]:
    """The next live routes by id."""
    query = live_routes(mission).order_by(ROUTES.c.route_id).limit(limit)
    if after is not None:
        query = query.where(ROUTES.c.route_id > after)
    return [route_of(row) for row in await connection.execute(query)]
