"""What waits to be delivered, and for how long, as the metrics show it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from prometheus_client import Gauge, Histogram
from sqlalchemy import func, select

from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outbound.order import IS_BEHIND
from clearway_alerts.storage.tables import DELIVERY, SUBSCRIPTION, WATCHED_SOURCE, is_pending
from clearway_contracts.vocabulary import SourceKind
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.messaging.retry import retry_until_done

_MEASURE_SECONDS: Final = 10.0
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)

PENDING = Gauge(
    "clearway_alert_deliveries_pending", "Deliveries that are not made yet, by their subscription's state", ["state"]
)
OLDEST = Gauge(
    "clearway_alert_deliveries_oldest_age_seconds",
    "Age of the oldest delivery that is not made yet, by its subscription's state",
    ["state"],
)
OVERDUE = Gauge(
    "clearway_alert_deliveries_overdue_seconds",
    "How long ago the delivery was due that an active subscription has waited for longest",
)
SILENT = Gauge("clearway_silent_sources", "Watched sources that are silent, by their kind", ["kind"])
QUIET = Gauge(
    "clearway_source_quiet_seconds",
    "How long the watched source that is quiet for longest is quiet, by its kind",
    ["kind"],
)
SUSPENDED = Gauge(
    "clearway_alert_suspended_subscriptions", "Subscriptions that send nothing because their key was revoked or expired"
)
ALERT_LATENCY = Histogram(
    "clearway_alert_latency_seconds",
    "From the record of a report or a change to the commit of the alerts that it raises",
    buckets=SECONDS,
)
DELIVERY_LATENCY = Histogram(
    "clearway_alert_delivery_latency_seconds",
    "From an alert's issue to the answer of the webhook that took it",
    buckets=SECONDS,
)

_WAITING: Final = (
    select(SUBSCRIPTION.c.state, func.count(), func.min(DELIVERY.c.created_at))
    .join_from(DELIVERY, SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
    .where(is_pending(), SUBSCRIPTION.c.deleted_at.is_(None))
    .group_by(SUBSCRIPTION.c.state)
)
# What waits for an earlier delivery, which is tried again later, is not late by itself.
_DUE: Final = (
    select(func.min(DELIVERY.c.due_at))
    .join_from(DELIVERY, SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
    .where(is_pending(), SUBSCRIPTION.c.state == SubscriptionState.ACTIVE, ~IS_BEHIND)
    .where(DELIVERY.c.held.is_(None))
)
_SUSPENDED: Final = (
    select(func.count())
    .select_from(SUBSCRIPTION)
    .where(SUBSCRIPTION.c.suspended_at.is_not(None), SUBSCRIPTION.c.deleted_at.is_(None))
    .where(SUBSCRIPTION.c.state == SubscriptionState.DISABLED)
)
_QUIET: Final = (
    select(
        WATCHED_SOURCE.c.kind,
        func.sum(WATCHED_SOURCE.c.turn % 2),
        func.min(func.coalesce(WATCHED_SOURCE.c.last_heard_at, WATCHED_SOURCE.c.watched_since)),
    )
    .where(WATCHED_SOURCE.c.deleted_at.is_(None))
    .group_by(WATCHED_SOURCE.c.kind)
)


class Measuring:
    """Keeps the gauges of deliveries and of watched sources true."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._rows = database.of_every_mission("the figures are of all missions together")
        self._clock = clock

    async def run(self) -> None:
        """A worker: measure from time to time, until cancelled."""
        while True:
            await retry_until_done(self.measure)
            await asyncio.sleep(_MEASURE_SECONDS)

    async def measure(self) -> None:
        waiting = {state: figures for state, *figures in map(tuple, await self._rows.measure(_WAITING))}
        for state in SubscriptionState:
            count, oldest = waiting.get(state, (0, None))
            PENDING.labels(state).set(count)
            OLDEST.labels(state).set(self._since(oldest))
        [(due,)] = map(tuple, await self._rows.measure(_DUE))
        OVERDUE.set(self._since(due))
        [(suspended,)] = map(tuple, await self._rows.measure(_SUSPENDED))
        SUSPENDED.set(suspended)
        quiet = {kind: figures for kind, *figures in map(tuple, await self._rows.measure(_QUIET))}
        for kind in SourceKind:
            silent, oldest = quiet.get(kind, (0, None))
            SILENT.labels(kind).set(silent)
            QUIET.labels(kind).set(self._since(oldest))

    def _since(self, moment: datetime | None) -> float:
        return 0.0 if moment is None else max((self._clock.now() - moment).total_seconds(), 0.0)
