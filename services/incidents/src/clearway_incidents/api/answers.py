"""What is answered: an incident and its place in the history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from clearway_contracts.incident import IncidentState
from clearway_contracts.vocabulary import RetractionReason
from clearway_incidents import permissions
from clearway_incidents.commands.imports import ImportResult
from clearway_incidents.domain.errors import NotNow
from clearway_incidents.domain.life import Kind
from clearway_incidents.queries.revisions import Revision
from clearway_platform.auth.principals import Principal
from clearway_platform.web.conditional import NOTHING_CHANGED, etag
from clearway_platform.web.document import REVISED
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.problems import FieldError
from clearway_platform.web.writes import Reply

CHANGED: Final = REVISED | raises(NotNow)
"""What a change of an incident answers, as its route says it."""


class IncidentBody(IncidentState):
    """An incident at one revision, as the events carry it; `history` is the address of all its revisions."""

    # What is answered is whole: a field that may be empty is there all the same.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    history: str


class _Revision(BaseModel):
    """One revision. `hash` is over the whole revision and `prev_hash`: a change to the past would show."""

    incident_id: UUID
    revision: int
    kind: Kind
    recorded_at: datetime
    by: str
    reason: str | None
    changed: list[str]
    prev_hash: str | None
    hash: str


class RevisionBody(_Revision):
    """One revision. `hash` is over the whole revision and `prev_hash`: a change to the past would show."""

    incident: IncidentBody


class ListedRevision(_Revision):
    """A revision as the history lists it."""

    incident: IncidentBody | None = Field(description="As it was then; null unless `with_incident` asks for it.")


class MergedBody(BaseModel):
    """An incident that became an alias of another one."""

    survivor_id: UUID


class RetractedBody(BaseModel):
    """A retracted incident: who keeps a copy must drop it."""

    incident_id: UUID
    revision: int
    retracted_at: datetime
    reason: RetractionReason


class ImportedItem(BaseModel):
    """What became of one item; `line` counts from 1."""

    line: int
    result: ImportResult
    incident_id: UUID | None = None
    problem: str | None = None
    errors: list[FieldError] = []


class ImportAnswer(BaseModel):
    created: int
    unchanged: int
    corrected: int
    refused: int
    items: list[ImportedItem]


def address(incident_id: object) -> str:
    return f"/v1/incidents/{incident_id}"


def visible(state: Mapping[str, Any], principal: Principal) -> dict[str, Any]:
    """The state as this principal may see it: contacts only for those who assess."""
    shown = dict(state) if principal.may(permissions.ASSESS) else _without_contacts(state)
    return shown | {"history": f"{address(state['incident_id'])}/revisions"}


def _without_contacts(state: Mapping[str, Any]) -> dict[str, Any]:
    return {**state, "reports": [{**report, "contact_ref": None} for report in state["reports"]]}


def reply_to_report(state: Mapping[str, Any], principal: Principal, *, created: bool) -> Reply:
    """The answer to a report, with the address of its incident."""
    headers = {"ETag": etag(state["revision"]), "Location": address(state["incident_id"])}
    return Reply(201 if created else 200, visible(state, principal), headers)


def reply_to_change(state: Mapping[str, Any], principal: Principal, *, seen: int) -> Reply:
    """The answer to a command that was given at the revision `seen`; it says so when that is still the newest."""
    headers = {"ETag": etag(state["revision"])}
    if state["revision"] == seen:
        headers |= NOTHING_CHANGED
    return Reply(200, visible(state, principal), headers)


def revision_of(revision: Revision, principal: Principal) -> dict[str, Any]:
    return listed_revision(revision, principal)


def listed_revision(revision: Revision, principal: Principal) -> dict[str, Any]:
    shown = {name: value for name, value in revision.row._mapping.items() if name in RevisionBody.model_fields}
    return shown | {"incident": None if revision.state is None else visible(revision.state, principal)}


def deleted_of(state: Mapping[str, Any]) -> dict[str, Any]:
    retraction = state["retraction"]
    return {
        "incident_id": state["incident_id"],
        "revision": state["revision"],
        "retracted_at": retraction["at"],
        "reason": retraction["reason"],
    }
