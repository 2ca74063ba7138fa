"""How one revision of an incident becomes alerts: the whole way, in one transaction, in one readable function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update

from clearway_alerts.delivery.watchlist import Watched, Watchlist
from clearway_alerts.domain.alert import Alert, Decision, Told, decide
from clearway_alerts.domain.incident import Incident
from clearway_alerts.domain.news import why_no_first_alert
from clearway_alerts.domain.severity import certainty, expires_at, headline, severity, urgency
from clearway_alerts.outgoing import SOURCE, change_of
from clearway_alerts.rows import alert_row, read_incident, stored_incident
from clearway_alerts.tables import ALERT, DECISION, DELIVERY, INCIDENT_VIEW
from clearway_shared.clock import Clock, new_id
from clearway_shared.database import Transaction, insert
from clearway_shared.events.alerts import AlertKind
from clearway_shared.outbox import Outbox


@dataclass(frozen=True, slots=True)
class History:
    """What one subscription was told of an incident: the last alert, and those that a new one replaces."""

    told: Told
    standing: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Concerned:
    """A subscription that the incident concerns, because its filter holds or because it was warned before."""

    subscription_id: UUID
    matches: bool
    history: History | None


class Pipeline:
    """`wake` is called when deliveries of this process have become due by a commit."""

    def __init__(
        self, watchlist: Watchlist, outbox: Outbox, clock: Clock, *, news_hours: int, wake: Callable[[], None]
    ) -> None:
        self._watchlist = watchlist
        self._outbox = outbox
        self._clock = clock
        self._news_hours = news_hours
        self._wake = wake

    async def warn(self, tx: Transaction, incident: Incident, causation: UUID) -> None:
        """match → dedupe → issue → deliver → record. A revision that is not newer than the last one is ignored."""
        now = self._clock.now()
        if not await _remember(tx, incident, now):
            return
        watched = await self._watchlist.of(tx.connection, incident.mission)
        concerned = await self._match(tx, incident, watched, now)
        decisions = {each.subscription_id: self._decide(incident, each, now) for each in concerned}
        alerts = await _dedupe(tx, [_alert(incident, each, decisions[each.subscription_id], now) for each in concerned])
        await self._issue(tx, alerts, incident, causation)
        await self._deliver(tx, [alert for alert in alerts if alert.subscription_id in watched.webhooks], now)
        await _record(tx, incident, decisions, now)

    async def _match(self, tx: Transaction, incident: Incident, watched: Watched, now: datetime) -> list[Concerned]:
        """Whoever was warned is asked about again; whoever was not, only when the incident may warn anyone."""
        histories = await _histories(tx, incident, now)
        warns = why_no_first_alert(incident, now, self._news_hours) is None
        matching = set(watched.index.matching(incident)) if warns or histories else set()
        concerned = (matching if warns else set()) | (histories.keys() & watched.watches.keys())
        return [Concerned(each, each in matching, histories.get(each)) for each in sorted(concerned)]

    def _decide(self, incident: Incident, each: Concerned, now: datetime) -> Decision:
        told = each.history.told if each.history else None
        return decide(incident, told, matches=each.matches, now=now, news_hours=self._news_hours)

    async def _issue(self, tx: Transaction, alerts: Sequence[Alert], incident: Incident, causation: UUID) -> None:
        subject = str(incident.incident_id)
        events = [
            self._outbox.event(
                change_of(alert, incident),
                subject=subject,
                source=SOURCE,
                occurred=alert.issued_at,
                causation=causation,
            )
            for alert in alerts
        ]
        await self._outbox.add(tx, events)

    async def _deliver(self, tx: Transaction, alerts: Sequence[Alert], now: datetime) -> None:
        """Due at once; and what still waits about the same incident is due at once too, to keep the order short."""
        if not alerts:
            return
        first = alerts[0]
        waiting = (DELIVERY.c.incident_id == first.incident_id) & (DELIVERY.c.mission == first.mission)
        await tx.connection.execute(
            update(DELIVERY)
            .where(waiting, DELIVERY.c.state == "pending", DELIVERY.c.lease_until.is_(None), DELIVERY.c.due_at > now)
            .values(due_at=now)
        )
        await tx.connection.execute(insert(tx.connection, DELIVERY), [delivery_row(alert, now) for alert in alerts])
        tx.after_commit(self._wake)


def delivery_row(alert: Alert, now: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "mission": alert.mission,
        "subscription_id": alert.subscription_id,
        "alert_id": alert.id,
        "incident_id": alert.incident_id,
        "sequence": alert.sequence,
        "state": "pending",
        "due_at": now,
        "attempts": 0,
        "lease_epoch": 0,
        "created_at": now,
    }


async def _remember(tx: Transaction, incident: Incident, now: datetime) -> bool:
    """Store the revision; False when it, or a newer one, is known already."""
    same = (INCIDENT_VIEW.c.mission == incident.mission) & (INCIDENT_VIEW.c.incident_id == incident.incident_id)
    newest = (await tx.connection.execute(select(func.max(INCIDENT_VIEW.c.revision)).where(same))).scalar()
    if newest is not None and newest >= incident.revision:
        return False
    row = {
        "mission": incident.mission,
        "incident_id": incident.incident_id,
        "revision": incident.revision,
        "incident": stored_incident(incident),
        "handled_at": now,
    }
    await tx.connection.execute(insert(tx.connection, INCIDENT_VIEW).values(row))
    return True


async def _histories(tx: Transaction, incident: Incident, now: datetime) -> dict[UUID, History]:
    """Every subscription that has an alert about the incident."""
    columns = (ALERT.c.id, ALERT.c.subscription_id, ALERT.c.sequence, ALERT.c.kind, ALERT.c.matched)
    view = (
        (INCIDENT_VIEW.c.mission == ALERT.c.mission)
        & (INCIDENT_VIEW.c.incident_id == ALERT.c.incident_id)
        & (INCIDENT_VIEW.c.revision == ALERT.c.revision)
    )
    of_incident = (ALERT.c.mission == incident.mission) & (ALERT.c.incident_id == incident.incident_id)
    query = select(*columns, ALERT.c.revision, ALERT.c.expires_at, INCIDENT_VIEW.c.incident)
    rows = await tx.connection.execute(
        query.join_from(ALERT, INCIDENT_VIEW, view).where(of_incident).order_by(ALERT.c.sequence)
    )
    revisions: dict[int, Incident] = {}
    histories: dict[UUID, History] = {}
    for row in rows:
        before = revisions.get(row.revision) or revisions.setdefault(row.revision, read_incident(row.incident))
        kind = AlertKind(row.kind)
        told = Told(row.id, row.sequence, kind, row.matched, before)
        earlier = histories[row.subscription_id].standing if row.subscription_id in histories else ()
        stands = (*earlier, row.id) if row.expires_at > now else earlier
        histories[row.subscription_id] = History(told, () if kind is AlertKind.CANCELLED else stands)
    return histories


def _alert(incident: Incident, each: Concerned, decision: Decision, now: datetime) -> Alert | None:
    """The alert object that a decision asks for, if it asks for one."""
    if decision.kind is None:
        return None
    return Alert(
        id=new_id(),
        mission=incident.mission,
        subscription_id=each.subscription_id,
        incident_id=incident.incident_id,
        revision=incident.revision,
        sequence=each.history.told.sequence + 1 if each.history else 1,
        kind=decision.kind,
        reason=decision.reason,
        matched=each.matches,
        severity=severity(incident),
        urgency=urgency(incident, now),
        certainty=certainty(incident),
        headline=headline(incident),
        issued_at=now,
        expires_at=expires_at(incident, now),
        references=each.history.standing if each.history else (),
    )


async def _dedupe(tx: Transaction, wanted: Sequence[Alert | None]) -> list[Alert]:
    """Store the alerts: the unique key lets through one for each (incident, revision, subscription)."""
    alerts = [alert for alert in wanted if alert is not None]
    if not alerts:
        return []
    statement = insert(tx.connection, ALERT).on_conflict_do_nothing(
        index_elements=["subscription_id", "incident_id", "revision"]
    )
    rows = await tx.connection.execute(statement.returning(ALERT.c.id), [alert_row(alert) for alert in alerts])
    new = set(rows.scalars())
    return [alert for alert in alerts if alert.id in new]


async def _record(tx: Transaction, incident: Incident, decisions: dict[UUID, Decision], now: datetime) -> None:
    """Keep every decision with its reason, for whoever asks why."""
    if not decisions:
        return
    rows = [
        {
            "mission": incident.mission,
            "subscription_id": subscription_id,
            "incident_id": incident.incident_id,
            "revision": incident.revision,
            "outcome": decision.outcome,
            "reason": decision.reason,
            "decided_at": now,
        }
        for subscription_id, decision in decisions.items()
    ]
    await tx.connection.execute(insert(tx.connection, DECISION), rows)
