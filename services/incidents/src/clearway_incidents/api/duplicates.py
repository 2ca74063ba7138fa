"""Duplicates: incidents that may be one event, suggested to a person. Nothing is merged by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.responses import Response

from clearway_incidents.api.answers import IncidentBody, visible
from clearway_incidents.api.dependencies import Reader, Wired
from clearway_incidents.api.filters import AsOf, cursor_of, page_end_of
from clearway_incidents.api.restricted import note_reads
from clearway_incidents.domain.errors import UnknownIncident
from clearway_incidents.queries import incidents as queries
from clearway_incidents.queries.duplicates import Suggestion, duplicates
from clearway_incidents.queries.incidents import Found
from clearway_incidents.queries.narrowing import Filter
from clearway_platform.auth.ceilings import Sight
from clearway_platform.auth.principals import Principal
from clearway_platform.json_values import json_array
from clearway_platform.web.pages import Cursor, Limit, Page
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router

router = Router(tags=["Assessing incidents"])

# A page looks at so many incidents at most, and compares each with those around it.
MOST_LOOKED_AT: Final = 50
# As of a time what was changed since is looked up anew for each of them.
MOST_LOOKED_BACK_AT: Final = 5

Fraction = Annotated[float, Field(ge=0, le=1)]


class LikenessBody(BaseModel):
    """Why two incidents may be one event. `score` is the weighted mean of its four parts (place 0.45, time 0.25,
    category 0.15, outcome 0.15); each is lower the further the two are apart and the less closely they are known."""

    score: Fraction
    place: Fraction
    time: Fraction
    category: Fraction
    outcome: Fraction
    distance_m: float = Field(description="Between the two points, in metres.")
    within_m: float = Field(description="500 metres, or the sum of both uncertainties: at this distance it is none.")
    apart_seconds: float = Field(description="What certainly lies between the two; 0 where their spans touch.")


class DuplicateBody(BaseModel):
    """An incident that may be the same event."""

    incident: IncidentBody
    likeness: LikenessBody


class DuplicatesBody(BaseModel):
    """The likeliest first, 20 at most."""

    items: list[DuplicateBody]


class DuplicatesOfBody(BaseModel):
    """An incident, and those that may be the same event."""

    incident: IncidentBody
    duplicates: list[DuplicateBody]


@router.get(
    "/v1/incidents/{incident_id}/duplicates",
    operation_id="incidents.list_duplicates_of",
    summary="List what may be the same event",
    response_model=DuplicatesBody,
)
async def duplicates_of(
    request: Request, incident_id: UUID, principal: Reader, wiring: Wired, reading: Reading, as_of: AsOf = None
) -> Response:
    """Live incidents of the same category (or one unknown), at most six hours and 500 metres, or the sum of both
    uncertainties, apart, with an outcome that does not contradict. What is known to less than three days or 50 km is
    not compared. A key gets those of which it may read the whole, and none for an incident that it reads reduced.
    Merge what is one event; name what is not in `links.related`, and it is not suggested again."""
    found = await queries.incident_at(reading, wiring.states, principal.mission, incident_id, as_of)
    if found is None or principal.ceiling.sight(*found.handlings) is Sight.NOTHING:
        raise UnknownIncident(incident_id)
    suggested = await _suggested(request, principal, wiring, reading, found, as_of)
    return Response(b'{"items":%b}' % await json_array(suggested), media_type="application/json")


@router.get(
    "/v1/incident-duplicates",
    operation_id="incidents.list_duplicates",
    summary="List what may be reported twice",
    response_model=Page[DuplicatesOfBody],
)
async def all_duplicates(
    request: Request,
    principal: Reader,
    wiring: Wired,
    reading: Reading,
    as_of: AsOf = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Looks at live incidents, the last recorded first, and lists those for which another one is suggested that was
    recorded before. A page looks at 50 at most, with `as_of` at 5, and may be empty: `next` leads on."""
    most = MOST_LOOKED_AT if as_of is None else MOST_LOOKED_BACK_AT
    page = await queries.incidents(
        reading, wiring.states, principal, Filter(as_of=as_of), page_end_of(cursor), min(limit, most)
    )
    items = []
    for found in page.found:
        suggested = await _suggested(request, principal, wiring, reading, found, as_of, earlier=True)
        if suggested:
            items.append({"incident": visible(found, principal), "duplicates": suggested})
    last = None if page.is_last else page.found[-1].state
    following = cursor_of(last["audit"]["created_at"], last["incident_id"]) if last else None
    body = b'{"items":%b,"next":%b}' % (await json_array(items), to_json(following))
    return Response(body, media_type="application/json")


async def _suggested(
    request: Request,
    principal: Principal,
    wiring: Wired,
    reading: Reading,
    found: Found,
    as_of: datetime | None,
    *,
    earlier: bool = False,
) -> list[dict[str, Any]]:
    if principal.ceiling.sight(*found.handlings) is not Sight.WHOLE or found.state["links"]["merged_into"] is not None:
        return []
    suggestions = await duplicates(reading, wiring.states, principal, found.state, as_of)
    if earlier:
        suggestions = [one for one in suggestions if _recorded(one.found) < _recorded(found)]
    note_reads(request, principal, [one.found for one in suggestions])
    return [{"incident": visible(one.found, principal), "likeness": _likeness(one)} for one in suggestions]


def _recorded(found: Found) -> tuple[str, str]:
    return found.state["audit"]["created_at"], found.state["incident_id"]


def _likeness(suggestion: Suggestion) -> dict[str, float]:
    like = suggestion.likeness
    scores = {name: round(getattr(like, name), 3) for name in ("score", "place", "time", "category", "outcome")}
    metres = {"distance_m": round(like.distance_m, 1), "within_m": round(like.within_m, 1)}
    return scores | metres | {"apart_seconds": like.apart.total_seconds()}
