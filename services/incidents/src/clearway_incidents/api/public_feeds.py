"""What missions publish: coarse areas and risk education, read without a key and by a page of any origin.

Every answer comes from memory, and is the same for everyone until the next edition.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final, Literal

from fastapi import Header, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from clearway_contracts.geometry import Polygon
from clearway_incidents.api.dependencies import Wired, Wiring
from clearway_incidents.api.geojson import AS_GEOJSON, GeoJson
from clearway_incidents.api.public_areas import NAME_PATTERN
from clearway_incidents.domain.errors import UnknownPublication
from clearway_incidents.domain.public.counting import HazardKind
from clearway_incidents.domain.public.grid import Period
from clearway_incidents.domain.public.publication import AREAS, TABLE, Language, education
from clearway_incidents.exchange.exports.geojson import MEDIA_TYPE
from clearway_incidents.queries.public_feeds import Published
from clearway_platform.web.access import PublicRoute
from clearway_platform.web.representation import COMPRESS_FROM, matches, takes_gzip
from clearway_platform.web.routing import Router
from clearway_platform.web.strict import media_ranges

router = Router(prefix="/v1/public", tags=["Publishing"], route_class=PublicRoute)

CSV: Final = "text/csv"
# As long as what was switched off may still be shown by a cache.
_KEPT: Final = "public, max-age=300"

PublicName = Annotated[
    str,
    Path(min_length=3, max_length=63, pattern=NAME_PATTERN, description="The name under which a mission publishes."),
]


class Metadata(BaseModel):
    """About an edition. `fewest` incidents, or more, are behind each area."""

    title: str
    contact: str
    edition: datetime
    next_edition: datetime
    fewest: int


class PublicArea(BaseModel):
    """Of `kind` area: so many incidents were reported between two days in the cell that is its geometry. Of `kind`
    region: the whole region, of which nothing is said, since hazards can be anywhere in it. `hazards` are the kinds of
    which there are enough. That no hazard stands is never said."""

    kind: Literal["region", "area"]
    cell_degrees: float | None
    period: Period | None
    first_day: date | None
    last_day: date | None
    at_least: int | None
    at_most: int | None
    hazards: list[HazardKind] | None
    hazards_standing: Literal["yes", "unknown"] | None


class PublicAreaFeature(BaseModel):
    """An area. Its id names its cell and its period, and is the same in every edition."""

    type: Literal["Feature"]
    id: str
    geometry: Polygon
    properties: PublicArea


class PublicAreasFeed(BaseModel):
    """A FeatureCollection: first the region, then the areas."""

    type: Literal["FeatureCollection"]
    metadata: Metadata
    features: list[PublicAreaFeature]


class EducationMetadata(Metadata):
    """About an edition, and the language of its texts."""

    language: Language
    what_to_do: list[str] = Field(description="Sentences for every area, the most important first.")


class Education(BaseModel):
    """What civilians are told of an area. What to do there is said once, in the metadata."""

    kind: Literal["region", "area"]
    headline: str
    known: list[str]
    hazards_standing: Literal["yes", "unknown"]


class EducationFeature(BaseModel):
    """The same area as in the feed of areas, in plain words."""

    type: Literal["Feature"]
    id: str
    geometry: Polygon
    properties: Education


class EducationFeed(BaseModel):
    """A FeatureCollection: first the region, then the areas."""

    type: Literal["FeatureCollection"]
    metadata: EducationMetadata
    features: list[EducationFeature]


@router.get(
    "/{public_name}/areas.geojson",
    operation_id="public.get_areas",
    summary="Read the areas where hazards were reported",
    response_class=GeoJson,
    response_model=PublicAreasFeed,
    responses=AS_GEOJSON,
)
async def get_areas(request: Request, public_name: PublicName, wiring: Wired) -> Response:
    """Cells of a fixed grid in which enough incidents were reported: each cell contains the place of each of them. It
    changes at midnight UTC, and never because of one incident. No key is needed."""
    return await _sent(request, wiring, public_name, AREAS, MEDIA_TYPE)


@router.get(
    "/{public_name}/areas.csv",
    operation_id="public.get_areas_table",
    summary="Read the areas as a table",
    response_class=Response,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
async def get_table(request: Request, public_name: PublicName, wiring: Wired) -> Response:
    """The same areas as CSV, with a row of HXL tags below the names of the columns. No key is needed."""
    return await _sent(request, wiring, public_name, TABLE, CSV)


@router.get(
    "/{public_name}/risk-education.geojson",
    operation_id="public.get_risk_education",
    summary="Read what civilians are told",
    response_class=GeoJson,
    response_model=EducationFeed,
    responses=AS_GEOJSON,
)
async def get_risk_education(
    request: Request,
    public_name: PublicName,
    wiring: Wired,
    lang: Annotated[
        Language | None, Query(description="The language; by default the one that Accept-Language prefers, or English.")
    ] = None,
    accepted: Annotated[
        str | None, Header(alias="Accept-Language", max_length=500, description="Asked where `lang` is not given.")
    ] = None,
) -> Response:
    """The same areas in plain words, and what to do there: do not approach, do not touch, go back the way you came,
    report. No key is needed."""
    feed = education(lang or preferred_language(accepted or ""))
    return await _sent(request, wiring, public_name, feed, MEDIA_TYPE, vary="Accept-Language")


def preferred_language(accepted: str) -> Language:
    """The language that Accept-Language gives the largest weight; English where it names none of ours."""
    weights = {kind.partition("-")[0]: weight for kind, weight in reversed(media_ranges(accepted))}
    known = {language: weights.get(language.value, 0.0) for language in Language}
    return max(known, key=lambda language: known[language])


async def _sent(
    request: Request, wiring: Wiring, public_name: str, feed: str, media_type: str, vary: str | None = None
) -> Response:
    edition = await wiring.public_feeds.edition(public_name)
    if edition is None:
        raise UnknownPublication
    return _answer(request, edition[feed], media_type, vary)


def _answer(request: Request, published: Published, media_type: str, vary: str | None) -> Response:
    """The bytes as they are kept: nothing is compressed or hashed for a reader."""
    headers = {"ETag": published.etag, "Cache-Control": _KEPT}
    if vary is not None:
        headers["Vary"] = vary
    if matches(request.headers.get("if-none-match"), published.etag):
        answer = Response(status_code=304, headers=headers)
    elif len(published.content) >= COMPRESS_FROM and takes_gzip(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
        answer = Response(published.compressed, headers=headers, media_type=media_type)
    else:
        return Response(published.content, headers=headers, media_type=media_type)
    answer.headers.add_vary_header("Accept-Encoding")
    return answer
