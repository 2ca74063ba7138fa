"""A route was registered or redrawn: subscriptions that follow it follow the new line, and look at it anew."""

from collections.abc import Callable
from dataclasses import dataclass

from clearway_alerts.commands.routes import keep_route
from clearway_contracts.envelope import Event
from clearway_contracts.routes import RouteRegistered
from clearway_platform.database.engines import Transaction


@dataclass(frozen=True, slots=True)
class RouteHandler:
    """`look` is called after the commit of a new line."""

    look: Callable[[], None]

    async def __call__(self, transaction: Transaction, event: Event) -> None:
        assert isinstance(event.data, RouteRegistered)
        route = event.data.route
        if await keep_route(transaction, route.mission, route.route_id, route.revision, route.line.coordinates):
            transaction.after_commit(self.look)
