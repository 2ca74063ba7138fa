"""Everything of the alerts service is constructed here, from what the runtime gives."""

from typing import Final

from clearway_alerts import permissions
from clearway_alerts.api import alerts, inspection, messages, subscriptions
from clearway_alerts.api import deliveries as deliveries_api
from clearway_alerts.api.dependencies import Wiring
from clearway_alerts.api.streaming import of_subscription
from clearway_alerts.channels.webhook.addresses import allowed_networks
from clearway_alerts.commands.acknowledge import Acknowledge
from clearway_alerts.commands.deliveries import Deliveries
from clearway_alerts.commands.subscriptions import Subscriptions
from clearway_alerts.consumers import consumer
from clearway_alerts.outbound.measuring import Measuring
from clearway_alerts.outbound.worker import DeliveryWorker
from clearway_alerts.settings import AlertsSettings
from clearway_alerts.warning.pipeline import Pipeline
from clearway_alerts.warning.watchlist import Watchlist
from clearway_contracts.alerts import ALERT_EVENTS
from clearway_platform.heavy import HeavyWork
from clearway_platform.service import Parts, Platform
from clearway_platform.web.app import create_app
from clearway_platform.web.dead_letters import DEAD_LETTERS, dead_letter_router
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.route import event_types, stream_router

DESCRIPTION: Final = (
    "Subscriptions to places and routes, the alerts that incidents raise for them, and the signed webhooks that carry "
    "them. In doubt it warns; a cancellation reaches everyone who was warned."
)

TAGS: Final = {
    "Subscriptions": "Who is warned of what, and where the warnings go.",
    "Deliveries": "What was sent to a webhook, what is still to be sent, and why an alert did or did not come.",
    "Alerts": "What each subscription was told about an incident.",
    "Webhooks": "The messages that Clearway posts to a subscription's webhook, signed (Standard Webhooks).",
}


def build(platform: Platform) -> Parts:
    settings, clock = platform.settings_of(AlertsSettings), platform.clock
    allowed = allowed_networks(settings.webhook_allowed_subnets)
    deliveries = DeliveryWorker(
        platform.database, clock, allowed=allowed, timeout_seconds=settings.webhook_timeout_seconds
    )
    warnings, requests = HeavyWork("warnings"), HeavyWork("requests")
    pipeline = Pipeline(
        Watchlist(warnings),
        platform.outbox,
        clock,
        news_hours=settings.news_hours,
        worker=deliveries,
        heavy=warnings,
    )
    app = create_app(title="Clearway alerts", description=DESCRIPTION, platform=platform, tags=TAGS | DEAD_LETTERS)
    app.state.wiring = Wiring(
        subscriptions=Subscriptions(clock, allowed, deliveries.wake),
        deliveries=Deliveries(clock, deliveries.wake),
        acknowledge=Acknowledge(platform.outbox, clock),
        news_hours=settings.news_hours,
        heavy=requests,
    )
    hub = Hub(platform.feed, "alerts")
    stream = stream_router(
        platform,
        hub,
        "/v1/alert-events",
        permissions.READ,
        event_types(ALERT_EVENTS),
        snapshot="/v1/alerts",
        matching=of_subscription,
    )
    dead_letters = dead_letter_router(platform, "/v1/alert-dead-letters")
    for router in (
        stream,
        dead_letters,
        alerts.router,
        subscriptions.router,
        deliveries_api.router,
        inspection.router,
    ):
        app.include_router(router)
    messages.install(app)
    workers = {
        "consumer": consumer(platform, pipeline).run,
        "deliveries": deliveries.run,
        "measuring": Measuring(platform.database, clock).run,
        "stream": hub.run,
    }
    return Parts(app, workers=workers, on_shutdown=(hub.close,))
