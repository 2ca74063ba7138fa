"""What has to do with an incident."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.responses import Response

from clearway_incidents.api.answers import IncidentBody, visible
from clearway_incidents.api.dependencies import Reader, Wired
from clearway_incidents.api.filters import AsOf
from clearway_incidents.api.restricted import note_reads
from clearway_incidents.domain.errors import UnknownIncident
from clearway_incidents.queries import incidents as queries
from clearway_incidents.queries.related import Relation, related
from clearway_incidents.queries.searching import check_indexed
from clearway_platform.auth.ceilings import Sight
from clearway_platform.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from clearway_platform.web.problems import BadCursor
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router

router = Router(tags=["Reading incidents"])

_FEW: Final = 20


class RelatedBody(BaseModel):
    """An incident, and what it is to the one of the address: `related`, which that one names in `links.related`;
    `named_by`, which names that one there; `merged_from`, an alias of that one; `merged_into`, its survivor."""

    relations: list[Relation]
    incident: IncidentBody


@router.get(
    "/v1/incidents/{incident_id}/related",
    operation_id="incidents.list_related",
    summary="List related incidents",
    response_model=Page[RelatedBody],
)
async def list_related(
    request: Request,
    incident_id: UUID,
    principal: Reader,
    wiring: Wired,
    reading: Reading,
    as_of: AsOf = None,
    limit: Limit = _FEW,
    cursor: Cursor = None,
) -> Response:
    """In the order of their ids, each as the key may see it; of what it may not see nothing is said. Relations are set
    with `PATCH` of `links.related`, which takes any id: it is not said whether there is such an incident."""
    after = _after(cursor)
    found = await queries.incident_at(reading, wiring.states, principal.mission, incident_id, as_of)
    if found is None or principal.ceiling.sight(*found.handlings) is Sight.NOTHING:
        raise UnknownIncident(incident_id)
    await check_indexed(reading, principal.mission)
    page = await related(reading, wiring.states, principal, found.state, as_of, after, limit)
    note_reads(request, principal, [one.found for one in page.related])
    items = [
        {"relations": one.relations, "incident": seen}
        for one in page.related
        if (seen := visible(one.found, principal)) is not None
    ]
    following = None if page.is_last else encode_cursor(page.related[-1].found.state["incident_id"])
    return Response(to_json({"items": items, "next": following}), media_type="application/json")


def _after(cursor: str | None) -> UUID | None:
    end = decode_cursor(cursor, str)
    try:
        return None if end is None else UUID(end[0])
    except ValueError as error:
        raise BadCursor from error
