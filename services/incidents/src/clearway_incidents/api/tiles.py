"""The map of incidents as vector tiles, which MapLibre, QGIS and others read as they are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import Path, Request
from starlette.responses import Response

from clearway_incidents.api.dependencies import Reader, Wired
from clearway_incidents.api.filters import Everywhere, found_by_place
from clearway_incidents.api.restricted import note_all_read
from clearway_incidents.domain.errors import UnknownTile
from clearway_incidents.exchange.tiles import MEDIA_TYPES, MOST_ZOOM, Tile, drawn_on
from clearway_incidents.queries.incident_map import incident_map
from clearway_platform.messaging.standing import standing_of
from clearway_platform.version import VERSION
from clearway_platform.web.access import platform_of
from clearway_platform.web.representation import matches, weak_etag
from clearway_platform.web.routing import Router
from clearway_platform.web.strict import preferred

router = Router(prefix="/v1/incident-tiles", tags=["Reading incidents"])

Number = Annotated[int, Path(ge=0, lt=2**MOST_ZOOM)]


@router.get(
    "/{zoom}/{column}/{row}",
    operation_id="incident_tiles.get",
    summary="Draw incidents on a map, by tiles",
    response_class=Response,
    responses={
        200: {
            "description": "A tile.",
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES},
        }
    },
)
async def tile(
    request: Request,
    zoom: Annotated[int, Path(ge=0, le=MOST_ZOOM)],
    column: Number,
    row: Number,
    principal: Reader,
    wiring: Wired,
    query: Everywhere,
) -> Response:
    """A Mapbox Vector Tile of the web's map (EPSG:3857, `{z}/{x}/{y}`). Up to 2,000 incidents come one by one, in the
    layer `incidents`, those that the key reads reduced as cells in `cells`; of more the tile has `clusters` with the
    properties of `/v1/incident-map`. What lies on the border of two tiles is in both. Ask again with `If-None-Match`:
    304 while nothing changed."""
    asked = Tile(zoom, column, row)
    if not asked.exists:
        raise UnknownTile(zoom)
    platform = platform_of(request)
    cursors = await platform.feed.cursors()
    database = platform.database.of(principal.mission)
    async with database.read() as connection:
        standing = await standing_of(connection, cursors, principal.mission, platform.clock.now())
    tag, form = None, preferred(request)
    if standing.tag is not None:
        tag = weak_etag(repr((VERSION, standing.tag, principal.ceiling, query, asked, form)).encode())
        if matches(request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers={"ETag": tag})
    wanted = await found_by_place(request, principal, wiring, replace(query, bbox=asked.box))
    found = await database.read_apart(lambda connection: incident_map(connection, principal, wanted, zoom))
    content = await asyncio.to_thread(drawn_on, asked, found)
    note_all_read(request, principal, "incident-tiles")
    return Response(content, media_type=form, headers={"ETag": tag or weak_etag(content)})
