"""What this service does when an event arrives."""

from collections.abc import Callable

from clearway_alerts.consumers.beats import BeatHandler
from clearway_alerts.consumers.incidents import IncidentHandler
from clearway_alerts.consumers.routes import RouteHandler
from clearway_alerts.warning.hearing import Hearing
from clearway_alerts.warning.pipeline import Pipeline
from clearway_contracts.heartbeats import ServiceBeat
from clearway_contracts.incidents import INCIDENT_EVENTS
from clearway_contracts.routes import RouteRegistered
from clearway_contracts.topics import HEARTBEATS, INCIDENTS, ROUTE_RISK
from clearway_platform.messaging.consumer import Consumer
from clearway_platform.service import Platform

__all__ = ["consumer"]


def consumer(platform: Platform, pipeline: Pipeline, look: Callable[[], None], hearing: Hearing) -> Consumer:
    """The group `alerts`: every revision of every incident, the routes as they are drawn, after which `look` is called,
    and the heartbeats."""
    on_incident = IncidentHandler(pipeline, platform.clock, hearing)
    return Consumer(
        name="alerts",
        topics=[INCIDENTS, ROUTE_RISK, HEARTBEATS],
        handlers={
            **dict.fromkeys(INCIDENT_EVENTS, on_incident),
            RouteRegistered: RouteHandler(look),
            ServiceBeat: BeatHandler(hearing),
        },
        broker=platform.broker,
        database=platform.database,
        dead_letters=platform.dead_letters,
        clock=platform.clock,
        attempts=platform.settings.handler_attempts,
        progress=platform.progress,
        turn=platform.precedence.first,
    )
