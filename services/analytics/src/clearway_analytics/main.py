"""The analytics service: built here, from what the runtime gives."""

from pathlib import Path
from typing import Final

from clearway_analytics.api import risk, routes
from clearway_analytics.commands.announce import Announcer
from clearway_analytics.commands.apply_incident import ApplyIncident
from clearway_analytics.commands.register_route import RegisterRoute
from clearway_analytics.commands.sweep import Sweep
from clearway_analytics.consumers import incident_consumer
from clearway_analytics.ledger.routes import RouteIndex
from clearway_analytics.tables import analytics_metadata
from clearway_contracts.routes import ROUTE_EVENTS
from clearway_platform.auth.principals import Permission
from clearway_platform.database.tables import plumbing_metadata
from clearway_platform.heavy import HeavyWork
from clearway_platform.service import Parts, Platform, Service
from clearway_platform.web.app import create_app
from clearway_platform.web.dead_letters import DEAD_LETTERS, dead_letter_router
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.route import event_types, stream_router

DESCRIPTION: Final = (
    "Patrol routes and how risky they are, from the incidents near them. A route is never called safe: the words are "
    "low, elevated, high, severe and low_data, each with the figures behind it and the incidents that make it."
)

TAGS: Final = {
    "Routes": "The routes that patrols and convoys take.",
    "Route risk": "How many incidents are to be expected on a route, and which known ones say so.",
}


def build(platform: Platform) -> Parts:
    announcer = Announcer(platform.outbox, platform.clock, platform.settings.risk_change_factor)
    ratings, requests = HeavyWork("ratings"), HeavyWork("routes")
    consumer = incident_consumer(platform, ApplyIncident(RouteIndex(ratings), announcer, ratings))
    app = create_app(title="Clearway routes", description=DESCRIPTION, platform=platform, tags=TAGS | DEAD_LETTERS)
    app.state.register_route = RegisterRoute(announcer, requests)
    hub = Hub(platform.feed, "routes")
    types = event_types(ROUTE_EVENTS)
    stream = stream_router(platform, hub, "/v1/routes/stream", Permission.ROUTES_READ, types, snapshot="/v1/routes")
    app.include_router(stream)
    app.include_router(dead_letter_router(platform, "/v1/routes/dead-letters"))
    app.include_router(routes.router)
    app.include_router(risk.router)
    sweep = Sweep(platform.database, announcer)
    workers = {"consumer": consumer.run, "sweep": sweep.run, "stream": hub.run}
    return Parts(app, workers=workers, on_shutdown=(hub.close,))


service: Final = Service(
    name="analytics",
    prefixes=("routes",),
    metadata=(plumbing_metadata, analytics_metadata),
    migrations=Path(__file__).parent / "migrations",
    build=build,
)
