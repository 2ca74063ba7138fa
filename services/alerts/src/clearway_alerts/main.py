"""The alerts service: built here, from what the runtime gives."""

from pathlib import Path
from typing import Final

from clearway_alerts.api import alerts, inspection, subscriptions
from clearway_alerts.api.streaming import of_subscription
from clearway_alerts.api.wiring import Wiring
from clearway_alerts.commands.acknowledge import Acknowledge
from clearway_alerts.commands.subscriptions import Subscriptions
from clearway_alerts.consumers import consumer
from clearway_alerts.delivery.addresses import allowed_networks
from clearway_alerts.delivery.measuring import Measuring
from clearway_alerts.delivery.pipeline import Pipeline
from clearway_alerts.delivery.watchlist import Watchlist
from clearway_alerts.delivery.worker import DeliveryWorker
from clearway_alerts.tables import alerts_metadata
from clearway_shared.auth import Permission
from clearway_shared.events.alerts import ALERT_EVENTS
from clearway_shared.service import Parts, Platform, Service
from clearway_shared.stream.hub import Hub
from clearway_shared.stream.route import event_types, stream_router
from clearway_shared.tables import plumbing_metadata
from clearway_shared.web.app import create_app
from clearway_shared.web.deadletters import dead_letter_router

DESCRIPTION: Final = (
    "Subscriptions to places and routes, the alerts that incidents raise for them, and the signed webhooks that carry "
    "them. In doubt it warns; a cancellation reaches everyone who was warned."
)


def build(platform: Platform) -> Parts:
    settings, clock = platform.settings, platform.clock
    allowed = allowed_networks(settings.webhook_allowed_subnets)
    deliveries = DeliveryWorker(
        platform.database, clock, allowed=allowed, timeout_seconds=settings.webhook_timeout_seconds
    )
    pipeline = Pipeline(Watchlist(), platform.outbox, clock, news_hours=settings.news_hours, worker=deliveries)
    app = create_app(title="Clearway alerts", description=DESCRIPTION, platform=platform)
    app.state.wiring = Wiring(
        subscriptions=Subscriptions(clock, allowed, deliveries.wake),
        acknowledge=Acknowledge(platform.outbox, clock),
        news_hours=settings.news_hours,
    )
    hub = Hub(platform.feed, "alerts")
    stream = stream_router(
        platform,
        hub,
        "/v1/alerts/stream",
        Permission.ALERTS_READ,
        event_types(ALERT_EVENTS),
        snapshot="/v1/alerts",
        matching=of_subscription,
    )
    dead_letters = dead_letter_router(platform, "/v1/alerts/dead-letters")
    # These two go before /v1/alerts/{alert_id}, which would take their names for an id.
    for router in (stream, dead_letters, alerts.router, subscriptions.router, inspection.router):
        app.include_router(router)
    workers = {
        "consumer": consumer(platform, pipeline).run,
        "deliveries": deliveries.run,
        "measuring": Measuring(platform.database, clock).run,
        "stream": hub.run,
    }
    return Parts(app, workers=workers, on_shutdown=(hub.close,))


service: Final = Service(
    name="alerts",
    prefixes=("alerts", "subscriptions"),
    metadata=(plumbing_metadata, alerts_metadata),
    migrations=Path(__file__).parent / "migrations",
    build=build,
)
