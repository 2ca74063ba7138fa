"""The departure check: one call for a route and an hour, with a receipt that can be read again unchanged."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Request
from pydantic_core import to_json
from starlette.responses import HTMLResponse, Response

from clearway_analytics.api.briefing_bodies import BriefingContent, BriefingReceipt, readers_of
from clearway_analytics.api.briefing_page import briefing_page
from clearway_analytics.api.dependencies import Reader, Time, Wired
from clearway_analytics.domain.errors import NoSuchBriefing
from clearway_analytics.ledger import briefings
from clearway_analytics.ledger.briefings import Briefing
from clearway_analytics.queries.briefing import Departure, departure
from clearway_platform.auth.principals import Principal
from clearway_platform.refusals import Invalid
from clearway_platform.web.access import platform_of
from clearway_platform.web.audited import note_export
from clearway_platform.web.moments import A_DATE, UntilTime
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.strict import JSON, preferred

HTML: Final = "text/html"
FORMATS: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {JSON: {}, HTML: {}}}}

router: Final = Router(prefix="/v1", tags=["Departure"])

Hour = Annotated[
    UntilTime | None,
    Query(description=f"The hour of departure; now by default, and never later. {A_DATE} Its last moment is used."),
]


@router.get(
    "/routes/{route_id}/briefing",
    operation_id="routes.brief",
    summary="Check a route before departure",
    response_model=BriefingReceipt,
    responses=FORMATS,
)
async def brief(
    request: Request,
    route_id: UUID,
    principal: Reader,
    connection: Reading,
    clock: Time,
    wiring: Wired,
    as_of: Hour = None,
) -> Response:
    """Known hazards by kilometre, what changed since the last pass, when each stretch was last verified, and the risk,
    with a receipt. The receipt is stored: the same content has one receipt, however often it is asked for. As a page it
    is one sheet of A4."""
    now = clock.now()
    if as_of is not None and as_of > now:
        remedy = "Leave it out: the briefing then says what is on record now."
        raise Invalid("as_of", "is in the future", remedy, part="query")
    known = await departure(connection, principal, route_id, as_of or now, wiring.briefing_work)
    made = await wiring.briefing_work.run(_receipt, known, principal, now)
    async with platform_of(request).database.of(principal.mission).write() as transaction:
        made = await briefings.keep(transaction.connection, made)
    return _answer(request, made)


def _receipt(known: Departure, principal: Principal, now: datetime) -> Briefing:
    content = BriefingContent.of(known).canonical()
    return Briefing.of(principal.mission, known.route.route_id, known.as_of, content, principal.id, now)


@router.get(
    "/briefings/{briefing_id}",
    operation_id="briefings.get",
    summary="Read a briefing again",
    response_model=BriefingReceipt,
    responses=FORMATS,
)
async def get_briefing(request: Request, briefing_id: UUID, principal: Reader, connection: Reading) -> Response:
    """As it was handed out, whatever is on record by now: to keys that may read all that the key read that it was made
    for."""
    found = await briefings.find(connection, principal.mission, briefing_id)
    if found is None or not principal.ceiling.covers(readers_of(found.content)):
        raise NoSuchBriefing(briefing_id)
    return _answer(request, found)


def _answer(request: Request, briefing: Briefing) -> Response:
    """The stored content, in the format that the caller prefers."""
    receipt = {
        "briefing_id": str(briefing.briefing_id),
        "sha256": briefing.sha256,
        "made_at": briefing.made_at,
        "made_by": briefing.made_by,
    }
    if preferred(request) == HTML:
        note_export(request, "briefing as a page")
        page = briefing_page({**receipt, "content": json.loads(briefing.content)})
        return HTMLResponse(page, headers={"Cache-Control": "no-store", "Vary": "Accept"})
    # The content is JSON already, and may be large: it is the last field as it is.
    whole = to_json(receipt)[:-1] + b',"content":' + briefing.content.encode() + b"}"
    return Response(whole, media_type=JSON, headers={"Vary": "Accept"})
