"""Everything of the alerts service is constructed here, from what the runtime gives."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from clearway_alerts import permissions
from clearway_alerts.alert_shape import shown_event
from clearway_alerts.api import alerts, failing_endpoints, inspection, messages, previews, sources, subscriptions
from clearway_alerts.api import deliveries as deliveries_api
from clearway_alerts.api.channels import describe_channels
from clearway_alerts.api.dependencies import Wiring
from clearway_alerts.api.streaming import of_subscription
from clearway_alerts.channels.base import Channel
from clearway_alerts.channels.registry import Channels
from clearway_alerts.channels.stream.channel import StreamChannel
from clearway_alerts.channels.webhook.addresses import allowed_networks
from clearway_alerts.channels.webhook.channel import WebhookChannel
from clearway_alerts.channels.webhook.egress import proxy_of
from clearway_alerts.commands.acknowledge import Acknowledge
from clearway_alerts.commands.deliveries import Deliveries
from clearway_alerts.commands.sealing import Sealing
from clearway_alerts.commands.sources import Sources
from clearway_alerts.commands.subscription_quota import SubscriptionQuota
from clearway_alerts.commands.subscriptions import Subscriptions
from clearway_alerts.consumers import consumer
from clearway_alerts.domain.errors import NoSuchSubscription
from clearway_alerts.domain.renewal import Validity
from clearway_alerts.outbound.challenges import Challenges
from clearway_alerts.outbound.hosts import Hosts
from clearway_alerts.outbound.measuring import Measuring
from clearway_alerts.outbound.owners import Owners
from clearway_alerts.outbound.queue import Queue
from clearway_alerts.outbound.worker import DeliveryWorker
from clearway_alerts.policy.facts import Stage
from clearway_alerts.policy.stages import Policy, stages
from clearway_alerts.queries.preview import Previews
from clearway_alerts.sealing.places import keyring_of
from clearway_alerts.settings import AlertsSettings
from clearway_alerts.warning.hearing import Hearing
from clearway_alerts.warning.issuing import Issuing
from clearway_alerts.warning.pipeline import Pipeline
from clearway_alerts.warning.renewals import Renewals
from clearway_alerts.warning.silences import Silences
from clearway_alerts.warning.standing_hazards import StandingHazards
from clearway_alerts.warning.watchlist import Watchlist
from clearway_contracts.alerts import ALERT_EVENTS
from clearway_platform.clock import Clock
from clearway_platform.heavy import HeavyWork
from clearway_platform.service import Parts, Platform
from clearway_platform.web.app import create_app
from clearway_platform.web.dead_letters import DEAD_LETTERS, dead_letter_router
from clearway_platform.web.status import STATUS, status_router
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.route import event_types, stream_router

DESCRIPTION: Final = (
    "Subscriptions to places and routes, the alerts that incidents raise for them, and the signed webhooks that carry "
    "them. In doubt it warns; a cancellation reaches everyone who was warned."
)

TAGS: Final = {
    "Subscriptions": "Who is warned of what, and where the warnings go.",
    "Deliveries": "What was sent to a webhook, what is still to be sent, and why an alert did or did not come.",
    "Alerts": "What each subscription was told about an incident, or about a source that is silent.",
    "Watched sources": "Who must be heard from, and how long it may be quiet: silence is not safety.",
    "Webhooks": "The messages that Clearway posts to a subscription's webhook, signed (Standard Webhooks).",
}


def shipped_channels(settings: AlertsSettings, clock: Clock) -> tuple[Channel, ...]:
    """Every channel there is. A new one is an entry here."""
    allowed = allowed_networks(settings.webhook_allowed_subnets)
    timeout = timedelta(seconds=settings.webhook_timeout_seconds)
    servers = settings.webhook_name_servers
    proxy = None if settings.webhook_proxy is None else proxy_of(settings.webhook_proxy.get_secret_value())
    webhook = WebhookChannel(clock, allowed=allowed, timeout=timeout, name_servers=servers, proxy=proxy)
    return (webhook, StreamChannel())


def validity_of(settings: AlertsSettings) -> Validity:
    return Validity(timedelta(hours=settings.renewal_hours), timedelta(hours=settings.route_renewal_hours))


def build(platform: Platform) -> Parts:
    settings = platform.settings_of(AlertsSettings)
    return build_with(platform, shipped_channels(settings, platform.clock), stages())


def build_with(platform: Platform, every_channel: Iterable[Channel], every_stage: Sequence[Stage]) -> Parts:
    """The service with these channels and this policy."""
    settings, clock = platform.settings_of(AlertsSettings), platform.clock
    keys = keyring_of(settings, platform.settings)
    channels, policy = Channels(every_channel, keys), Policy(every_stage)
    hosts, endings = Hosts(settings.host_attempts_per_minute, clock), platform.keys.endings
    worker = DeliveryWorker(platform.database, clock, channels, policy, hosts, endings)
    queue = Queue(policy, channels, worker, clock)
    warnings, requests, looking = HeavyWork("warnings"), HeavyWork("requests"), HeavyWork("looking")
    watchlist, issuing, validity = Watchlist(channels, warnings), Issuing(platform.outbox, queue), validity_of(settings)
    pipeline = Pipeline(watchlist, issuing, clock, news_hours=settings.news_hours, validity=validity, heavy=warnings)
    database = platform.database
    standing = StandingHazards(database, issuing, channels, clock, validity=validity, heavy=looking)
    challenges = Challenges(database, clock, channels)

    def look() -> None:
        standing.wake()
        challenges.wake()

    renewals = Renewals(database, watchlist, issuing, clock, validity=validity, heavy=warnings)
    silences = Silences(database, watchlist, issuing, clock)
    hearing = Hearing(database, silences.wake)
    app = create_app(
        title="Clearway alerts", description=DESCRIPTION, platform=platform, tags=TAGS | DEAD_LETTERS | STATUS
    )
    trying_out = HeavyWork("previews")
    app.state.wiring = Wiring(
        subscriptions=Subscriptions(clock, channels, queue, SubscriptionQuota.from_settings(settings), look, endings),
        deliveries=Deliveries(queue),
        acknowledge=Acknowledge(platform.outbox, clock),
        sources=Sources(clock, silences.wake),
        previews=Previews(database, clock, validity=validity, news_hours=settings.news_hours, heavy=trying_out),
        news_hours=settings.news_hours,
        heavy=requests,
        channels=channels,
    )
    hub = Hub(platform.feed, "alerts", shown_event)
    stream = stream_router(
        platform,
        hub,
        "/v1/alert-events",
        permissions.READ,
        event_types(ALERT_EVENTS),
        snapshot="/v1/alerts",
        matching=of_subscription,
        refusals=(NoSuchSubscription,),
    )
    dead_letters = dead_letter_router(platform, "/v1/alert-dead-letters")
    for router in (
        stream,
        dead_letters,
        status_router(platform, "/v1/alert-status", hub),
        failing_endpoints.router,
        alerts.router,
        subscriptions.router,
        previews.router,
        deliveries_api.router,
        inspection.router,
        sources.router,
    ):
        app.include_router(router)
    messages.install(app)
    describe_channels(app, channels)
    workers = {
        "consumer": consumer(platform, pipeline, standing.wake, hearing).run,
        "deliveries": worker.run,
        "challenges": challenges.run,
        "owners": Owners(database, clock, policy, endings).run,
        "standing": standing.run,
        "renewals": renewals.run,
        "hearing": hearing.run,
        "silences": silences.run,
        "measuring": Measuring(platform.database, clock).run,
        "stream": hub.run,
        "sealing": Sealing(database, keys).run,
    }
    return Parts(app, workers=workers, on_shutdown=(hub.close,))
