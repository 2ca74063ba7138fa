"""Answers that are GeoJSON."""

from typing import Any, Final

from starlette.responses import JSONResponse

from clearway_incidents.exchange.exports.geojson import MEDIA_TYPE


class GeoJson(JSONResponse):
    media_type = MEDIA_TYPE


# What a route says of its answer: the format by which Accept is judged.
AS_GEOJSON: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {MEDIA_TYPE: {}}}}
