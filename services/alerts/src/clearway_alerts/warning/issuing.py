"""Alert objects from decisions: stored, queued for delivery, published and recorded, in the deciding transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert

from clearway_alerts.domain.alert import Alert, Decision
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.severity import certainty, expires_at, headline, severity, urgency
from clearway_alerts.outbound.queue import Queue
from clearway_alerts.outbound.recipients import Recipient
from clearway_alerts.outgoing import SOURCE, change_of, digest_event, state_of
from clearway_alerts.storage.rows import alert_row
from clearway_alerts.storage.tables import ALERT, DECISION
from clearway_alerts.warning.alert_history import AlertHistory
from clearway_contracts.alert import AlertState, DigestState
from clearway_contracts.vocabulary import AlertKind
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Transaction, on_either, one_or_many
from clearway_platform.messaging.outbox import Outbox

# A plain insert: an alert that another transaction stores at the same moment breaks a unique key, and this one is tried
# again.
_STORE: Final = insert(ALERT)


def _recording(insert: Any) -> Any:
    """A hazard that is found standing may be of a revision on which something else was decided before."""
    changes = {name: insert.excluded[name] for name in ("decision", "reason", "decided_at")}
    keys = ["mission", "subscription_id", "incident_id", "revision"]
    return insert.on_conflict_do_update(index_elements=keys, set_=changes)


_DECIDED: Final = on_either(_recording, DECISION)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision on one subscription, and what its alert needs: whether the filter holds, what the subscription was
    told before, and for how long an alert of a danger stands."""

    subscription_id: UUID
    decision: Decision
    matches: bool
    history: AlertHistory | None
    danger_stands: timedelta
    digest_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Issuing:
    """What is the same for every alert, whatever its cause."""

    outbox: Outbox
    queue: Queue

    async def issue(
        self,
        transaction: Transaction,
        incident: IncidentView,
        decided: Sequence[Decided],
        recipients: Mapping[UUID, Recipient],
        now: datetime,
        causation: UUID | None = None,
    ) -> int:
        """store → enqueue → publish. Returns how many alerts there are."""
        alerts = await store(transaction, incident, decided, now)
        await self.tell(transaction, alerts, recipients, causation)
        return len(alerts)

    async def tell(
        self,
        transaction: Transaction,
        alerts: Sequence[AlertState],
        recipients: Mapping[UUID, Recipient],
        causation: UUID | None = None,
    ) -> None:
        """enqueue → publish: alerts that are stored, all of one incident's revision or of one source."""
        await self.queue.enqueue(transaction, alerts, recipients)
        events = [
            self.outbox.event(
                change_of(alert),
                subject=str(alert.about),
                source=SOURCE,
                occurred=alert.issued_at,
                causation=causation,
            )
            for alert in alerts
        ]
        await self.outbox.add(transaction, events)

    async def issue_digest(self, transaction: Transaction, digest: DigestState, recipient: Recipient | None) -> None:
        """One message and one event for alerts that are stored already."""
        if recipient is not None:
            await self.queue.enqueue_digest(transaction, digest, recipient)
        data, subject = digest_event(digest), str(digest.subscription_id)
        event = self.outbox.event(data, subject=subject, source=SOURCE, occurred=digest.issued_at)
        await self.outbox.add(transaction, [event])


async def store(
    transaction: Transaction, incident: IncidentView, decided: Sequence[Decided], now: datetime
) -> list[AlertState]:
    """The alerts that were decided on. The unique key holds one for each (incident, revision, subscription), and one
    for each of its renewals."""
    alerts = [_alert(incident, one, one.decision.alert_kind, now) for one in decided if one.decision.alert_kind]
    await store_rows(transaction, alerts)
    return [state_of(alert, incident) for alert in alerts]


async def store_rows(transaction: Transaction, alerts: Sequence[Alert]) -> None:
    if alerts:
        await transaction.connection.execute(_STORE, one_or_many([alert_row(alert) for alert in alerts]))


async def record(
    transaction: Transaction, incident: IncidentView, decisions: Mapping[UUID, Decision], now: datetime
) -> None:
    """Keep every decision with its reason, so that it can be explained."""
    await record_about(transaction, incident.mission, incident.incident_id, incident.revision, decisions, now)


async def record_about(
    transaction: Transaction,
    mission: str,
    about: UUID,
    revision: int,
    decisions: Mapping[UUID, Decision],
    now: datetime,
) -> None:
    """The same about an incident or a source, by its id."""
    if not decisions:
        return
    rows = [
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
    await transaction.connection.execute(_DECIDED[transaction.connection.dialect.name], one_or_many(rows))


def _alert(incident: IncidentView, decided: Decided, kind: AlertKind, now: datetime) -> Alert:
    history = decided.history
    alert = Alert(
        id=new_id(),
        mission=incident.mission,
        subscription_id=decided.subscription_id,
        incident_id=incident.incident_id,
        revision=incident.revision,
        sequence=history.told.sequence + 1 if history else 1,
        kind=kind,
        reason=decided.decision.reason,
        matched=decided.matches,
        severity=severity(incident),
        urgency=urgency(incident, now),
        certainty=certainty(incident),
        headline=headline(incident),
        issued_at=now,
        expires_at=expires_at(incident, now, decided.danger_stands),
        references=history.unexpired if history else (),
        digest_id=decided.digest_id,
    )
    if kind is not AlertKind.RENEWED or history is None:
        return alert
    return replace(alert, renewal=history.next_renewal(incident.revision))
