"""Incidents counted by time and kind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field
from pydantic_core import to_json
from sqlalchemy import Row
from starlette.responses import Response

from clearway_contracts.vocabulary import Category, HazardState, Outcome, Status
from clearway_incidents.api.dependencies import Reader, Wired
from clearway_incidents.api.filters import found_by_place, wanted
from clearway_incidents.queries.incident_counts import Count, CountedBy, Periods, counted, counts_of
from clearway_incidents.queries.narrowing import Filter
from clearway_platform.messaging.standing import standing_of
from clearway_platform.refusals import Invalid
from clearway_platform.version import VERSION
from clearway_platform.web.access import platform_of
from clearway_platform.web.representation import matches, weak_etag
from clearway_platform.web.routing import Router

router = Router(tags=["Reading incidents"])

_LONGEST_DAYS: Final = 3_660
MOST_COUNTS: Final = 5_000
"""What one answer lists: weeks of ten years by eight categories, with room."""
Days = Annotated[
    int,
    Query(ge=1, le=_LONGEST_DAYS, description="The length of a period. The last one ends with the day of `to` in UTC."),
]
Per = Annotated[
    list[CountedBy], Query(max_length=len(CountedBy), description="What incidents are told apart by, beside the time.")
]


class IncidentCount(BaseModel):
    """How many incidents began in a period, of one kind where `per` asked for kinds: a field that it did not name is
    null. What has none is not listed."""

    first_day: date
    last_day: date
    category: Category | None
    status: Status | None
    outcome: Outcome | None
    hazard_state: HazardState | None
    incidents: int
    uncertain: int = Field(description="How many of them may have happened in a later period.")
    reduced: int = Field(description="How many of them this key sees reduced.")


class IncidentCountsBody(BaseModel):
    """Counts by period, the first period first: `total` incidents in all."""

    total: int
    days: int
    last_day: date = Field(description="The last day of the last period, in UTC.")
    cursor: str = Field(description="Send it as `since` to `/v1/incident-events`: no later change is missed.")
    as_of: datetime | None
    counts: list[IncidentCount]


@router.get(
    "/v1/incident-counts",
    operation_id="incident_counts.get",
    summary="Count incidents by time and kind",
    response_model=IncidentCountsBody,
)
async def count(
    request: Request,
    principal: Reader,
    wiring: Wired,
    query: Annotated[Filter, Depends(wanted)],
    days: Days = 7,
    per: Per = [],  # noqa: B006 - read by FastAPI, never changed
) -> Response:
    """The incidents that the list has for the same filters, each counted once: in the period in which it began, also
    where that is before `from`. Without `to` the last period ends today, or on the day of `as_of`. A key counts what it
    sees: what it may not read is in no number, and of a reduced incident the day is counted, as it is shown. At most
    5,000 counts: what gives more is refused."""
    platform = platform_of(request)
    now = platform.clock.now()
    last = query.until or (now if query.as_of is None else min(query.as_of, now))
    periods = Periods(last.astimezone(UTC).date(), days)
    kinds = sorted(set(per))
    cursors = await platform.feed.cursors()
    database = platform.database.of(principal.mission)
    async with database.read() as connection:
        standing = await standing_of(connection, cursors, principal.mission, now)
    tag = None
    if standing.tag is not None:
        tag = weak_etag(repr((VERSION, standing.tag, principal.ceiling, query, periods, kinds)).encode())
        if matches(request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers={"ETag": tag, "Vary": "Accept-Encoding"})

    def content_of(rows: Sequence[Row[Any]]) -> bytes:
        found = _bounded(counts_of(rows, periods, kinds))
        about = {"days": days, "last_day": periods.last, "cursor": standing.cursor, "as_of": query.as_of}
        total = sum(one.incidents for one in found)
        return to_json({"total": total, **about, "counts": [_body(one, periods, kinds) for one in found]})

    narrowed = await found_by_place(request, principal, wiring, query)
    asked = counted(principal, narrowed, kinds, platform.database.dialect)
    rows = await database.read_apart(lambda connection: connection.execute(asked).all())
    content = await asyncio.to_thread(content_of, rows)
    return Response(content, media_type="application/json", headers={"ETag": tag} if tag else None)


def _bounded(found: list[Count]) -> list[Count]:
    if len(found) > MOST_COUNTS:
        remedy = "Send longer `days`, fewer kinds in `per`, or a later `from`."
        raise Invalid("days", f"gives {len(found)} counts, more than {MOST_COUNTS}", remedy, part="query")
    return found


def _body(count: Count, periods: Periods, by: Sequence[CountedBy]) -> dict[str, Any]:
    first, last = periods.span(count.place)
    values = dict.fromkeys(CountedBy) | dict(zip(by, count.values, strict=True))
    numbers = {name: getattr(count, name) for name in ("incidents", "uncertain", "reduced")}
    return {"first_day": first, "last_day": last, **{name.value: value for name, value in values.items()}, **numbers}
