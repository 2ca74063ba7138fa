"""The map of incidents, as GeoJSON that a map reads as it is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field
from pydantic_core import to_json
from sqlalchemy import Row
from starlette.responses import Response

from clearway_contracts.geometry import Point, Polygon
from clearway_contracts.grid import cell_of
from clearway_contracts.vocabulary import Category, HazardState, Outcome, Status
from clearway_incidents.api.dependencies import Reader, Wired
from clearway_incidents.api.filters import found_by_place, within
from clearway_incidents.api.restricted import note_all_read
from clearway_incidents.domain.sight import day_of
from clearway_incidents.queries.incident_map import Cluster, IncidentMap, incident_map
from clearway_incidents.queries.narrowing import Filter
from clearway_platform.messaging.standing import standing_of
from clearway_platform.version import VERSION
from clearway_platform.web.access import platform_of
from clearway_platform.web.representation import matches, weak_etag
from clearway_platform.web.routing import Router

router = Router(tags=["Reading incidents"])

Zoom = Annotated[int, Query(ge=0, le=22, description="That of the map, whose tiles have 512 pixels.")]
_PLACES = 6  # of a degree: a tenth of a metre


class MappedIncident(BaseModel):
    """What a map draws of an incident."""

    incident_id: UUID
    revision: int
    category: Category
    status: Status
    hazard_state: HazardState
    outcome: Outcome
    uncertainty_m: float
    exercise: bool
    earliest: datetime
    form: Literal["full", "reduced"]


class IncidentFeature(BaseModel):
    """An incident. Of a reduced one the geometry is the cell that contains its point: draw the area, and no point in
    its middle; `earliest` is to the day."""

    type: Literal["Feature"]
    geometry: Point | Polygon
    properties: MappedIncident


class IncidentCluster(BaseModel):
    """How many incidents there are in one cell of the grid: `hazardous` are neither cleared nor none, `reduced` are
    counted in the middle of the cell in which they are shown. West to north is the cell, with all inside that is shown
    of the reduced ones."""

    count: int
    hazardous: int
    active: int
    unknown: int
    reduced: int
    gravest: HazardState
    west: float
    south: float
    east: float
    north: float


class ClusterFeature(BaseModel):
    """A cluster, at the centre of its incidents."""

    type: Literal["Feature"]
    geometry: Point
    properties: IncidentCluster


class IncidentMapBody(BaseModel):
    """A FeatureCollection of all incidents in the box: `total` of them, each one or in clusters, as `form` says.
    Clusters are of whole cells, also where the box ends within one."""

    type: Literal["FeatureCollection"]
    form: Literal["incidents", "clusters"]
    total: int
    zoom: int = Field(
        description="That of the grid: lower than the one asked for where the box would have too many clusters."
    )
    cursor: str = Field(description="Send it as `since` to `/v1/incident-events`: no later change is missed.")
    as_of: datetime | None
    features: list[IncidentFeature | ClusterFeature]


@router.get(
    "/v1/incident-map",
    operation_id="incident_map.get",
    summary="Draw incidents on a map",
    response_model=IncidentMapBody,
)
async def draw(
    request: Request,
    principal: Reader,
    wiring: Wired,
    query: Annotated[Filter, Depends(within)],
    zoom: Zoom,
) -> Response:
    """The incidents in a box. Up to 2,000 come one by one; of more the answer has clusters, counted in the cells of a
    grid that depends on the zoom: all cells that the box touches, whole, so that a cluster stays as it is while the map
    is moved. A key sees each incident, and finds it by the filters, as in the list: what it may
    not read is left out or reduced, and is in no number and in no place."""
    platform = platform_of(request)
    cursors = await platform.feed.cursors()
    database = platform.database.of(principal.mission)
    async with database.read() as connection:
        standing = await standing_of(connection, cursors, principal.mission, platform.clock.now())
    tag = None
    if standing.tag is not None:
        tag = weak_etag(repr((VERSION, standing.tag, principal.ceiling, query, zoom)).encode())
        if matches(request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers={"ETag": tag, "Vary": "Accept-Encoding"})

    def content_of(found: IncidentMap) -> bytes:
        about = {"total": found.total, "zoom": zoom, "cursor": standing.cursor, "as_of": query.as_of}
        return to_json({"type": "FeatureCollection", **about, **_drawn(found)})

    wanted = await found_by_place(request, principal, wiring, query)
    found = await database.read_apart(lambda connection: incident_map(connection, principal, wanted, zoom))
    content = await asyncio.to_thread(content_of, found)
    note_all_read(request, principal, "incident-map")
    return Response(content, media_type="application/json", headers={"ETag": tag} if tag else None)


def _drawn(found: IncidentMap) -> dict[str, Any]:
    if found.grid is None:
        return {"form": "incidents", "features": list(map(_incident, found.incidents))}
    return {"form": "clusters", "zoom": found.grid.zoom, "features": list(map(_cluster, found.clusters))}


def _incident(row: Row[Any]) -> dict[str, Any]:
    earliest = f"{row.earliest.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
    drawn = {
        "incident_id": row.incident_id,
        "revision": row.revision,
        "category": Category(row.category).value,
        "status": row.status,
        "hazard_state": row.hazard_state,
        "outcome": row.outcome,
        "uncertainty_m": row.uncertainty_m,
        "exercise": row.exercise,
        "earliest": earliest if row.whole else day_of(earliest),
        "form": "full" if row.whole else "reduced",
    }
    place = (row.longitude, row.latitude)
    return _feature({"type": "Point", "coordinates": place} if row.whole else cell_of(*place).polygon, drawn)


def _cluster(one: Cluster) -> dict[str, Any]:
    centre = (round(one.x, _PLACES), round(one.y, _PLACES))
    sides = {name: getattr(one.box, name) for name in ("west", "south", "east", "north")}
    counts = {name: getattr(one, name) for name in ("hazardous", "active", "unknown", "reduced")}
    properties = {"count": one.incidents, **counts, "gravest": one.gravest, **sides}
    return _feature({"type": "Point", "coordinates": centre}, properties)


def _feature(geometry: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
