"""The list of incidents, in every format that they are given out in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response

from clearway_incidents.api.answers import IncidentBody, visible
from clearway_incidents.api.dependencies import Reader, Wired
from clearway_incidents.api.filters import cursor_of, found_by_place, page_end_of, wanted
from clearway_incidents.api.restricted import note_reads
from clearway_incidents.exchange.exports.format import JSON_PAGES, Format
from clearway_incidents.queries import incidents as queries
from clearway_incidents.queries.narrowing import Filter
from clearway_platform.heavy import of_each
from clearway_platform.web.audited import note_export
from clearway_platform.web.pages import Cursor, Limit, Page
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.strict import preferred


def list_router(formats: Sequence[Format]) -> Router:
    """The list in these formats; the first is given where Accept likes no other better."""
    router = Router(tags=["Reading incidents"])
    written = {form.media_type: form for form in formats}

    @router.get(
        "/v1/incidents",
        operation_id="incidents.list",
        summary="List incidents",
        response_model=Page[IncidentBody],
        responses=_given(formats),
    )
    async def listing(
        request: Request,
        principal: Reader,
        wiring: Wired,
        reading: Reading,
        query: Annotated[Filter, Depends(wanted)],
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        """The last recorded first. Retracted and merged incidents are left out unless `status` names them; what was
        retracted is also at `/v1/retracted-incidents`. `as_of` answers what was known at a time. Pages are stable while
        others write; the header `Link` leads to the next one in every format. What a key may not read is left out or
        reduced, and is found by its filters as it is shown."""
        query = await found_by_place(request, principal, wiring, query)
        page = await queries.incidents(reading, wiring.states, principal, query, page_end_of(cursor), limit)
        last = None if page.is_last else page.found[-1].state
        following = cursor_of(last["audit"]["created_at"], last["incident_id"]) if last else None
        form = written[preferred(request)]
        seen = await of_each(lambda found: visible(found, principal), page.found)
        note_reads(request, principal, page.found)
        if form is not formats[0]:
            note_export(request, f"incidents as {form.media_type}")
        content = form.write([one for one in seen if one is not None], following)
        return Response(content, media_type=form.media_type, headers=_link(request, following))

    return router


def _link(request: Request, following: str | None) -> dict[str, str]:
    """The address of the next page, also for formats that have no place for it (RFC 8288)."""
    if following is None:
        return {}
    url = request.url.include_query_params(cursor=following)
    return {"Link": f'<{url.path}?{url.query}>; rel="next"'}


def _given(formats: Sequence[Format]) -> dict[int | str, dict[str, Any]]:
    """What the document says of them; JSON it says by itself."""
    others: dict[str, Any] = {form.media_type: {} for form in formats if form is not JSON_PAGES}
    return {200: {"content": {JSON_PAGES.media_type: {}, **others}}} if others else {}
