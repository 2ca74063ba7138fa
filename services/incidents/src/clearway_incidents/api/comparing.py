"""Two revisions of an incident compared: what differs, who changed it and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.responses import Response

from clearway_incidents.api.answers import RevisionChange, change_of, shown_to
from clearway_incidents.api.dependencies import Reader, Wired
from clearway_incidents.api.reading import Number
from clearway_incidents.api.restricted import note_read
from clearway_incidents.domain.difference import Difference, differences
from clearway_incidents.domain.errors import UnknownRevision
from clearway_incidents.queries.incidents import marks_now
from clearway_incidents.queries.revisions import revision, revisions
from clearway_platform.auth.ceilings import Sight
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router

router = Router(tags=["Reading incidents"])

MOST_STEPS: Final = 100
Other = Annotated[
    int | None,
    Query(
        alias="from",
        ge=0,
        le=2_147_483_647,
        description="The revision that it is compared with, earlier or later; by default the one before. 0 is the time "
        "before the first one.",
    ),
]


class FieldDifference(BaseModel):
    """One field that differs. `field` is its dotted name; lists and points are compared whole."""

    field: str
    before: Any = Field(description="Its value in the revision `from`; null where it had none.")
    after: Any = Field(description="Its value in the revision of the address; null where it has none.")


class DifferenceBody(BaseModel):
    """How a revision differs from another one. Where the key may not read the whole of one of the two, both are
    compared as it may see them: `form` is `reduced`, and a change of what it may not read is not there.

    `steps` are the revisions after the lower number up to the higher one, the last one first: who changed what, when
    and why. There are 100 at most; the history has all."""

    incident_id: UUID
    from_revision: int
    to_revision: int
    form: Literal["full", "reduced"]
    changes: list[FieldDifference]
    steps: list[RevisionChange]


@router.get(
    "/v1/incidents/{incident_id}/revisions/{revision}/difference",
    operation_id="incidents.compare_revisions",
    summary="Compare two revisions",
    response_model=DifferenceBody,
)
async def difference(
    request: Request,
    incident_id: UUID,
    number: Number,
    principal: Reader,
    wiring: Wired,
    reading: Reading,
    other: Other = None,
) -> Response:
    """What a revision changed; with `from`, how it differs from any other one. What only counts revisions (`revision`,
    `audit`) is left out. Contacts are compared for those who assess."""
    other = number - 1 if other is None else other
    now = await marks_now(reading, principal.mission, incident_id)
    found = {}
    for one in {number, other} - {0}:
        found[one] = await revision(reading, wiring.states, principal.mission, incident_id, one)
        if found[one] is None or now is None:
            raise UnknownRevision(f"{incident_id}/{one}")
    present = [one for one in found.values() if one is not None]
    sight = principal.ceiling.sight(*([] if now is None else [now]), *(one.handling for one in present))
    if now is None or sight is Sight.NOTHING:
        raise UnknownRevision(f"{incident_id}/{number}")
    before, after = (
        {} if one is None else shown_to(one.state or {}, sight, principal) or {}
        for one in (found.get(other), found[number])
    )
    low, high = sorted((number, other))
    page = await revisions(
        reading,
        wiring.states,
        principal.mission,
        incident_id,
        high + 1,
        min(high - low, MOST_STEPS) or 1,
        with_states=False,
    )
    steps = [change_of(step, now, principal) for step in page.revisions if low < step.row.revision <= high]
    for shown in present:
        note_read(request, principal, incident_id, now, shown.handling)
    body = {
        "incident_id": incident_id,
        "from_revision": other,
        "to_revision": number,
        "form": "full" if sight is Sight.WHOLE else "reduced",
        "changes": [_change(one) for one in differences(before, after)],
        "steps": [step for step in steps if step is not None],
    }
    return Response(to_json(body), media_type="application/json")


def _change(one: Difference) -> Mapping[str, Any]:
    return {"field": one.name, "before": one.before, "after": one.after}
