"""Alert objects from decisions: stored, queued for delivery, published and recorded, in the deciding transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from clearway_alerts.domain.alert import Alert, Decision
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.severity import certainty, expires_at, headline, severity, urgency
from clearway_alerts.outbound.queue import Queue
from clearway_alerts.outbound.recipients import Recipient
from clearway_alerts.outgoing import SOURCE, change_of, digest_event, state_of
from clearway_alerts.warning.alert_history import AlertHistory
from clearway_alerts.warning.writing import Writing
from clearway_contracts.alert import AlertState, DigestState
from clearway_contracts.vocabulary import AlertKind
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Transaction
from clearway_platform.messaging.outbox import Outbox


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

    def writing(self, transaction: Transaction) -> Writing:
        """What is written together in the transaction."""
        return Writing(transaction, self.outbox, self.queue)

    async def issue(
        self,
        writing: Writing,
        incident: IncidentView,
        decided: Sequence[Decided],
        recipients: Mapping[UUID, Recipient],
        now: datetime,
        causation: UUID | None = None,
    ) -> list[Alert]:
        """store → enqueue → publish, as a part of what is written together."""
        alerts = store(writing, incident, decided, now)
        await self.tell(writing, [state_of(alert, incident) for alert in alerts], recipients, causation)
        return alerts

    async def tell(
        self,
        writing: Writing,
        alerts: Sequence[AlertState],
        recipients: Mapping[UUID, Recipient],
        causation: UUID | None = None,
    ) -> None:
        """enqueue → publish: alerts that are stored, all of one incident's revision or of one source."""
        await writing.enqueue(alerts, recipients)
        writing.publish(
            self.outbox.event(
                change_of(alert),
                subject=str(alert.about),
                source=SOURCE,
                occurred=alert.issued_at,
                causation=causation,
            )
            for alert in alerts
        )

    async def issue_digest(self, transaction: Transaction, digest: DigestState, recipient: Recipient | None) -> None:
        """One message and one event for alerts that are stored already."""
        if recipient is not None:
            await self.queue.enqueue_digest(transaction, digest, recipient)
        data, subject = digest_event(digest), str(digest.subscription_id)
        event = self.outbox.event(data, subject=subject, source=SOURCE, occurred=digest.issued_at)
        await self.outbox.add(transaction, [event])


def store(writing: Writing, incident: IncidentView, decided: Sequence[Decided], now: datetime) -> list[Alert]:
    """The alerts that were decided on. The unique key holds one for each (incident, revision, subscription), and one
    for each of its renewals."""
    alerts = [_alert(incident, one, one.decision.alert_kind, now) for one in decided if one.decision.alert_kind]
    writing.store(alerts)
    return alerts


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
