"""A route was registered or redrawn: subscriptions that follow it follow the new line."""

from clearway_alerts.commands.routes import keep_route
from clearway_contracts.envelope import Event
from clearway_contracts.routes import RouteRegistered
from clearway_platform.database.engines import Transaction


async def on_route_registered(transaction: Transaction, event: Event) -> None:
    assert isinstance(event.data, RouteRegistered)
    route = event.data.route
    await keep_route(transaction, route.mission, route.route_id, route.revision, route.line.coordinates)
