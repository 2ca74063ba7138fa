"""What is answered: an incident and its place in the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from clearway_contracts.geometry import Point, Polygon
from clearway_contracts.handling import Handling
from clearway_contracts.incident import IncidentState, Location
from clearway_contracts.vocabulary import RetractionReason
from clearway_incidents import permissions
from clearway_incidents.commands.imports import ImportResult
from clearway_incidents.commands.intake import Accepted
from clearway_incidents.commands.revisions import Written
from clearway_incidents.domain.errors import NotNow
from clearway_incidents.domain.life import Kind
from clearway_incidents.domain.sight import handling_of, shown, shown_names
from clearway_incidents.queries.incidents import Found
from clearway_incidents.queries.revisions import Revision
from clearway_platform.auth.ceilings import Sight
from clearway_platform.auth.principals import Principal
from clearway_platform.web.conditional import NOTHING_CHANGED, etag
from clearway_platform.web.document import REVISED
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.problems import FieldError
from clearway_platform.web.writes import Reply

CHANGED: Final = REVISED | raises(NotNow)
"""What a change of an incident answers, as its route says it."""


class ShownLocation(Location):
    """Where it happened: the point, or in its place `area`, a cell of a fixed grid that contains it."""

    point: Point | None  # type: ignore[assignment]  # What is shown may lack what the record has.
    area: Polygon | None = Field(default=None, description="In a reduced incident; the point is somewhere inside.")


class IncidentBody(IncidentState):
    """An incident at one revision, as the events carry it; `history` is the address of all its revisions.

    `form` is `reduced` where its TLP is above that of the key: `left_out` names what is not shown, times are to the
    day, and the place is a cell of a fixed grid."""

    # What is answered is whole: a field that may be empty is there all the same.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    location: ShownLocation
    narrative: Annotated[str, Field(max_length=4000)] | None  # type: ignore[assignment]  # As above.
    form: Literal["full", "reduced"]
    left_out: list[str] = Field(description="The fields that this key may not read, also where they are empty.")
    withheld: list[str] = Field(
        description="The texts that are under review, because they read like instructions for making something. In the "
        "answer to a change: those that came with it, also `reason`."
    )
    history: str


class _Revision(BaseModel):
    """One revision. `hash` is over the whole revision and `prev_hash`: a change to the past would show. Where it is
    shown reduced, `reason` and the hashes are null, and `changed` names no field that is left out or coarser."""

    incident_id: UUID
    revision: int
    kind: Kind
    recorded_at: datetime
    by: str
    reason: str | None
    changed: list[str]
    prev_hash: str | None
    hash: str | None
    reduced_at: datetime | None = Field(
        description="When its texts were removed, because the retention of the incident had ended. `hash` is of what "
        "was there."
    )


class RevisionChange(_Revision):
    """Who made a revision, when, why, and which fields it changed."""


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
    withheld: list[str] = Field(default=[], description="The texts that are held for review.")


class ImportAnswer(BaseModel):
    created: int
    unchanged: int
    corrected: int
    refused: int
    items: list[ImportedItem]


def address(incident_id: object) -> str:
    return f"/v1/incidents/{incident_id}"


def visible(found: Found, principal: Principal) -> dict[str, Any] | None:
    """The incident as this principal may see it; None when it may see nothing of it."""
    return shown_to(found.state, principal.ceiling.sight(*found.handlings), principal)


def shown_to(state: Mapping[str, Any], sight: Sight, principal: Principal) -> dict[str, Any] | None:
    """The incident at a sight of it."""
    seen = shown(state, sight, assesses=principal.may(permissions.ASSESS))
    return None if seen is None else seen | {"history": f"{address(state['incident_id'])}/revisions"}


def _written(state: Mapping[str, Any], principal: Principal, withheld: Sequence[str]) -> dict[str, Any] | None:
    """The incident after a change by this principal: what it may not read of it, it gets reduced. What is withheld of
    what it sent is said all the same."""
    sight = principal.ceiling.sight(handling_of(state))
    seen = shown_to(state, Sight.WHOLE if sight is Sight.WHOLE else Sight.REDUCED, principal)
    return seen and {**seen, "withheld": [*dict.fromkeys((*seen["withheld"], *withheld))]}


def reply_to_report(accepted: Accepted, principal: Principal) -> Reply:
    """The answer to a report, with the address of its incident."""
    state = accepted.state
    headers = {"ETag": etag(state["revision"]), "Location": address(state["incident_id"])}
    return Reply(201 if accepted.created else 200, _written(state, principal, accepted.withheld), headers)


def reply_to_change(written: Written, principal: Principal, *, seen: int) -> Reply:
    """The answer to a command that was given at the revision `seen`; it says so when that is still the newest."""
    headers = {"ETag": etag(written.state["revision"])}
    if written.state["revision"] == seen:
        headers |= NOTHING_CHANGED
    return Reply(200, _written(written.state, principal, written.withheld), headers)


def revision_of(revision: Revision, now: Handling, principal: Principal) -> dict[str, Any] | None:
    """One revision. What the incident is marked now holds for what it was, too; None when nothing may be seen."""
    said = change_of(revision, now, principal)
    if said is None or revision.state is None:
        return None if said is None else said | {"incident": None}
    return said | {"incident": shown_to(revision.state, principal.ceiling.sight(now, revision.handling), principal)}


def change_of(revision: Revision, now: Handling, principal: Principal) -> dict[str, Any] | None:
    """What is said of a revision, without the incident; None when nothing may be seen."""
    sight = principal.ceiling.sight(now, revision.handling)
    if sight is Sight.NOTHING:
        return None
    said = {name: value for name, value in revision.row._mapping.items() if name in RevisionChange.model_fields}
    said["reason"] = revision.reason
    if sight is Sight.REDUCED:
        said |= dict.fromkeys(("reason", "hash", "prev_hash"))
        said["changed"] = shown_names(said["changed"])
    return said


def deleted_of(state: Mapping[str, Any]) -> dict[str, Any]:
    retraction = state["retraction"]
    return {
        "incident_id": state["incident_id"],
        "revision": state["revision"],
        "retracted_at": retraction["at"],
        "reason": retraction["reason"],
    }
