"""Feeds: what was recorded or changed in the last hour, day, week or month, as GeoJSON in the manner of the USGS."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field
from pydantic_core import to_json
from sqlalchemy import Row
from starlette.responses import Response

from clearway_contracts.geometry import Point, Polygon
from clearway_contracts.grid import cell_of
from clearway_contracts.vocabulary import Category, HazardState, Outcome, Status
from clearway_incidents.api.answers import address
from clearway_incidents.api.dependencies import Reader, Wired
from clearway_incidents.api.filters import AsOf, cursor_of, page_end_of
from clearway_incidents.api.geojson import AS_GEOJSON, GeoJson
from clearway_incidents.api.restricted import note_all_read
from clearway_incidents.domain.errors import UnknownFeed
from clearway_incidents.domain.hazard import GRAVITY
from clearway_incidents.domain.sight import day_of, end_of_day
from clearway_incidents.exchange.exports.geojson import MEDIA_TYPE
from clearway_incidents.queries.feeds import Changed, Feed, deleted, feed
from clearway_incidents.queries.narrowing import Filter
from clearway_platform.web.access import platform_of
from clearway_platform.web.moments import A_DATE, FromTime
from clearway_platform.web.pages import Cursor
from clearway_platform.web.routing import Router

router = Router(prefix="/v1/feeds", tags=["Reading incidents"])

# As many as the feeds of the USGS have.
MOST_FEATURES: Final = 20_000


class Subject(StrEnum):
    """What a feed is about."""

    ALL = "all"
    VERIFIED = "verified"
    CASUALTIES = "casualties"
    HAZARDS = "hazards"
    DELETED = "deleted"


_PERIODS: Final = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
_TITLES: Final = {
    Subject.ALL: "All incidents",
    Subject.VERIFIED: "Verified incidents",
    Subject.CASUALTIES: "Incidents with people killed, injured or missing",
    Subject.HAZARDS: "Incidents whose hazard is neither cleared nor none",
    Subject.DELETED: "Retracted and merged incidents",
}
# Every feed there is, by its name.
_FEEDS: Final = {f"{subject}_{name}": (subject, period) for subject in Subject for name, period in _PERIODS.items()}


class FeedProperties(BaseModel):
    """An incident of a feed. `ids` are all its ids: its own first, then those of what was merged into it."""

    revision: int
    category: Category
    status: Status
    hazard_state: HazardState
    outcome: Outcome
    exercise: bool
    uncertainty_m: float
    earliest: datetime
    latest: datetime
    updated: datetime
    ids: list[UUID]
    url: str
    form: Literal["full", "reduced"]


class FeedFeature(BaseModel):
    """An incident. Of a reduced one the geometry is the cell that contains its point, and times are to the day."""

    type: Literal["Feature"]
    id: UUID
    geometry: Point | Polygon
    properties: FeedProperties


class DeletedProperties(BaseModel):
    """Why an incident must be dropped: `retracted` with its reason, or `merged` into another one."""

    revision: int
    status: Literal["retracted", "merged"]
    updated: datetime
    reason: str | None
    merged_into: UUID | None


class DeletedFeature(BaseModel):
    """An incident that those who keep copies must drop."""

    type: Literal["Feature"]
    id: UUID
    geometry: Point | None = Field(description="Null: it is drawn no more.")
    properties: DeletedProperties


class FeedMetadata(BaseModel):
    """About a feed. `updated` is when its last change was recorded; null where there is none. `next` is the address of
    the rest, where there are more than 20,000."""

    title: str
    url: str
    count: int
    updated: datetime | None
    next: str | None


class FeedBody(BaseModel):
    """A FeatureCollection, the last changed first."""

    type: Literal["FeatureCollection"]
    metadata: FeedMetadata
    features: list[FeedFeature | DeletedFeature]


@router.get(
    "/{feed}.geojson",
    operation_id="feeds.get",
    summary="Read a feed",
    response_class=GeoJson,
    response_model=FeedBody,
    responses=AS_GEOJSON,
)
async def read_feed(
    request: Request,
    name: Annotated[str, Path(alias="feed", max_length=50, description=f"One of {', '.join(_FEEDS)}.")],
    principal: Reader,
    wiring: Wired,
    updated_after: Annotated[
        FromTime | None, Query(description=f"Recorded or changed at this time or later. {A_DATE}")
    ] = None,
    as_of: AsOf = None,
    cursor: Cursor = None,
) -> Response:
    """What was recorded or changed in the last hour, day (24 hours), week or month (30 days), whenever it happened: a
    report that comes late is in the feed. Ask again with `If-None-Match`: 304 while nothing changed. `deleted_…` has
    what to drop. A key sees each incident as in the list."""
    if name not in _FEEDS:
        raise UnknownFeed(name, _FEEDS)
    subject, period = _FEEDS[name]
    since = _before(as_of or wiring.clock.now(), period)
    since = since if updated_after is None else max(since, updated_after)
    after = page_end_of(cursor)
    database = platform_of(request).database.of(principal.mission)
    if subject is Subject.DELETED:
        found = await database.read_apart(
            lambda connection: deleted(connection, principal.mission, since, as_of, after, MOST_FEATURES)
        )
    else:
        changed = Changed(_filter_of(subject, as_of), since, subject is Subject.CASUALTIES)
        found = await database.read_apart(lambda connection: feed(connection, principal, changed, after, MOST_FEATURES))
        note_all_read(request, principal, f"feed {name}")
    content = await asyncio.to_thread(_content, subject, found, request.url.path, request.url.query)
    return Response(content, media_type=MEDIA_TYPE)


def _before(moment: datetime, period: timedelta) -> datetime:
    first = datetime.min.replace(tzinfo=UTC)
    return moment - period if moment - first > period else first


def _filter_of(subject: Subject, as_of: datetime | None) -> Filter:
    match subject:
        case Subject.VERIFIED:
            return Filter(status=(Status.VERIFIED,), as_of=as_of)
        case Subject.HAZARDS:
            return Filter(hazard_state=GRAVITY, as_of=as_of)
    return Filter(as_of=as_of)


def _content(subject: Subject, found: Feed, path: str, query: str) -> bytes:
    rows = found.rows
    feature = _deleted if subject is Subject.DELETED else _incident
    metadata = {
        "title": _TITLES[subject],
        "url": path,
        "count": len(rows),
        "updated": _moment(rows[0].updated) if rows else None,
        "next": None if found.is_last else _next(path, query, rows[-1]),
    }
    features = [feature(row, found.merged) for row in rows]
    return to_json({"type": "FeatureCollection", "metadata": metadata, "features": features})


def _next(path: str, query: str, last: Row[Any]) -> str:
    kept = [part for part in query.split("&") if part and not part.startswith("cursor=")]
    return f"{path}?{'&'.join([*kept, f'cursor={cursor_of(last.updated.isoformat(), str(last.incident_id))}'])}"


def _incident(row: Row[Any], merged: Mapping[UUID, Any]) -> dict[str, Any]:
    place, earliest, latest = (row.longitude, row.latitude), _moment(row.earliest), _moment(row.latest)
    return {
        "type": "Feature",
        "id": row.incident_id,
        "geometry": {"type": "Point", "coordinates": place} if row.whole else cell_of(*place).polygon,
        "properties": {
            "revision": row.revision,
            "category": Category(row.category).value,
            "status": row.status,
            "hazard_state": row.hazard_state,
            "outcome": row.outcome,
            "exercise": bool(row.exercise),
            "uncertainty_m": row.uncertainty_m,
            "earliest": earliest if row.whole else day_of(earliest),
            "latest": latest if row.whole else end_of_day(latest),
            "updated": _moment(row.updated),
            "ids": [row.incident_id, *merged.get(row.incident_id, ())],
            "url": address(row.incident_id),
            "form": "full" if row.whole else "reduced",
        },
    }


def _deleted(row: Row[Any], _merged: Mapping[UUID, Any]) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in ("revision", "status", "reason", "merged_into")}
    return {
        "type": "Feature",
        "id": row.incident_id,
        "geometry": None,
        "properties": {**shown, "updated": _moment(row.updated)},
    }


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
