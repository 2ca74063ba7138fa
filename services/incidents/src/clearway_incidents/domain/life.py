"""The life of an incident: which command is allowed when, and the revision that it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from clearway_contracts.incident import Grading, IncidentState, Report, Retraction
from clearway_contracts.vocabulary import HazardState, InfoCredibility, RetractionReason, SourceReliability, Status
from clearway_incidents.domain.errors import NotNow


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
    CLEARANCE_CLAIMED = "clearance_claimed"
    CLEARANCE_CONFIRMED = "clearance_confirmed"
    CLEARANCE_DISMISSED = "clearance_dismissed"
    MERGED = "merged"
    UNMERGED = "unmerged"
    EXPIRED = "expired"
    TEXT_RELEASED = "text_released"


LIVE: Final = frozenset(Status) - {Status.RETRACTED, Status.MERGED}

# From which states each command is allowed. What is not here does not depend on the state.
ALLOWED: Final[dict[Kind, frozenset[Status]]] = {
    Kind.REPORT_ADDED: LIVE,
    Kind.CORRECTED: LIVE,
    Kind.GRADED: LIVE,
    Kind.HAZARD_CHANGED: LIVE,
    Kind.CLEARANCE_CLAIMED: LIVE,
    Kind.CLEARANCE_CONFIRMED: LIVE,
    Kind.CLEARANCE_DISMISSED: LIVE,
    Kind.REVIEW_STARTED: frozenset({Status.REPORTED, Status.DISPUTED}),
    Kind.VERIFIED: frozenset({Status.UNDER_REVIEW}),
    Kind.DISPUTED: frozenset({Status.REPORTED, Status.UNDER_REVIEW, Status.VERIFIED}),
    Kind.CLOSED: frozenset({Status.VERIFIED}),
    Kind.REOPENED: frozenset({Status.CLOSED}),
    Kind.RETRACTED: LIVE,
    Kind.MERGED: LIVE,
    Kind.UNMERGED: frozenset({Status.MERGED}),
    Kind.TEXT_RELEASED: LIVE,
}
# The commands that bring a report, which is then the last one of the incident.
REPORTING: Final = frozenset({Kind.REPORTED, Kind.REPORT_ADDED})
HARMLESS: Final = frozenset({HazardState.CLEARED, HazardState.NONE})


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A new revision: the incident after it, what made it, and the reason where one was given. `decisive` is whether it
    corrected a fact that a verification is about."""

    incident: IncidentState
    kind: Kind
    reason: str | None = None
    decisive: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """The principal that changes an incident, the time, and the reason where one was given. `person` is the holder of
    its key, where it has one; `assesses` is whether its role may assess."""

    by: str
    at: datetime
    reason: str | None = None
    person: str | None = None
    assesses: bool = False

    @property
    def identity(self) -> str:
        """Compared where someone else must act: the same for all keys of one person."""
        return self.person or self.by


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


def review(incident: IncidentState, act: Act) -> NewRevision:
    return move(incident, act, Kind.REVIEW_STARTED, Status.UNDER_REVIEW)


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


def dispute(incident: IncidentState, act: Act) -> NewRevision:
    return move(incident, act, Kind.DISPUTED, Status.DISPUTED)


def close(incident: IncidentState, act: Act) -> NewRevision:
    """Close: nothing more is expected. Needs a reason while a hazard may be there."""
    allow(incident, Kind.CLOSED)
    if incident.hazard_state not in HARMLESS and act.reason is None:
        raise NotNow(
            f"the hazard is {incident.hazard_state}",
            "Claim a clearance and let it be confirmed first, or give override_reason.",
        )
    return move(incident, act, Kind.CLOSED, Status.CLOSED)


def reopen(incident: IncidentState, act: Act) -> NewRevision:
    return move(incident, act, Kind.REOPENED, Status.UNDER_REVIEW)


def retract(incident: IncidentState, act: Act, *, reason: RetractionReason) -> NewRevision:
    """Final. The history says the note that was given, or else the reason."""
    allow(incident, Kind.RETRACTED)
    retraction = Retraction(reason=reason, by=act.by, at=max(act.at, incident.audit.updated_at))
    withdrawn = revise(incident, act.at, status=Status.RETRACTED, retraction=retraction)
    return NewRevision(withdrawn, Kind.RETRACTED, act.reason or reason.value)


def move(incident: IncidentState, act: Act, kind: Kind, to: Status) -> NewRevision:
    """To another status, where the present one allows the command."""
    allow(incident, kind)
    return NewRevision(revise(incident, act.at, status=to), kind, act.reason)
