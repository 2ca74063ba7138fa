"""How one revision of an incident becomes alerts: the whole way, in one transaction, in one readable function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert

from clearway_alerts.domain.alert import Alert, Decision, decide
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.matching import Index
from clearway_alerts.domain.news import why_no_first_alert
from clearway_alerts.domain.severity import certainty, expires_at, headline, severity, urgency
from clearway_alerts.outbound.queue import Queue
from clearway_alerts.outgoing import SOURCE, change_of, state_of
from clearway_alerts.storage.rows import alert_row
from clearway_alerts.storage.states import stored_incident
from clearway_alerts.storage.tables import ALERT, DECISION, INCIDENT_VIEW
from clearway_alerts.storage.unreadable import RowKind, UnreadableRows
from clearway_alerts.warning.alert_history import AlertHistory, alert_histories, known_of
from clearway_alerts.warning.watchlist import Watched, Watchlist
from clearway_contracts.alert import AlertState
from clearway_platform.clock import Clock, new_id
from clearway_platform.database.engines import Transaction, one_or_many
from clearway_platform.heavy import HeavyWork
from clearway_platform.messaging.outbox import Outbox

# Plain inserts: a revision, or an alert, that another transaction stores at the same moment breaks a unique key.
# This one then rolls back, and finds the revision known when it is tried again.
_REMEMBER: Final = insert(INCIDENT_VIEW)
_STORE: Final = insert(ALERT)
_DECIDED: Final = insert(DECISION)
# So many positions are measured in a few milliseconds; more of them elsewhere than on the event loop.
_POSITIONS_ON_THE_LOOP: Final = 1_000


@dataclass(frozen=True, slots=True)
class Concerned:
    """A subscription that the incident concerns, because its filter holds or because it was warned before. `in_doubt`:
    its filter cannot be read, and is taken to hold."""

    subscription_id: UUID
    matches: bool
    in_doubt: bool
    history: AlertHistory | None


class Pipeline:
    """`heavy` is for warnings alone: nothing that a request asks for goes before them."""

    def __init__(
        self,
        watchlist: Watchlist,
        outbox: Outbox,
        queue: Queue,
        clock: Clock,
        *,
        news_hours: int,
        heavy: HeavyWork,
    ) -> None:
        self._watchlist = watchlist
        self._outbox = outbox
        self._clock = clock
        self._news_hours = news_hours
        self._queue = queue
        self._heavy = heavy
        self._unreadable = UnreadableRows()

    async def warn(self, transaction: Transaction, incident: IncidentView, causation: UUID) -> int:
        """match → decide → store → enqueue → publish → record. What is not newer than the last one is ignored.

        Returns how many alerts were raised.
        """
        now = self._clock.now()
        known = await known_of(transaction, incident)
        if known.newest is not None and known.newest >= incident.revision:
            return 0
        await _remember(transaction, incident, now)
        watched = await self._watchlist.of(transaction.connection, incident.mission, known.version)
        # Nothing was said yet of an incident that is new here.
        history = {} if known.newest is None else await alert_histories(transaction, incident, now, self._unreadable)
        concerned = await self._match(incident, watched, history, now)
        decisions = {one.subscription_id: self._decide(incident, one, now) for one in concerned}
        alerts = await _store(transaction, incident, concerned, decisions, now)
        await self._queue.enqueue(transaction, alerts, watched.recipients)
        await self._publish(transaction, alerts, causation)
        await _record(transaction, incident, decisions, now)
        return len(alerts)

    async def _match(
        self, incident: IncidentView, watched: Watched, history: Mapping[UUID, AlertHistory], now: datetime
    ) -> list[Concerned]:
        """Re-evaluate every subscription that already received an alert; the others only when the incident may raise a
        first one."""
        warns = why_no_first_alert(incident, now, self._news_hours) is None
        matching = set(await self._matching(incident, watched.index)) if warns or history else set()
        concerned = (matching if warns else set()) | (history.keys() & watched.watches.keys())
        for subscription in concerned & watched.in_doubt.keys():
            self._unreadable.note(RowKind.FILTER, subscription, watched.in_doubt[subscription])
        return [
            Concerned(found, found in matching, found in watched.in_doubt, history.get(found))
            for found in sorted(concerned)
        ]

    async def _matching(self, incident: IncidentView, index: Index) -> list[UUID]:
        near = index.near(incident)
        if index.positions(near) <= _POSITIONS_ON_THE_LOOP:
            return index.matching(incident, near)
        return await self._heavy.run(index.matching, incident, near)

    def _decide(self, incident: IncidentView, subscription: Concerned, now: datetime) -> Decision:
        told = subscription.history.told if subscription.history else None
        matches, in_doubt = subscription.matches, subscription.in_doubt
        return decide(incident, told, matches=matches, in_doubt=in_doubt, now=now, news_hours=self._news_hours)

    async def _publish(self, transaction: Transaction, alerts: Sequence[AlertState], causation: UUID) -> None:
        events = [
            self._outbox.event(
                change_of(alert),
                subject=str(alert.incident_id),
                source=SOURCE,
                occurred=alert.issued_at,
                causation=causation,
            )
            for alert in alerts
        ]
        await self._outbox.add(transaction, events)


async def _remember(transaction: Transaction, incident: IncidentView, now: datetime) -> None:
    row = {
        "mission": incident.mission,
        "incident_id": incident.incident_id,
        "revision": incident.revision,
        "incident": stored_incident(incident),
        "handled_at": now,
    }
    await transaction.connection.execute(_REMEMBER, row)


async def _store(
    transaction: Transaction,
    incident: IncidentView,
    concerned: Sequence[Concerned],
    decisions: Mapping[UUID, Decision],
    now: datetime,
) -> list[AlertState]:
    """The alerts that were decided on. The unique key holds one for each (incident, revision, subscription)."""
    found = [_alert(incident, one, decisions[one.subscription_id], now) for one in concerned]
    alerts = [alert for alert in found if alert is not None]
    if alerts:
        await transaction.connection.execute(_STORE, one_or_many([alert_row(alert) for alert in alerts]))
    return [state_of(alert, incident) for alert in alerts]


def _alert(incident: IncidentView, subscription: Concerned, decision: Decision, now: datetime) -> Alert | None:
    """The alert object that a decision asks for, if it asks for one."""
    if decision.alert_kind is None:
        return None
    return Alert(
        id=new_id(),
        mission=incident.mission,
        subscription_id=subscription.subscription_id,
        incident_id=incident.incident_id,
        revision=incident.revision,
        sequence=subscription.history.told.sequence + 1 if subscription.history else 1,
        kind=decision.alert_kind,
        reason=decision.reason,
        matched=subscription.matches,
        severity=severity(incident),
        urgency=urgency(incident, now),
        certainty=certainty(incident),
        headline=headline(incident),
        issued_at=now,
        expires_at=expires_at(incident, now),
        references=subscription.history.unexpired if subscription.history else (),
    )


async def _record(
    transaction: Transaction, incident: IncidentView, decisions: Mapping[UUID, Decision], now: datetime
) -> None:
    """Keep every decision with its reason, so that it can be explained."""
    if not decisions:
        return
    rows = [
        {
            "mission": incident.mission,
            "subscription_id": subscription_id,
            "incident_id": incident.incident_id,
            "revision": incident.revision,
            "decision": decision.kind,
            "reason": decision.reason,
            "decided_at": now,
        }
        for subscription_id, decision in decisions.items()
    ]
    await transaction.connection.execute(_DECIDED, one_or_many(rows))
