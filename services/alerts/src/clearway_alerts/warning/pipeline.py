"""How revisions of incidents become alerts: the whole way, in one transaction, in one readable function.

All that a batch of them needs is read at once, and what it gives is written at once; between the two nothing waits for
the database. Each statement costs as much as the decision on a dozen subscriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clearway_alerts.domain.alert import Alert, Decision, decide
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.matching import Watch
from clearway_alerts.domain.news import why_no_first_alert
from clearway_alerts.domain.renewal import Validity
from clearway_alerts.storage import mission_lock
from clearway_alerts.storage.unreadable import RowKind, UnreadableRows
from clearway_alerts.warning.alert_history import AlertHistory, Histories, known_of
from clearway_alerts.warning.issuing import Decided, Issuing
from clearway_alerts.warning.watchlist import Watched, Watchlist, reaching
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

    async def warn(self, transaction: Transaction, revisions: Sequence[Revision]) -> set[UUID]:
        """match → decide → store → enqueue → publish → record, for revisions of one mission's incidents, in order.
        What is not newer than the last one is ignored.

        Returns the events that raised alerts.
        """
        mission = revisions[0].incident.mission
        await mission_lock.share(transaction, mission)
        now = self._clock.now()
        known = await known_of(transaction, mission, {revision.incident.incident_id for revision in revisions})
        new = _newer(revisions, known.newest)
        watched = await self._watchlist.of(transaction.connection, mission, known.version)
        before = dict.fromkeys(one.incident.incident_id for one in new if one.incident.incident_id in known.newest)
        histories = Histories(transaction, list(before), now, self._unreadable)
        reached = await self._reached(new, watched, before.keys(), now)
        writing = self._issuing.writing(transaction)
        warned = set()
        async for revision, watches in in_parts(zip(new, reached, strict=True)):
            with revision.in_its_trace():
                if await self._warn_of(revision, watched, watches, histories, writing, now):
                    warned.add(revision.event_id)
            await writing.write_much()
        await writing.write()
        return warned

    async def _warn_of(
        self,
        revision: Revision,
        watched: Watched,
        reached: Sequence[Watch] | None,
        histories: Histories,
        writing: Writing,
        now: datetime,
    ) -> list[Alert]:
        incident = revision.incident
        writing.remember(incident, now)
        if ahead := histories.ahead(incident.incident_id):
            writing.look_ahead(ahead)
        history = await histories.of(incident)
        found = set() if reached is None else set(watched.index.matching(incident, reached))
        concerned = self._concerned(incident, watched, found, history, now)
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
        return alerts

    async def _reached(
        self, revisions: Sequence[Revision], watched: Watched, before: Collection[UUID], now: datetime
    ) -> list[Sequence[Watch] | None]:
        """For each revision the watches whose area it reaches; None for one that warns nobody: it may not raise a first
        alert, and nobody can have been told of its incident."""
        seen, asked = set(before), []
        for place, revision in enumerate(revisions):
            incident = revision.incident
            if incident.incident_id in seen or self._warns(incident, now):
                asked.append(place)
            seen.add(incident.incident_id)
        found: list[Sequence[Watch] | None] = [None] * len(revisions)
        if asked:
            reached = await reaching(watched, [revisions[place].incident for place in asked], self._heavy)
            for place, watches in zip(asked, reached, strict=True):
                found[place] = watches
        return found

    def _warns(self, incident: IncidentView, now: datetime) -> bool:
        return why_no_first_alert(incident, now, self._news_hours) is None

    def _concerned(
        self,
        incident: IncidentView,
        watched: Watched,
        found: set[UUID],
        history: Mapping[UUID, AlertHistory],
        now: datetime,
    ) -> list[Concerned]:
        """Re-evaluate every subscription that already received an alert; the others only when the incident may raise a
        first one."""
        first = found if self._warns(incident, now) else frozenset[UUID]()
        concerned = first | (history.keys() & watched.watches.keys())
        for subscription in concerned & watched.in_doubt.keys():
            self._unreadable.note(RowKind.FILTER, subscription, watched.in_doubt[subscription])
        return [Concerned(one, one in found, one in watched.in_doubt, history.get(one)) for one in sorted(concerned)]

    def _decide(self, incident: IncidentView, subscription: Concerned, now: datetime) -> Decision:
        told = subscription.history.told if subscription.history else None
        matches, in_doubt = subscription.matches, subscription.in_doubt
        return decide(incident, told, matches=matches, in_doubt=in_doubt, now=now, news_hours=self._news_hours)


def _newer(revisions: Sequence[Revision], newest: Mapping[UUID, int]) -> list[Revision]:
    """Those that are newer than what is known of their incident, and than those before them."""
    last, new = dict(newest), []
    for revision in revisions:
        incident = revision.incident
        if last.get(incident.incident_id, 0) < incident.revision:
            last[incident.incident_id] = incident.revision
            new.append(revision)
    return new
