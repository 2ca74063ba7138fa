"""Incidents as GeoJSON (RFC 7946): a feature each, with flat properties that a geographic system reads as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_core import to_json

from clearway_incidents.exchange.exports.columns import columns_of
from clearway_incidents.exchange.exports.format import Format

MEDIA_TYPE: Final = "application/geo+json"


def feature_of(incident: Mapping[str, Any]) -> dict[str, Any]:
    """An incident as its reader sees it, as a feature. Of a reduced one the geometry is the cell that contains it."""
    location = incident["location"]
    return {
        "type": "Feature",
        "id": incident["incident_id"],
        "geometry": location.get("point") or location["area"],
        "properties": columns_of(incident),
    }


def _write(incidents: Sequence[Mapping[str, Any]], following: str | None) -> bytes:
    features = [feature_of(incident) for incident in incidents]
    return to_json({"type": "FeatureCollection", "features": features, "next": following})


GEOJSON: Final = Format(MEDIA_TYPE, _write)
