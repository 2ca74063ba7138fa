"""How one revision of an incident becomes alerts: the whole way, in one transaction, in one readable function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert

from clearway_alerts.domain.alert import Decision, decide
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.news import why_no_first_alert
from clearway_alerts.domain.renewal import Validity
from clearway_alerts.storage import mission_lock
from clearway_alerts.storage.states import stored_incident
from clearway_alerts.storage.tables import INCIDENT_VIEW
from clearway_alerts.storage.unreadable import RowKind, UnreadableRows
from clearway_alerts.warning.alert_history import AlertHistory, alert_histories, known_of
from clearway_alerts.warning.issuing import Decided, Issuing, record
from clearway_alerts.warning.watchlist import Watched, Watchlist, matching
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction
from clearway_platform.heavy import HeavyWork

# A plain insert: a revision that another transaction stores at the same moment breaks a unique key.
# This one then rolls back, and finds the revision known when it is tried again.
_REMEMBER: Final = insert(INCIDENT_VIEW)


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
        issuing: Issuing,
        clock: Clock,
        *,
        news_hours: int,
        validity: Validity,
        heavy: HeavyWork,
    ) -> None:
        self._watchlist = watchlist
        self._issuing = issuing
        self._clock = clock
        self._news_hours = news_hours
        self._validity = validity
        self._heavy = heavy
        self._unreadable = UnreadableRows()

    async def warn(self, transaction: Transaction, incident: IncidentView, causation: UUID) -> int:
        """match → decide → store → enqueue → publish → record. What is not newer than the last one is ignored.

        Returns how many alerts were raised.
        """
        await mission_lock.share(transaction, incident.mission)
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
        decided = [
            Decided(
                one.subscription_id,
                decisions[one.subscription_id],
                one.matches,
                one.history,
                self._validity.of(watched.watches[one.subscription_id]),
            )
            for one in concerned
        ]
        alerts = await self._issuing.issue(transaction, incident, decided, watched.recipients, now, causation)
        await record(transaction, incident, decisions, now)
        return alerts

    async def _match(
        self, incident: IncidentView, watched: Watched, history: Mapping[UUID, AlertHistory], now: datetime
    ) -> list[Concerned]:
        """Re-evaluate every subscription that already received an alert; the others only when the incident may raise a
        first one."""
        warns = why_no_first_alert(incident, now, self._news_hours) is None
        found = set(await matching(watched, incident, self._heavy)) if warns or history else set()
        concerned = (found if warns else set()) | (history.keys() & watched.watches.keys())
        for subscription in concerned & watched.in_doubt.keys():
            self._unreadable.note(RowKind.FILTER, subscription, watched.in_doubt[subscription])
        return [Concerned(one, one in found, one in watched.in_doubt, history.get(one)) for one in sorted(concerned)]

    def _decide(self, incident: IncidentView, subscription: Concerned, now: datetime) -> Decision:
        told = subscription.history.told if subscription.history else None
        matches, in_doubt = subscription.matches, subscription.in_doubt
        return decide(incident, told, matches=matches, in_doubt=in_doubt, now=now, news_hours=self._news_hours)


async def _remember(transaction: Transaction, incident: IncidentView, now: datetime) -> None:
    row = {
        "mission": incident.mission,
        "incident_id": incident.incident_id,
        "revision": incident.revision,
        "incident": stored_incident(incident),
        "handled_at": now,
    }
    await transaction.connection.execute(_REMEMBER, row)
