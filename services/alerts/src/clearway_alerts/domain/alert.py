"""What one subscription is told about one revision of an incident, decided from what it was told before."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from clearway_alerts.domain.geometry import distance_m
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.news import why_no_first_alert
from clearway_alerts.domain.severity import NO_LONGER, certainty, rank, severity, urgency
from clearway_contracts.alert import AlertSource
from clearway_contracts.vocabulary import AlertKind, Certainty, ClearanceState, Severity, Status, Urgency

# A place that moves this far, in metres, is another place on the road, however uncertain it was.
MOVED_M: Final = 100.0
_IN_DOUBT: Final = "in doubt, as this version of Clearway cannot read the filter"
_CANNOT_COMPARE: Final = "in doubt, as this version of Clearway cannot read what was told before"


class DecisionKind(StrEnum):
    """What was decided: the kinds of alert, or that none is due."""

    ISSUED = "issued"
    UPDATED = "updated"
    RENEWED = "renewed"
    DOWNGRADED = "downgraded"
    CANCELLED = "cancelled"
    NOT_NEWS = "not_news"
    NO_MATTER = "no_matter"
    OUTSIDE = "outside"


KIND: Final = {
    DecisionKind.ISSUED: AlertKind.ISSUED,
    DecisionKind.UPDATED: AlertKind.UPDATED,
    DecisionKind.RENEWED: AlertKind.RENEWED,
    DecisionKind.DOWNGRADED: AlertKind.DOWNGRADED,
    DecisionKind.CANCELLED: AlertKind.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a subscription was last told about an incident. `matched` is whether its filter held then. `kind` and
    `incident` are None where a newer program stored them and this one cannot read them."""

    alert_id: UUID
    sequence: int
    kind: AlertKind | None
    matched: bool
    incident: IncidentView | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one subscription, and the reason in words."""

    kind: DecisionKind
    reason: str

    @property
    def alert_kind(self) -> AlertKind | None:
        return KIND.get(self.kind)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert object. `sequence` counts 1.. per incident and subscription; `references` are those it replaces;
    `renewal` counts the renewals of one revision from 1, and is 0 for all other kinds.

    With `source` it is of a watched source: `incident_id` is then the source's id, and `revision` its turn."""

    id: UUID
    mission: str
    subscription_id: UUID
    incident_id: UUID
    revision: int
    sequence: int
    kind: AlertKind
    reason: str
    matched: bool
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    headline: str
    issued_at: datetime
    expires_at: datetime
    references: tuple[UUID, ...]
    renewal: int = 0
    digest_id: UUID | None = None
    source: AlertSource | None = None


def decide(
    incident: IncidentView,
    told: Told | None,
    *,
    matches: bool,
    now: datetime,
    news_hours: int,
    in_doubt: bool = False,
) -> Decision:
    """What one subscription is told about this revision.

    A subscription that was warned is told of the end, whether or not its filter still holds, and of the move that
    takes the incident out of the filter; then nothing more until it comes back in or ends.
    `in_doubt`: the filter cannot be read, and is taken to hold. Where what it was told
    before cannot be read, the subscription is told again.
    """
    if told is None or told.kind is AlertKind.CANCELLED:
        return _first(incident, matches=matches, now=now, news_hours=news_hours, in_doubt=in_doubt)
    if ending := _ending(incident):
        return Decision(DecisionKind.CANCELLED, ending)
    if not matches and not told.matched:
        return Decision(DecisionKind.OUTSIDE, "the filter no longer holds, which the subscriber was told before")
    if told.incident is None:
        return Decision(DecisionKind.UPDATED, _CANNOT_COMPARE)
    changed = [*what_matters(told.incident, incident, now), *_crossing(told, matches, in_doubt)]
    if not changed:
        return Decision(DecisionKind.NO_MATTER, "nothing that matters has changed")
    fell = rank(severity(incident)) < rank(severity(told.incident))
    return Decision(DecisionKind.DOWNGRADED if fell else DecisionKind.UPDATED, "changed: " + ", ".join(changed))


def _first(incident: IncidentView, *, matches: bool, now: datetime, news_hours: int, in_doubt: bool) -> Decision:
    if not matches:
        return Decision(DecisionKind.OUTSIDE, "the filter does not hold")
    if reason := why_no_first_alert(incident, now, news_hours):
        return Decision(DecisionKind.NOT_NEWS, reason)
    return Decision(DecisionKind.ISSUED, _IN_DOUBT if in_doubt else "every clause of the filter holds")


def _ending(incident: IncidentView) -> str | None:
    """Why the warning no longer stands. An incident closed over a hazard that is still there has not ended."""
    match incident.status:
        case Status.RETRACTED:
            return "the incident is retracted"
        case Status.MERGED:
            return f"the incident is merged into {incident.merged_into}"
        case Status.CLOSED if incident.hazard_state in NO_LONGER:
            return "the incident is closed"
        case _:
            return None


def _crossing(told: Told, matches: bool, in_doubt: bool) -> list[str]:
    if told.matched == matches:
        return []
    if in_doubt:
        return [_IN_DOUBT]
    return ["inside the filter again" if matches else "outside the filter now"]


def what_matters(before: IncidentView, after: IncidentView, now: datetime) -> list[str]:
    """What changed between two revisions that a person on the road must be told. Both are judged at `now`,
    so that the passing of time alone is not a change."""
    facts = {
        "severity": severity(before) != severity(after),
        "urgency": urgency(before, now) != urgency(after, now),
        "certainty": certainty(before) != certainty(after),
        "hazard_state": before.hazard_state != after.hazard_state,
        "category": before.category != after.category,
        "outcome": before.outcome != after.outcome,
        "exercise": before.exercise != after.exercise,
        "closed": (before.status is Status.CLOSED) != (after.status is Status.CLOSED),
        "place": _moved(before, after),
        "verified no longer, back under review": after.taken_back,
    }
    return [*(name for name, has_changed in facts.items() if has_changed), *_clearing(before, after)]


def _clearing(before: IncidentView, after: IncidentView) -> list[str]:
    """What is said of a clearance, in words: while it is only claimed, no other fact changes."""
    if after.clearance is before.clearance:
        return []
    match after.clearance:
        case ClearanceState.CLAIMED:
            return ["reported cleared, not confirmed"]
        case ClearanceState.CONFIRMED:
            return ["cleared, by one person" if after.by_one_person else "clearance confirmed"]
        case None:
            return ["no longer reported cleared"]


def _moved(before: IncidentView, after: IncidentView) -> bool:
    """Farther than its uncertainty or 100 m, whichever is less; or the circle reaches 100 m farther."""
    if after.uncertainty_m - before.uncertainty_m > MOVED_M:
        return True
    moved = distance_m(before.longitude, before.latitude, after.longitude, after.latitude)
    return moved > min(before.uncertainty_m, MOVED_M)
