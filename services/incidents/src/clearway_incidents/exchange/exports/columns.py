"""An incident as flat columns, which tables and geographic systems read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

_OWN: Final = (
    *("revision", "category", "outcome", "hazard_state", "status"),
    *("actuation", "delivery", "target", "activity"),
)


COLUMNS: Final = (
    *_OWN,
    *("priority", "exercise", "occurred_at", "earliest", "latest", "time_precision", "updated"),
    *("place_name", "admin0", "admin1", "admin2", "setting", "location_precision", "uncertainty_m", "mgrs"),
    *("killed", "injured", "missing", "road_passable", "source_reliability", "info_credibility"),
    *("tlp", "form", "url"),
)


def columns_of(incident: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an incident as its reader sees it, each a single value."""
    location, time = incident["location"], incident["time"]
    return {
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
    }


def _people(casualties: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The best figures, by what became of them."""
    return {
        outcome: sum(one["best"] for one in casualties if one["outcome"] == outcome)
        for outcome in ("killed", "injured", "missing")
    }
