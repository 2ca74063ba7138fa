"""How an event of an incident reads in `clearway tail`."""

from __future__ import annotations

from typing import Any, Final

from clearway_contracts.incidents import INCIDENT_EVENTS
from clearway_platform.cli.event_lines import moment, place_in_words
from clearway_platform.cli.streams import Data, Description, Names, Stream

_KNOWN: Final = frozenset(event.event_type for event in INCIDENT_EVENTS)


async def describe(kind: str, data: Data, names: Names) -> Description | None:
    """Where, what and why, with the ids that lead to it."""
    if kind not in _KNOWN:
        return None
    incident = data["incident"]
    place, status = incident["location"], incident["status"]
    said = [
        "EXERCISE" if incident.get("exercise") else "",
        _where(place),
        await _route(place.get("route_id"), names),
        f"{incident['category']}, {incident['outcome']}, hazard {_hazard(incident)}",
        f"status {status}" if status != "reported" else "",
        _why(incident, data.get("changed", ()) if data["revision"] > 1 else ()),
        _occurred(incident["time"]),
        f"incident {data['incident_id']} revision {data['revision']}",
    ]
    return moment(incident["audit"]["updated_at"]), said


def _where(place: Data) -> str:
    """The point, or the cell that contains it, for those who may not read where it is."""
    if place.get("point"):
        return place_in_words(place["point"], place.get("place_name"))
    ring = place["area"]["coordinates"][0]
    middle = [sum(position[axis] for position in ring[:-1]) / (len(ring) - 1) for axis in (0, 1)]
    return f"somewhere in the cell around {place_in_words({'coordinates': middle}, None)}, reduced for this key"


async def _route(route_id: str | None, names: Names) -> str:
    if route_id is None:
        return ""
    return f"on {await names.find(f'/v1/routes/{route_id}') or route_id}"


def _hazard(incident: Data) -> str:
    state, clearance = incident["hazard_state"], incident.get("clearance") or {}
    if clearance.get("state") == "claimed":
        return f"{state}, reported {clearance['hazard_state']}, not confirmed"
    return f"{state}, by one person" if clearance.get("override_reason") else str(state)


def _why(incident: Data, changed: Any) -> str:
    if retraction := incident.get("retraction"):
        return f"withdrawn: {retraction['reason']}"
    if merged := incident["links"].get("merged_into"):
        return f"merged into {merged}"
    return f"changed: {', '.join(changed)}" if changed else ""


def _occurred(time: Data) -> str:
    if time.get("occurred_at"):
        return f"occurred {moment(time['occurred_at']):%Y-%m-%d %H:%M}Z"
    if time.get("earliest") and time.get("latest"):
        return f"occurred {moment(time['earliest']):%Y-%m-%d} to {moment(time['latest']):%Y-%m-%d}"
    return ""


stream: Final = Stream("/v1/incident-events", "cyan", describe)
