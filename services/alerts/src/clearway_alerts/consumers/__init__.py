"""What this service does when an event arrives."""

from collections.abc import Callable

from clearway_alerts.consumers.incidents import IncidentHandler
from clearway_alerts.consumers.routes import RouteHandler
from clearway_alerts.warning.pipeline import Pipeline
from clearway_contracts.incidents import INCIDENT_EVENTS
from clearway_contracts.routes import RouteRegistered
from clearway_contracts.topics import INCIDENTS, ROUTE_RISK
from clearway_platform.messaging.consumer import Consumer
from clearway_platform.service import Platform

__all__ = ["consumer"]


def consumer(platform: Platform, pipeline: Pipeline, look: Callable[[], None]) -> Consumer:
    """The group `alerts`: every revision of every incident, and the routes as they are drawn; `look` is called after
    one was."""
    on_incident = IncidentHandler(pipeline, platform.clock)
    return Consumer(
        name="alerts",
        topics=[INCIDENTS, ROUTE_RISK],
        handlers={**dict.fromkeys(INCIDENT_EVENTS, on_incident), RouteRegistered: RouteHandler(look)},
        broker=platform.broker,
        database=platform.database,
        dead_letters=platform.dead_letters,
        clock=platform.clock,
        attempts=platform.settings.handler_attempts,
        turn=platform.precedence.first,
    )
