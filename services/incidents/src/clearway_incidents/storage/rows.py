"""The rows that one revision of an incident makes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from clearway_contracts.handling import organisation_key
from clearway_contracts.incident import IncidentState
from clearway_incidents.domain.life import REPORTING, Kind, NewRevision
from clearway_incidents.domain.withholding import Held
from clearway_incidents.domain.words import Words
from clearway_platform.database.states import State


@dataclass(frozen=True, slots=True)
class Entry:
    """A revision ready to be written: the change with its hash in it, what is stored of it, what it changed, and the
    texts that are withheld from it. `words` are those by which the incident is found from now on, where they are others
    than before."""

    change: NewRevision
    stored: State
    changed: tuple[str, ...]
    held: tuple[Held, ...] = ()
    words: Words | None = None

    @property
    def incident(self) -> IncidentState:
        return self.change.incident


def incident_row(entry: Entry) -> dict[str, Any]:
    """The row of `incident` at its present revision."""
    return _indexed(entry.incident) | {
        "incident_id": entry.incident.incident_id,
        "mission": entry.incident.mission,
        "revision": entry.incident.revision,
        "updated_at": entry.incident.audit.updated_at,
        "state": entry.stored,
        "retention_until": None if entry.change.kind is Kind.EXPIRED else entry.incident.sharing.retention_until,
        "exercise": entry.incident.exercise,
        "uncertainty_m": entry.incident.location.uncertainty_m,
    }


def revision_row(entry: Entry, by: str, person: str | None) -> dict[str, Any]:
    """The row of `incident_revision`."""
    audit = entry.incident.audit
    return _indexed(entry.incident) | {
        "incident_id": entry.incident.incident_id,
        "revision": entry.incident.revision,
        "mission": entry.incident.mission,
        "kind": entry.change.kind.value,
        "recorded_at": entry.incident.audit.updated_at,
        "by": by,
        "person": person,
        "report_id": _new_report(entry.change),
        "decisive": entry.change.decisive,
        "reason": entry.change.reason,
        "changed": list(entry.changed),
        "prev_hash": audit.prev_hash,
        "hash": audit.hash,
        "state": entry.stored,
    }


def _new_report(change: NewRevision) -> UUID | None:
    """The report that came with a revision: always the last one."""
    return change.incident.reports[-1].report_id if change.kind in REPORTING else None


def _indexed(incident: IncidentState) -> dict[str, Any]:
    """The columns that lists filter by, but the state itself."""
    return {
        "category": incident.category.value,
        "status": incident.status.value,
        "hazard_state": incident.hazard_state.value,
        "outcome": incident.outcome.value,
        "earliest": incident.time.earliest,
        "latest": incident.time.latest,
        "longitude": incident.location.point.longitude,
        "latitude": incident.location.point.latitude,
        "created_at": incident.audit.created_at,
        "tlp": incident.sharing.tlp.value,
        "classification": incident.sharing.classification.value,
        "releasable_to": releasable_text(incident.sharing.releasable_to),
        "marks_of": incident.revision,
    }


def releasable_text(names: Sequence[str]) -> str:
    """The organisations as their column has them: a JSON list of the forms in which they are compared."""
    return json.dumps([organisation_key(name) for name in names], ensure_ascii=False)
