"""Builds the analytics service on the platform."""

from typing import Final

from clearway_analytics import permissions
from clearway_analytics.api import areas, briefings, checks, clearances, parameters, passes, risk, routes
from clearway_analytics.api.dependencies import Wiring
from clearway_analytics.commands.announce import Announcer
from clearway_analytics.commands.apply_incidents import ApplyIncidents
from clearway_analytics.commands.change_areas import ChangeAreas
from clearway_analytics.commands.change_parameters import ChangeParameters
from clearway_analytics.commands.choose_parameters import ChooseParameters
from clearway_analytics.commands.learn_gain import LearnGain
from clearway_analytics.commands.rebuild_risk import RebuildRisk, ShadowBuilder
from clearway_analytics.commands.record_checks import RecordChecks
from clearway_analytics.commands.register_route import RegisterRoute
from clearway_analytics.commands.sweep import Sweep
from clearway_analytics.consumers.incidents import incident_consumer
from clearway_analytics.ledger.routes import RouteIndex
from clearway_analytics.settings import AnalyticsSettings
from clearway_contracts.areas import AREA_EVENTS
from clearway_contracts.checks import CHECK_EVENTS
from clearway_contracts.routes import ROUTE_EVENTS
from clearway_platform.heavy import HeavyWork
from clearway_platform.service import Parts, Platform
from clearway_platform.web.app import create_app
from clearway_platform.web.dead_letters import DEAD_LETTERS, dead_letter_router
from clearway_platform.web.status import STATUS, status_router
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.route import event_types, stream_router
from clearway_platform.web.stream.views import as_published

DESCRIPTION: Final = (
    "Patrol routes and their risk: the hazards that stand on them, and an estimate from the incidents near them. A "
    "route is never called safe: the words are known_hazard, severe, high, elevated, low and low_data, each with the "
    "figures behind it and the incidents that contribute to it."
)

TAGS: Final = {
    "Routes": "The routes that patrols and convoys take.",
    "Route risk": "The expected incidents on a route, and the known incidents behind them.",
    "Clearances and passes": "What was done for a route: stretches that were searched, or taken.",
    "Contaminated areas": "Polygons that are suspected or confirmed to be hazardous, until they are released.",
    "Departure": "What a patrol leader must know of a route before departure, with a receipt.",
    "Risk parameters": "The parameters of the risk model: propose, compare, activate and discard them.",
}


def build(platform: Platform) -> Parts:
    announcer = Announcer(platform.outbox, platform.clock, platform.settings_of(AnalyticsSettings).risk_change_factor)
    ratings, requests = HeavyWork("ratings"), HeavyWork("routes")
    builder = ShadowBuilder(HeavyWork("rebuild"))
    index = RouteIndex(ratings)
    consumer = incident_consumer(platform, ApplyIncidents(index, announcer, ratings))
    app = create_app(
        title="Clearway routes", description=DESCRIPTION, platform=platform, tags=TAGS | DEAD_LETTERS | STATUS
    )
    register = RegisterRoute(announcer, requests)
    change_parameters, record_checks = ChangeParameters(announcer, builder), RecordChecks(register)
    change_areas, work = ChangeAreas(register, index), HeavyWork("briefings")
    app.state.wiring = Wiring(register, change_parameters, record_checks, change_areas, index, work)
    hub = Hub(platform.feed, "routes", as_published)
    types = event_types((*ROUTE_EVENTS, *CHECK_EVENTS, *AREA_EVENTS))
    stream = stream_router(platform, hub, "/v1/route-events", permissions.READ, types, snapshot="/v1/routes")
    dead_letters = dead_letter_router(platform, "/v1/route-dead-letters")
    # Routes with a fixed word come before those with an id at the same position.
    for router in (
        stream,
        dead_letters,
        status_router(platform, "/v1/route-status", hub),
        routes.router,
        risk.router,
        checks.router,
        clearances.router,
        passes.router,
        areas.router,
        briefings.router,
        parameters.router,
    ):
        app.include_router(router)
    sweep = Sweep(platform.database, announcer)
    rebuild = RebuildRisk(platform.database, platform.clock, builder)
    gain = LearnGain(platform.database, platform.clock)
    workers = {
        "consumer": consumer.run,
        "sweep": sweep.run,
        "rebuild": rebuild.run,
        "gain": gain.run,
        "choice": ChooseParameters(platform.database, change_parameters).run,
        "stream": hub.run,
    }
    return Parts(app, workers=workers, on_shutdown=(hub.close,))
