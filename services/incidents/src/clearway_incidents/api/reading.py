"""Reading the record: one incident, its history, and what was retracted."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request
from pydantic_core import to_json
from starlette.responses import JSONResponse, Response

from clearway_incidents.api.answers import (
    IncidentBody,
    ListedRevision,
    MergedBody,
    RetractedBody,
    RevisionBody,
    address,
    deleted_of,
    revision_of,
    visible,
)
from clearway_incidents.api.dependencies import Reader, Wired
from clearway_incidents.api.filters import AsOf, cursor_of, page_end_of
from clearway_incidents.api.restricted import note_read, note_reads
from clearway_incidents.domain.errors import UnknownIncident, UnknownRevision
from clearway_incidents.queries import incidents as queries
from clearway_incidents.queries.revisions import revision, revisions
from clearway_platform.auth.ceilings import Sight
from clearway_platform.heavy import of_each
from clearway_platform.web.conditional import etag
from clearway_platform.web.document import header
from clearway_platform.web.moments import A_DATE, FromTime
from clearway_platform.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router

router = Router(tags=["Reading incidents"])

Number = Annotated[int, Path(alias="revision", ge=1, le=2_147_483_647)]
WithIncident = Annotated[bool, Query(description="Whether each revision comes with the whole incident.")]
_ALIAS: dict[int | str, dict[str, Any]] = {
    308: {"model": MergedBody, "description": "It was merged: Location is its survivor.", "headers": header("Location")}
}


@router.get(
    "/v1/retracted-incidents",
    operation_id="incidents.list_retracted",
    summary="List what was retracted",
    response_model=Page[RetractedBody],
)
async def deleted(
    principal: Reader,
    wiring: Wired,
    reading: Reading,
    retracted_from: Annotated[
        FromTime | None, Query(alias="from", description=f"Retracted at this time or later. {A_DATE}")
    ] = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """The first retracted first. Who keeps a copy of an incident must drop it when it appears here. Nothing else
    is said of it, so every key gets the whole list."""
    page = await queries.deleted(
        reading, wiring.states, principal.mission, retracted_from, as_of, page_end_of(cursor), limit
    )
    last = None if page.is_last else page.found[-1].state
    following = cursor_of(last["audit"]["updated_at"], last["incident_id"]) if last else None
    return _page([deleted_of(found.state) for found in page.found], following)


@router.get(
    "/v1/incidents/{incident_id}",
    operation_id="incidents.get",
    summary="Read an incident",
    response_model=IncidentBody,
    responses=_ALIAS,
)
async def read(
    request: Request, incident_id: UUID, principal: Reader, wiring: Wired, reading: Reading, as_of: AsOf = None
) -> Response:
    """As it is now, or as it was on record at `as_of`."""
    found = await queries.incident_at(reading, wiring.states, principal.mission, incident_id, as_of)
    seen = None if found is None else visible(found, principal)
    if found is None or seen is None:
        raise UnknownIncident(incident_id)
    note_reads(request, principal, [found])
    survivor = found.state["links"]["merged_into"]
    if survivor is not None and as_of is None:
        return JSONResponse({"survivor_id": survivor}, 308, {"Location": address(survivor)})
    return _json(seen, {"ETag": etag(found.state["revision"])})


@router.get(
    "/v1/incidents/{incident_id}/revisions",
    operation_id="incidents.list_revisions",
    summary="Read its history",
    response_model=Page[ListedRevision],
)
async def history(
    request: Request,
    incident_id: UUID,
    principal: Reader,
    wiring: Wired,
    reading: Reading,
    with_incident: WithIncident = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Every revision, the last one first: who changed what, when and why. A page has fewer than `limit` when they
    are large; `next` leads on to the first one."""
    end = decode_cursor(cursor, int)
    before = max(0, min(end[0], 2**31 - 1)) if end else None
    now = await queries.marks_now(reading, principal.mission, incident_id)
    if now is None or principal.ceiling.sight(now) is Sight.NOTHING:
        raise UnknownIncident(incident_id)
    page = await revisions(
        reading, wiring.states, principal.mission, incident_id, before, limit, with_states=with_incident
    )
    following = None if page.is_last else encode_cursor(page.revisions[-1].row.revision)
    seen = await of_each(lambda item: revision_of(item, now, principal), page.revisions)
    for item in page.revisions:
        note_read(request, principal, incident_id, now, item.handling)
    return _page([item for item in seen if item is not None], following)


@router.get(
    "/v1/incidents/{incident_id}/revisions/{revision}",
    operation_id="incidents.get_revision",
    summary="Read one revision",
    response_model=RevisionBody,
)
async def one_revision(
    request: Request, incident_id: UUID, number: Number, principal: Reader, wiring: Wired, reading: Reading
) -> Response:
    """As it was written; revisions never change."""
    found = await revision(reading, wiring.states, principal.mission, incident_id, number)
    now = await queries.marks_now(reading, principal.mission, incident_id)
    seen = None if found is None or now is None else revision_of(found, now, principal)
    if found is None or now is None or seen is None:
        raise UnknownRevision(f"{incident_id}/{number}")
    note_read(request, principal, incident_id, now, found.handling)
    return _json(seen)


def _page(items: list[dict[str, Any]], following: str | None) -> Response:
    return _json({"items": items, "next": following})


def _json(body: Any, headers: dict[str, str] | None = None) -> Response:
    """What a query gives is valid already: it goes out as it is."""
    return Response(to_json(body), headers=headers, media_type="application/json")
