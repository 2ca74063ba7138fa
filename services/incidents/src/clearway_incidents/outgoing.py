"""The events that this service publishes: the only map between its state and the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from clearway_contracts.envelope import Event
from clearway_contracts.incident import IncidentState
from clearway_contracts.incidents import (
    IncidentChange,
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
from clearway_incidents.domain.life import Kind
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
    Kind.MERGED: IncidentMerged,
    Kind.UNMERGED: IncidentUnmerged,
}


def event_of(outbox: Outbox, kind: Kind, state: Mapping[str, Any], changed: Sequence[str]) -> Event:
    """The event of one accepted revision: the whole state but the contacts, which never leave this service."""
    incident = IncidentState.model_validate(without_contacts(state))
    data = EVENTS[kind](
        mission=incident.mission,
        incident_id=incident.incident_id,
        revision=incident.revision,
        changed=tuple(changed),
        incident=incident,
    )
    return outbox.event(data, subject=str(incident.incident_id), source=SOURCE, occurred=incident.audit.updated_at)


def without_contacts(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state without the reporters' contact references."""
    return {**state, "reports": [{**report, "contact_ref": None} for report in state["reports"]]}
