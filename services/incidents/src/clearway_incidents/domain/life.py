"""The life of an incident: which command is allowed when, and the revision that it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from clearway_contracts.incident import Grading, IncidentState, Report, Retraction
from clearway_contracts.vocabulary import HazardState, InfoCredibility, RetractionReason, SourceReliability, Status
from clearway_incidents.domain import moment
from clearway_incidents.domain.errors import NotNow, NotYours
from clearway_incidents.domain.grading import credible, independent_reports
from clearway_incidents.domain.incident import ReportedFacts


class Kind(StrEnum):
    """What a revision is: the command that made it."""

    REPORTED = "reported"
    REPORT_ADDED = "report_added"
    CORRECTED = "corrected"
    REVIEW_STARTED = "review_started"
    GRADED = "graded"
    VERIFIED = "verified"
    DISPUTED = "disputed"
    CLOSED = "closed"
    REOPENED = "reopened"
    RETRACTED = "retracted"
    HAZARD_CHANGED = "hazard_changed"
    MERGED = "merged"
    UNMERGED = "unmerged"


LIVE: Final = frozenset(Status) - {Status.RETRACTED, Status.MERGED}

# From which states each command is allowed. What is not here does not depend on the state.
ALLOWED: Final[dict[Kind, frozenset[Status]]] = {
    Kind.REPORT_ADDED: LIVE,
    Kind.CORRECTED: LIVE,
    Kind.GRADED: LIVE,
    Kind.HAZARD_CHANGED: LIVE,
    Kind.REVIEW_STARTED: frozenset({Status.REPORTED, Status.DISPUTED}),
    Kind.VERIFIED: frozenset({Status.UNDER_REVIEW}),
    Kind.DISPUTED: frozenset({Status.UNDER_REVIEW}),
    Kind.CLOSED: frozenset({Status.VERIFIED}),
    Kind.REOPENED: frozenset({Status.CLOSED}),
    Kind.RETRACTED: LIVE,
    Kind.MERGED: LIVE,
    Kind.UNMERGED: frozenset({Status.MERGED}),
}
HARMLESS: Final = frozenset({HazardState.CLEARED, HazardState.NONE})


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A new revision: the incident after it, what made it, and the reason where one was given."""

    incident: IncidentState
    kind: Kind
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """The principal that changes an incident, the time, and the reason where one was given."""

    by: str
    at: datetime
    reason: str | None = None


# One command of the life: the incident on record becomes the next revision.
Step = Callable[[IncidentState, Act], NewRevision]


def allow(incident: IncidentState, kind: Kind) -> None:
    """Raise NotNow unless the incident's state allows the command."""
    if incident.status in ALLOWED[kind]:
        return
    if incident.status is Status.MERGED:
        raise NotNow(
            f"the incident was merged into {incident.links.merged_into}", "Address that one, or unmerge first."
        )
    if incident.status is Status.RETRACTED:
        raise NotNow("the incident was retracted, which is final", "Report it anew if it did happen.")
    states = ", ".join(sorted(ALLOWED[kind]))
    raise NotNow(f"{kind} is not possible while the incident is {incident.status}", f"It must be: {states}.")


def revise(incident: IncidentState, at: datetime, **values: Any) -> IncidentState:
    """The next revision with these values. Its time never runs backwards, even when the clock does."""
    updated_at = max(at, incident.audit.updated_at)
    audit = incident.audit.model_copy(update={"updated_at": updated_at, "prev_hash": incident.audit.hash, "hash": None})
    return incident.model_copy(update={"revision": incident.revision + 1, "audit": audit, **values})


def add_report(incident: IncidentState, act: Act, *, report: Report) -> NewRevision:
    allow(incident, Kind.REPORT_ADDED)
    if report.report_id in {known.report_id for known in incident.reports}:
        raise NotNow(f"the report {report.report_id} is already part of the incident", "No action is needed.")
    return NewRevision(revise(incident, act.at, reports=(*incident.reports, report)), Kind.REPORT_ADDED, act.reason)


def correct(incident: IncidentState, act: Act, *, facts: ReportedFacts) -> NewRevision:
    """Other facts; `recorded_at` stays the moment when the incident was first recorded. Raises InvalidFact when their
    times cannot be."""
    allow(incident, Kind.CORRECTED)
    if facts.time != incident.time:
        moment.check(facts.time, act.at)
    time = facts.time.model_copy(update={"recorded_at": incident.time.recorded_at})
    links = incident.links.model_copy(update={"related": facts.related})
    values = {**facts.as_fields(), "time": time, "links": links}
    return NewRevision(revise(incident, act.at, **values), Kind.CORRECTED, act.reason)


def review(incident: IncidentState, act: Act) -> NewRevision:
    return _move(incident, act, Kind.REVIEW_STARTED, Status.UNDER_REVIEW)


def grade(
    incident: IncidentState, act: Act, *, reliability: SourceReliability | None, credibility: InfoCredibility | None
) -> NewRevision:
    """Assess the source, the information, or both; what is None stays as it was."""
    allow(incident, Kind.GRADED)
    before = incident.grading
    grading = Grading(
        source_reliability=reliability or before.source_reliability,
        info_credibility=credibility or before.info_credibility,
    )
    return NewRevision(revise(incident, act.at, grading=grading), Kind.GRADED, act.reason)


def verify(incident: IncidentState, act: Act, *, reporters: frozenset[str]) -> NewRevision:
    """`reporters` are the principals that reported it: none of them can verify it."""
    allow(incident, Kind.VERIFIED)
    if act.by in reporters:
        raise NotYours("A report cannot be verified by the principal who gave it. Ask another verifier.")
    if not credible(incident.grading) and independent_reports(incident.reports) < 2:
        raise NotNow(
            "verifying needs credibility 1 or 2, or two independent reports",
            "Grade it, or add a report of another organisation.",
        )
    return _move(incident, act, Kind.VERIFIED, Status.VERIFIED)


def dispute(incident: IncidentState, act: Act) -> NewRevision:
    return _move(incident, act, Kind.DISPUTED, Status.DISPUTED)


def close(incident: IncidentState, act: Act) -> NewRevision:
    """Close: nothing more is expected. Needs a reason while a hazard may be there."""
    allow(incident, Kind.CLOSED)
    if incident.hazard_state not in HARMLESS and act.reason is None:
        raise NotNow(
            f"the hazard is {incident.hazard_state}",
            "Set the hazard to cleared or none first, or give override_reason.",
        )
    return _move(incident, act, Kind.CLOSED, Status.CLOSED)


def reopen(incident: IncidentState, act: Act) -> NewRevision:
    return _move(incident, act, Kind.REOPENED, Status.UNDER_REVIEW)


def retract(incident: IncidentState, act: Act, *, reason: RetractionReason) -> NewRevision:
    """Final. The history says the note that was given, or else the reason."""
    allow(incident, Kind.RETRACTED)
    retraction = Retraction(reason=reason, by=act.by, at=max(act.at, incident.audit.updated_at))
    withdrawn = revise(incident, act.at, status=Status.RETRACTED, retraction=retraction)
    return NewRevision(withdrawn, Kind.RETRACTED, act.reason or reason.value)


def change_hazard(incident: IncidentState, act: Act, *, state: HazardState) -> NewRevision:
    """The hazard changes independently of the status. A closed incident must be reopened before it can be dangerous."""
    allow(incident, Kind.HAZARD_CHANGED)
    if incident.status is Status.CLOSED and state not in HARMLESS:
        raise NotNow(f"a closed incident cannot be {state}", "Reopen it first.")
    return NewRevision(revise(incident, act.at, hazard_state=state), Kind.HAZARD_CHANGED, act.reason)


def _move(incident: IncidentState, act: Act, kind: Kind, to: Status) -> NewRevision:
    allow(incident, kind)
    return NewRevision(revise(incident, act.at, status=to), kind, act.reason)
