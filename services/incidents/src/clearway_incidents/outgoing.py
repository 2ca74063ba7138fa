"""The events that this service publishes: which event a change is, and what of the state leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from clearway_contracts.envelope import Event
from clearway_contracts.incident import IncidentState, Report
from clearway_contracts.incidents import (
    IncidentChange,
    IncidentClearanceClaimed,
    IncidentClearanceDismissed,
    IncidentClosed,
    IncidentCorrected,
    IncidentDisputed,
    IncidentGraded,
    IncidentHazardChanged,
    IncidentMerged,
    IncidentReopened,
    IncidentReported,
    IncidentRetracted,
    IncidentReviewStarted,
    IncidentUnmerged,
    IncidentVerified,
)
from clearway_incidents.domain.life import Kind, NewRevision
from clearway_platform.messaging.outbox import Outbox

SOURCE: Final = "/clearway/incidents"

EVENTS: Final[Mapping[Kind, type[IncidentChange]]] = {
    Kind.REPORTED: IncidentReported,
    Kind.REPORT_ADDED: IncidentCorrected,
    Kind.CORRECTED: IncidentCorrected,
    Kind.REVIEW_STARTED: IncidentReviewStarted,
    Kind.GRADED: IncidentGraded,
    Kind.VERIFIED: IncidentVerified,
    Kind.DISPUTED: IncidentDisputed,
    Kind.CLOSED: IncidentClosed,
    Kind.REOPENED: IncidentReopened,
    Kind.RETRACTED: IncidentRetracted,
    Kind.HAZARD_CHANGED: IncidentHazardChanged,
    Kind.CLEARANCE_CLAIMED: IncidentClearanceClaimed,
    Kind.CLEARANCE_CONFIRMED: IncidentHazardChanged,
    Kind.CLEARANCE_DISMISSED: IncidentClearanceDismissed,
    Kind.MERGED: IncidentMerged,
    Kind.UNMERGED: IncidentUnmerged,
    Kind.EXPIRED: IncidentCorrected,
    Kind.TEXT_RELEASED: IncidentCorrected,
}


def event_of(outbox: Outbox, change: NewRevision, changed: Sequence[str], state: Mapping[str, Any]) -> Event:
    """The event of one accepted revision: the whole state but the contacts, which never leave this service. `state` is
    the incident as JSON values."""
    incident = without_contacts(change.incident)
    data = EVENTS[change.kind](
        mission=incident.mission,
        incident_id=incident.incident_id,
        revision=incident.revision,
        changed=tuple(changed),
        incident=incident,
    )
    document = {
        "mission": incident.mission,
        "incident_id": state["incident_id"],
        "revision": incident.revision,
        "changed": data.changed,
        "incident": state if incident is change.incident else _state_without_contacts(state),
    }
    occurred = incident.audit.updated_at
    return outbox.event(data, subject=state["incident_id"], source=SOURCE, occurred=occurred, document=document)


def without_contacts(incident: IncidentState) -> IncidentState:
    """The state without what names the people who reported it, also in the nine lines."""
    if not any(map(_has_contact, incident.reports)):
        return incident
    return incident.model_copy(update={"reports": tuple(_without_contact(report) for report in incident.reports)})


def _has_contact(report: Report) -> bool:
    lines = report.nine_line
    return report.contact_ref is not None or (lines is not None and lines.line_3_contact_method is not None)


def _state_without_contacts(state: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a state as JSON values."""
    return {**state, "reports": [_report_without_contact(report) for report in state["reports"]]}


def _report_without_contact(report: Mapping[str, Any]) -> dict[str, Any]:
    lines = report["nine_line"] and {**report["nine_line"], "line_3_contact_method": None}
    return {**report, "contact_ref": None, "nine_line": lines}


def _without_contact(report: Report) -> Report:
    lines = report.nine_line and report.nine_line.model_copy(update={"line_3_contact_method": None})
    return report.model_copy(update={"contact_ref": None, "nine_line": lines})
