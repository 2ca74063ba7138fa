"""How revisions of incidents become alerts: the whole way, in one transaction, in one readable function.

All that a batch of them needs is read at once, and what it gives is written at once; between the two nothing waits for
the database. Each statement costs as much as the decision on a dozen subscriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clearway_alerts.domain.alert import Decision, decide
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.news import why_no_first_alert
from clearway_alerts.domain.renewal import Validity
from clearway_alerts.storage import mission_lock
from clearway_alerts.storage.unreadable import RowKind, UnreadableRows
from clearway_alerts.warning.alert_history import AlertHistory, Histories, known_of
from clearway_alerts.warning.issuing import Decided, Issuing
from clearway_alerts.warning.watchlist import Watched, Watchlist, matching
from clearway_alerts.warning.writing import Writing
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction
from clearway_platform.heavy import HeavyWork, in_parts


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision of an incident, the event that brought it, and what surrounds the work on it alone."""

    incident: IncidentView
    event_id: UUID
    in_its_trace: Callable[[], AbstractContextManager[object]] = nullcontext


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

    async def warn(self, transaction: Transaction, revisions: Sequence[Revision]) -> list[int]:
        """match → decide → store → enqueue → publish → record, for revisions of one mission's incidents, in order.
        What is not newer than the last one is ignored.

        Returns how many alerts each of them raised.
        """
        mission = revisions[0].incident.mission
        await mission_lock.share(transaction, mission)
        now = self._clock.now()
        incidents = dict.fromkeys(revision.incident.incident_id for revision in revisions)
        known = await known_of(transaction, mission, incidents)
        watched = await self._watchlist.of(transaction.connection, mission, known.version)
        before = [incident for incident in incidents if incident in known.newest]
        histories = Histories(transaction, before, now, self._unreadable)
        writing = self._issuing.writing(transaction)
        raised = []
        async for revision in in_parts(revisions):
            incident = revision.incident
            if known.newest.get(incident.incident_id, 0) >= incident.revision:
                raised.append(0)
                continue
            known.newest[incident.incident_id] = incident.revision
            with revision.in_its_trace():
                raised.append(await self._warn_of(revision, watched, histories, writing, now))
            await writing.write_much()
        await writing.write()
        return raised

    async def _warn_of(
        self, revision: Revision, watched: Watched, histories: Histories, writing: Writing, now: datetime
    ) -> int:
        incident = revision.incident
        writing.remember(incident, now)
        if ahead := histories.ahead(incident.incident_id):
            writing.look_ahead(ahead)
        history = await histories.of(incident)
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
        alerts = await self._issuing.issue(writing, incident, decided, watched.recipients, now, revision.event_id)
        histories.add(incident, alerts)
        writing.record(incident.mission, incident.incident_id, incident.revision, decisions, now)
        return len(alerts)

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
