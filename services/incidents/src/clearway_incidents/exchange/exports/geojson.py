"""Incidents as GeoJSON (RFC 7946): a feature each, with flat properties that a geographic system reads as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_core import to_json

from clearway_incidents.exchange.exports.format import Format

MEDIA_TYPE: Final = "application/geo+json"

_OWN: Final = (
    "revision",
    "category",
    "outcome",
    "hazard_state",
    "status",
    "actuation",
    "delivery",
    "target",
    "activity",
)


def feature_of(incident: Mapping[str, Any]) -> dict[str, Any]:
    """An incident as its reader sees it, as a feature. Of a reduced one the geometry is the cell that contains it."""
    location, time = incident["location"], incident["time"]
    return {
        "type": "Feature",
        "id": incident["incident_id"],
        "geometry": location.get("point") or location["area"],
        "properties": {
            **{name: incident[name] for name in _OWN},
            "priority": incident.get("priority"),
            "exercise": incident["exercise"],
            "occurred_at": time["occurred_at"],
            "earliest": time["earliest"],
            "latest": time["latest"],
            "time_precision": time["precision"],
            "updated": incident["audit"]["updated_at"],
            "place_name": location.get("place_name"),
            "admin0": location.get("admin0"),
            "admin1": location.get("admin1"),
            "admin2": location.get("admin2"),
            "setting": location["setting"],
            "location_precision": location["precision"],
            "uncertainty_m": location["uncertainty_m"],
            "mgrs": location.get("mgrs"),
            **_people(incident["casualties"]),
            "road_passable": incident["impact"]["road_passable"],
            "source_reliability": incident["grading"]["source_reliability"],
            "info_credibility": incident["grading"]["info_credibility"],
            "tlp": incident["sharing"]["tlp"],
            "form": incident["form"],
            "url": f"/v1/incidents/{incident['incident_id']}",
        },
    }


def _people(casualties: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The best figures, by what became of them."""
    return {
        outcome: sum(one["best"] for one in casualties if one["outcome"] == outcome)
        for outcome in ("killed", "injured", "missing")
    }


def _write(incidents: Sequence[Mapping[str, Any]], following: str | None) -> bytes:
    features = [feature_of(incident) for incident in incidents]
    return to_json({"type": "FeatureCollection", "features": features, "next": following})


GEOJSON: Final = Format(MEDIA_TYPE, _write)
