"""What warnings write, gathered and then written together: one statement for each table, however many incidents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert

from clearway_alerts.domain.alert import Alert, Decision
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.outbound.queue import NewDeliveries, Queue, Waiting
from clearway_alerts.outbound.recipients import Recipient
from clearway_alerts.storage.rows import alert_row
from clearway_alerts.storage.states import stored_incident
from clearway_alerts.storage.tables import ALERT, DECISION, INCIDENT_VIEW
from clearway_contracts.alert import AlertState
from clearway_contracts.envelope import Event
from clearway_platform.database.engines import Transaction, on_either, one_or_many
from clearway_platform.messaging.outbox import Outbox

# So many alerts or decisions are gathered at most. A statement of so many rows takes a few milliseconds of the event
# loop, and a decision is kept for each of many subscriptions also where nothing is said to it.
WRITTEN_AT_ONCE: Final = 100

# Plain inserts: a revision or an alert that another transaction stores at the same moment breaks a unique key.
# This one then rolls back, and finds the revision known when it is tried again.
_REMEMBER: Final = insert(INCIDENT_VIEW)
_STORE: Final = insert(ALERT)


def _recording(insert: Any) -> Any:
    """A hazard that is found standing may be of a revision on which something else was decided before."""
    changes = {name: insert.excluded[name] for name in ("decision", "reason", "decided_at")}
    keys = ["mission", "subscription_id", "incident_id", "revision"]
    return insert.on_conflict_do_update(index_elements=keys, set_=changes)


_DECIDED: Final = on_either(_recording, DECISION)


@dataclass(slots=True)
class Writing:
    """Of one mission, in one transaction. Nothing of it is in the database before `write`."""

    transaction: Transaction
    outbox: Outbox
    queue: Queue
    _views: list[dict[str, Any]] = field(default_factory=list)
    _alerts: list[dict[str, Any]] = field(default_factory=list)
    _deliveries: NewDeliveries = field(default_factory=NewDeliveries)
    _events: list[Event] = field(default_factory=list)
    _decisions: list[dict[str, Any]] = field(default_factory=list)
    # What waits to be sent about the incidents that were asked for. What is enqueued here is not in it.
    _waiting: dict[UUID, Waiting] = field(default_factory=dict)
    _ahead: Sequence[UUID] = ()

    def remember(self, incident: IncidentView, now: datetime) -> None:
        self._views.append(
            {
                "mission": incident.mission,
                "incident_id": incident.incident_id,
                "revision": incident.revision,
                "incident": stored_incident(incident),
                "handled_at": now,
            }
        )

    def store(self, alerts: Iterable[Alert]) -> None:
        self._alerts += map(alert_row, alerts)

    def record(
        self, mission: str, about: UUID, revision: int, decisions: Mapping[UUID, Decision], now: datetime
    ) -> None:
        """Keep every decision about an incident or a source with its reason, so that it can be explained."""
        self._decisions += [
            {
                "mission": mission,
                "subscription_id": subscription_id,
                "incident_id": about,
                "revision": revision,
                "decision": decision.kind,
                "reason": decision.reason,
                "decided_at": now,
            }
            for subscription_id, decision in decisions.items()
        ]

    def publish(self, events: Iterable[Event]) -> None:
        self._events += events

    def look_ahead(self, incidents: Sequence[UUID]) -> None:
        """Alerts about these come next: what waits about one of them is read for all of them."""
        self._ahead = incidents

    async def enqueue(self, alerts: Sequence[AlertState], recipients: Mapping[UUID, Recipient]) -> None:
        """Queue the alerts of one incident's revision, or of one source, for those of their subscriptions that are sent
        messages."""
        addressed = [
            (alert, recipients[alert.subscription_id]) for alert in alerts if alert.subscription_id in recipients
        ]
        if addressed:
            behind = await self._behind([alert for alert, _ in addressed])
            self.queue.add(self._deliveries, addressed, behind)
            self._waiting.pop(alerts[0].about, None)

    async def write_much(self) -> None:
        """Write if it is as much as is written at once."""
        if max(len(self._alerts), len(self._decisions)) >= WRITTEN_AT_ONCE:
            await self.write()

    async def write(self) -> None:
        """Write what was gathered since the last time."""
        connection = self.transaction.connection
        for statement, rows in ((_REMEMBER, self._views), (_STORE, self._alerts)):
            if rows:
                await connection.execute(statement, one_or_many(rows))
        await self.queue.insert(self.transaction, self._deliveries)
        await self.outbox.add(self.transaction, self._events)
        if self._decisions:
            await connection.execute(_DECIDED[connection.dialect.name], one_or_many(self._decisions))
        self._views, self._alerts, self._events, self._decisions = [], [], [], []
        self._deliveries = NewDeliveries()

    async def _behind(self, alerts: Sequence[AlertState]) -> frozenset[UUID]:
        """The subscriptions that have not yet got what was said before about the incident or the source."""
        if all(alert.sequence == 1 for alert in alerts):
            return frozenset()
        about = alerts[0].about
        if about in self._deliveries.about:
            await self.write()
        if about not in self._waiting:
            asked = self._ahead if about in self._ahead else (about,)
            found = await self.queue.waiting(self.transaction, alerts[0].mission, asked)
            self._waiting |= {one: found.get(one, ()) for one in asked if one not in self._deliveries.about}
        return await self.queue.behind(self.transaction, alerts, self._waiting[about])
