"""What this service does when an event arrives: it keeps the lines of routes, along which lists are asked for."""

from clearway_contracts.envelope import Event
from clearway_contracts.routes import RouteRegistered
from clearway_contracts.topics import ROUTE_RISK
from clearway_incidents.commands.routes import keep_route
from clearway_platform.database.engines import Transaction
from clearway_platform.messaging.consumer import Consumer
from clearway_platform.service import Platform

__all__ = ["consumer", "on_route"]


def consumer(platform: Platform) -> Consumer:
    """The group `incidents`: the routes as they are drawn. It gives way to what records and warns, and no report waits
    for it."""
    return Consumer(
        name="incidents",
        topics=[ROUTE_RISK],
        handlers={RouteRegistered: on_route},
        broker=platform.broker,
        database=platform.database,
        dead_letters=platform.dead_letters,
        clock=platform.clock,
        attempts=platform.settings.handler_attempts,
        progress=platform.progress,
        turn=platform.precedence.after,
        awaiting=False,
    )


async def on_route(transaction: Transaction, event: Event) -> None:
    """A route was registered, redrawn or retired: a retired one keeps its last line."""
    assert isinstance(event.data, RouteRegistered)
    route = event.data.route
    await keep_route(transaction, route.mission, route.route_id, route.revision, route.line.coordinates)
