"""OGC API – Features, Part 1 (OGC 17-069r4): what QGIS, GDAL and other geographic systems read as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_json
from starlette.responses import Response

from clearway_contracts.geometry import Point, Polygon
from clearway_incidents.api.answers import visible
from clearway_incidents.api.dependencies import Reader, Wired
from clearway_incidents.api.filters import AsOf, Everywhere, box_of, cursor_of, found_by_place, page_end_of
from clearway_incidents.api.geojson import AS_GEOJSON, GeoJson
from clearway_incidents.api.restricted import note_reads
from clearway_incidents.domain.errors import UnknownIncident
from clearway_incidents.exchange.exports.columns import COLUMNS
from clearway_incidents.exchange.exports.geojson import MEDIA_TYPE, feature_of
from clearway_incidents.queries import incidents as queries
from clearway_platform.heavy import of_each
from clearway_platform.refusals import Invalid
from clearway_platform.web.audited import note_export
from clearway_platform.web.moments import FromTime, UntilTime
from clearway_platform.web.pages import Cursor
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router

ROOT: Final = "/v1/ogc"
COLLECTION: Final = "incidents"
ITEMS: Final = f"{ROOT}/collections/{COLLECTION}/items"
CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CONFORMS_TO: Final = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)
# More may be asked for, and are not given: the standard says that a larger limit is no error.
MOST_ITEMS: Final = 500
_JSON: Final = "application/json"
_OPEN: Final = ("", "..")
_FROM: Final[TypeAdapter[datetime]] = TypeAdapter(FromTime)
_UNTIL: Final[TypeAdapter[datetime]] = TypeAdapter(UntilTime)

router = Router(prefix=ROOT, tags=["OGC API – Features"])


class LinkBody(BaseModel):
    href: str
    rel: str
    type: str
    title: str | None = None


class LandingBody(BaseModel):
    """Where everything is."""

    title: str
    description: str
    links: list[LinkBody]


class ConformanceBody(BaseModel):
    """What of the standard is kept."""

    conformsTo: list[str]  # noqa: N815 - the name of the standard


class SpatialExtent(BaseModel):
    bbox: list[list[float]]
    crs: str


class TemporalExtent(BaseModel):
    interval: list[list[datetime | None]]


class ExtentBody(BaseModel):
    spatial: SpatialExtent
    temporal: TemporalExtent


class CollectionBody(BaseModel):
    """A collection: here the incidents of the key's mission."""

    id: str
    title: str
    description: str
    extent: ExtentBody
    itemType: Literal["feature"]  # noqa: N815
    crs: list[str]
    links: list[LinkBody]


class CollectionsBody(BaseModel):
    links: list[LinkBody]
    collections: list[CollectionBody]


class ItemBody(BaseModel):
    """An incident. Of a reduced one the geometry is the cell that contains its point."""

    type: Literal["Feature"]
    id: UUID
    geometry: Point | Polygon
    properties: dict[str, Any]
    links: list[LinkBody] | None = None


class ItemsBody(BaseModel):
    """A page of incidents; the link `next` leads on."""

    type: Literal["FeatureCollection"]
    features: list[ItemBody]
    numberReturned: int  # noqa: N815
    links: list[LinkBody]


@router.get("", operation_id="ogc.landing", summary="The landing page", response_model=LandingBody)
async def landing(request: Request, _principal: Reader) -> Response:
    """Give this address to QGIS (a WFS or OGC API – Features connection) or to GDAL (`OAPIF:…`), with the header
    `Authorization: Bearer KEY`."""
    here = _here(request)
    return _json(
        {
            "title": "Clearway",
            "description": "Incidents with explosive hazards of one mission, as the key may read them.",
            "links": [
                _link(here, ROOT, "self"),
                _link(here, "/openapi/incidents.json", "service-desc", "application/vnd.oai.openapi+json;version=3.1"),
                _link(here, "/docs", "service-doc", "text/html"),
                _link(here, f"{ROOT}/conformance", "conformance"),
                _link(here, f"{ROOT}/collections", "data"),
            ],
        }
    )


@router.get("/conformance", operation_id="ogc.conformance", summary="Conformance", response_model=ConformanceBody)
async def conformance(_principal: Reader) -> Response:
    """The classes of the standard that are kept. Coordinates are in CRS 84: longitude, then latitude."""
    return _json({"conformsTo": CONFORMS_TO})


@router.get("/collections", operation_id="ogc.collections", summary="Collections", response_model=CollectionsBody)
async def collections(request: Request, _principal: Reader) -> Response:
    """There is one."""
    here = _here(request)
    return _json({"links": [_link(here, f"{ROOT}/collections", "self")], "collections": [_collection(here)]})


@router.get(
    f"/collections/{COLLECTION}", operation_id="ogc.collection", summary="Collection", response_model=CollectionBody
)
async def collection(request: Request, _principal: Reader) -> Response:
    """Live incidents of the key's mission, as the key may read them."""
    return _json(_collection(_here(request)))


@router.get(
    f"/collections/{COLLECTION}/items",
    operation_id="ogc.items",
    summary="Features",
    response_class=GeoJson,
    response_model=ItemsBody,
    responses=AS_GEOJSON,
)
async def items(
    request: Request,
    principal: Reader,
    wiring: Wired,
    reading: Reading,
    query: Everywhere,
    bbox: Annotated[
        str | None, Query(max_length=200, description="west,south,east,north in degrees; heights are left out.")
    ] = None,
    moments: Annotated[
        str | None,
        Query(
            alias="datetime",
            max_length=100,
            description="A time, or an interval as in 2026-02-01T00:00:00Z/.. that the incident touches.",
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1_000_000, description=f"{MOST_ITEMS} are given at most.")] = 100,
    properties: Annotated[
        str | None, Query(max_length=1_000, description="Only these properties, with commas between.")
    ] = None,
    cursor: Cursor = None,
) -> Response:
    """The last recorded first, with the filters of the list of incidents; what the standard calls `datetime` narrows
    beside `from` and `to`. Retracted and merged ones are left out unless `status` names them."""
    since, until = _span(moments)
    wanted = replace(
        query,
        bbox=None if bbox is None else box_of(_flat(bbox)),
        since=max(filter(None, (query.since, since)), default=None),
        until=min(filter(None, (query.until, until)), default=None),
    )
    wanted = await found_by_place(request, principal, wiring, wanted)
    names = None if properties is None else _names(properties)
    page = await queries.incidents(
        reading, wiring.states, principal, wanted, page_end_of(cursor), min(limit, MOST_ITEMS)
    )
    seen = await of_each(lambda found: visible(found, principal), page.found)
    features = [_narrowed(feature_of(one), names) for one in seen if one is not None]
    note_reads(request, principal, page.found)
    note_export(request, "incidents as OGC API features")
    here, asked = _here(request), request.query_params.multi_items()
    links = [_link(here, _with(asked), "self", MEDIA_TYPE)]
    if not page.is_last:
        last = page.found[-1].state
        following = cursor_of(last["audit"]["created_at"], last["incident_id"])
        rest = [(name, value) for name, value in asked if name != "cursor"]
        links.append(_link(here, _with([*rest, ("cursor", following)]), "next", MEDIA_TYPE))
    links.append(_link(here, f"{ROOT}/collections/{COLLECTION}", "collection"))
    # No time of the answer, which the standard leaves open: the same content has the same ETag.
    counted = {"numberReturned": len(features)}
    return _geojson({"type": "FeatureCollection", "features": features, **counted, "links": links})


@router.get(
    f"/collections/{COLLECTION}/items/{{incident_id}}",
    operation_id="ogc.item",
    summary="Feature",
    response_class=GeoJson,
    response_model=ItemBody,
    responses=AS_GEOJSON,
)
async def item(
    request: Request, incident_id: UUID, principal: Reader, wiring: Wired, reading: Reading, as_of: AsOf = None
) -> Response:
    """One incident."""
    found = await queries.incident_at(reading, wiring.states, principal.mission, incident_id, as_of)
    seen = None if found is None else visible(found, principal)
    if found is None or seen is None:
        raise UnknownIncident(incident_id)
    note_reads(request, principal, [found])
    here = _here(request)
    links = [
        _link(here, f"{ITEMS}/{incident_id}", "self", MEDIA_TYPE),
        _link(here, f"{ROOT}/collections/{COLLECTION}", "collection"),
    ]
    return _geojson({**feature_of(seen), "links": links})


def _collection(here: str) -> dict[str, Any]:
    return {
        "id": COLLECTION,
        "title": "Incidents",
        "description": "Live incidents; what a key may not read is left out or reduced to a cell of a grid.",
        "extent": {
            "spatial": {"bbox": [[-180.0, -90.0, 180.0, 90.0]], "crs": CRS84},
            "temporal": {"interval": [[None, None]]},
        },
        "itemType": "feature",
        "crs": [CRS84],
        "links": [
            _link(here, f"{ROOT}/collections/{COLLECTION}", "self"),
            _link(here, ITEMS, "items", MEDIA_TYPE),
        ],
    }


def _flat(bbox: str) -> str:
    """The box without its heights: of six numbers the third and the sixth are heights."""
    parts = bbox.split(",")
    return ",".join(parts[index] for index in (0, 1, 3, 4)) if len(parts) == 6 else bbox


def _span(moments: str | None) -> tuple[datetime | None, datetime | None]:
    """The times of a filter. An open end is `..` or nothing."""
    if moments is None:
        return None, None
    first, slash, last = moments.partition("/")
    last = last if slash else first
    try:
        since = None if slash and first in _OPEN else _FROM.validate_python(first)
        until = None if slash and last in _OPEN else _UNTIL.validate_python(last)
    except ValidationError as error:
        remedy = "Send 2026-02-28T05:40:00Z, or an interval as 2026-02-01T00:00:00Z/2026-02-28T00:00:00Z; .. is open."
        raise Invalid("datetime", "is not a time or an interval", remedy, part="query") from error
    return since, until


def _names(properties: str) -> frozenset[str]:
    names = frozenset(properties.split(","))
    if unknown := sorted(names - set(COLUMNS)):
        listed = ", ".join(repr(name[:60]) for name in unknown[:5])
        raise Invalid("properties", f"there is no {listed}", f"Use: {', '.join(COLUMNS)}.", part="query")
    return names


def _narrowed(feature: dict[str, Any], names: frozenset[str] | None) -> dict[str, Any]:
    if names is None:
        return feature
    kept = {name: value for name, value in feature["properties"].items() if name in names}
    return {**feature, "properties": kept}


def _with(query: list[tuple[str, str]]) -> str:
    return f"{ITEMS}?{urlencode(query)}" if query else ITEMS


def _here(request: Request) -> str:
    """The origin under which the client asked: the standard's links are absolute."""
    return str(request.base_url).rstrip("/")


def _link(here: str, path: str, rel: str, kind: str = _JSON) -> dict[str, str]:
    return {"href": f"{here}{path}", "rel": rel, "type": kind}


def _json(body: Mapping[str, Any]) -> Response:
    return Response(to_json(body), media_type=_JSON)


def _geojson(body: Mapping[str, Any]) -> Response:
    return Response(to_json(body), media_type=MEDIA_TYPE)
