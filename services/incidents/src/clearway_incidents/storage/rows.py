"""The rows that one revision of an incident makes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from clearway_contracts.handling import organisation_key
from clearway_contracts.incident import IncidentState
from clearway_incidents.domain.life import REPORTING, Kind, NewRevision
from clearway_incidents.domain.withholding import Held
from clearway_incidents.domain.words import Words
from clearway_incidents.storage.held_texts import HeldFrom
from clearway_incidents.storage.words import Worded
from clearway_platform.database.engines import JsonText
from clearway_platform.database.states import State


@dataclass(frozen=True, slots=True)
class Entry:
    """A revision ready to be written: the change with its hash in it, its fields as JSON values, what it changed, and
    the texts that are withheld from it. `words` are those by which the incident is found from now on, where they are
    others than before. `columns` are those that the rows of an incident and of its revision have in common, among them
    the state as it is stored, written once for both."""

    change: NewRevision
    state: State
    changed: tuple[str, ...]
    columns: Mapping[str, Any]
    held: tuple[Held, ...] = ()
    words: Words | None = None

    @property
    def incident(self) -> IncidentState:
        return self.change.incident


@dataclass(frozen=True, slots=True)
class Prepared:
    """A revision ready to be written, as plain values, so that another process can prepare it: its row, that of its
    incident, that of its event in the outbox, the texts that are withheld, and the words where they are others."""

    incident: dict[str, Any]
    revision: dict[str, Any]
    message: dict[str, Any]
    held: HeldFrom | None
    words: Worded | None

    @property
    def withheld(self) -> tuple[str, ...]:
        """The names of the texts that are withheld."""
        return () if self.held is None else tuple(text.field for text in self.held.texts)


def incident_row(entry: Entry) -> dict[str, Any]:
    """The row of `incident` at its present revision."""
    incident = entry.incident
    return {
        **entry.columns,
        "updated_at": incident.audit.updated_at,
        "retention_until": None if entry.change.kind is Kind.EXPIRED else incident.sharing.retention_until,
        "exercise": incident.exercise,
        "uncertainty_m": incident.location.uncertainty_m,
    }


def revision_row(entry: Entry, by: str, person: str | None) -> dict[str, Any]:
    """The row of `incident_revision`."""
    audit = entry.incident.audit
    return {
        **entry.columns,
        "kind": entry.change.kind.value,
        "recorded_at": audit.updated_at,
        "by": by,
        "person": person,
        "report_id": _new_report(entry.change),
        "decisive": entry.change.decisive,
        "reason": entry.change.reason,
        "changed": list(entry.changed),
        "prev_hash": audit.prev_hash,
        "hash": audit.hash,
    }


def columns_of(incident: IncidentState, stored: State) -> dict[str, Any]:
    """What both rows have: the state, and the columns that lists filter by, which are drawn from it."""
    longitude, latitude = incident.location.point.coordinates
    sharing = stored["sharing"]
    return {
        "incident_id": incident.incident_id,
        "revision": incident.revision,
        "mission": incident.mission,
        "category": stored["category"],
        "status": stored["status"],
        "hazard_state": stored["hazard_state"],
        "outcome": stored["outcome"],
        "earliest": incident.time.earliest,
        "latest": incident.time.latest,
        "longitude": longitude,
        "latitude": latitude,
        "created_at": incident.audit.created_at,
        "tlp": sharing["tlp"],
        "classification": sharing["classification"],
        "releasable_to": releasable_text(sharing["releasable_to"]),
        "marks_of": incident.revision,
        "state": JsonText(to_json(stored).decode()),
    }


def _new_report(change: NewRevision) -> UUID | None:
    """The report that came with a revision: always the last one."""
    return change.incident.reports[-1].report_id if change.kind in REPORTING else None


def releasable_text(names: Sequence[str]) -> str:
    """The organisations as their column has them: a JSON list of the forms in which they are compared."""
    return json.dumps([organisation_key(name) for name in names], ensure_ascii=False) if names else "[]"
