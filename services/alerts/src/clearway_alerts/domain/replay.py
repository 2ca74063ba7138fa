"""What a subscription would have been told of an incident in a time that has passed, by the rules of warnings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from clearway_alerts.domain.alert import Decision, DecisionKind, Told, decide
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.matching import Index
from clearway_alerts.domain.news import stands
from clearway_alerts.domain.renewal import renewed_from
from clearway_alerts.domain.severity import expires_at
from clearway_alerts.domain.standing import FOUND, STILL_THERE
from clearway_contracts.vocabulary import AlertKind

_NO_ALERT: Final = UUID(int=0)
_RENEWED: Final = Decision(DecisionKind.RENEWED, STILL_THERE)


@dataclass(frozen=True, slots=True)
class Handled:
    """A revision of an incident, and when this service processed it."""

    incident: IncidentView
    at: datetime


@dataclass(frozen=True, slots=True)
class Rules:
    """The time that is looked at, and what the mission has set. `danger_stands`: for how long an alert of a danger is
    valid."""

    since: datetime
    until: datetime
    news_hours: int
    danger_stands: timedelta


@dataclass(frozen=True, slots=True)
class WouldTell:
    """What would have been decided on one revision."""

    incident: IncidentView
    decision: Decision
    at: datetime


@dataclass(frozen=True, slots=True)
class Replayed:
    """All that would have been decided on one incident, the oldest first. `stands`: whether it is, at the end, a hazard
    that stands inside the filter."""

    revisions: Sequence[IncidentView]
    decided: Sequence[WouldTell]
    stands: bool


class _Subscriber:
    """A subscription that begins to watch at `rules.since`, and what it was told of one incident."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._told: Told | None = None
        self._expires_at = rules.since
        self.decided: list[WouldTell] = []

    def begin(self, incident: IncidentView, *, matches: bool) -> None:
        """What stands when it begins is told then: that is not counted among what happened after."""
        if matches and stands(incident):
            self._tell(incident, Decision(DecisionKind.ISSUED, FOUND), self._rules.since, matches=True)

    def handle(self, incident: IncidentView, at: datetime, *, matches: bool) -> None:
        if not matches and self._told is None:
            return
        decision = decide(incident, self._told, matches=matches, now=at, news_hours=self._rules.news_hours)
        self.decided.append(WouldTell(incident, decision, at))
        self._tell(incident, decision, at, matches=matches)

    def renew(self, incident: IncidentView, until: datetime, *, matches: bool) -> None:
        """Say it again before the last alert expires, as long as nothing newer is said."""
        told = self._told
        if told is None or told.kind is AlertKind.CANCELLED or not (told.matched and matches and stands(incident)):
            return
        while (due := renewed_from(self._expires_at)) < until:
            self.decided.append(WouldTell(incident, _RENEWED, due))
            self._tell(incident, _RENEWED, due, matches=True)

    def _tell(self, incident: IncidentView, decision: Decision, at: datetime, *, matches: bool) -> None:
        if decision.alert_kind is not None:
            sequence = self._told.sequence + 1 if self._told else 1
            self._told = Told(_NO_ALERT, sequence, decision.alert_kind, matches, incident)
            self._expires_at = expires_at(incident, at, self._rules.danger_stands)


def replayed(index: Index, histories: Iterable[Sequence[Handled]], rules: Rules) -> list[Replayed]:
    """What the one subscription of the index would have been told. A history is of one incident, the oldest revision
    first; one that was handled by `since` is what stood then. It takes up to a tenth of a millisecond for each
    revision: not on the loop."""
    return [_replayed(index, history, rules) for history in histories if history]


def _replayed(index: Index, history: Sequence[Handled], rules: Rules) -> Replayed:
    subscriber, matches = _Subscriber(rules), False
    ends = [*(one.at for one in history[1:]), rules.until]
    for one, end in zip(history, ends, strict=True):
        matches = bool(index.matching_one(one.incident))
        if one.at <= rules.since:
            subscriber.begin(one.incident, matches=matches)
        else:
            subscriber.handle(one.incident, one.at, matches=matches)
        subscriber.renew(one.incident, end, matches=matches)
    is_left = matches and stands(history[-1].incident)
    return Replayed([one.incident for one in history], subscriber.decided, is_left)
