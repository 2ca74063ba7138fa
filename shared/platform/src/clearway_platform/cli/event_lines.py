"""An event as a person reads it: when, what, where and why, and the ids that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from rich.cells import cell_len

from clearway_contracts.registry import EVENTS
from clearway_platform.cli.listing import printable

Data = Mapping[str, Any]

_INDENT: Final = "    "
_GAP: Final = "  "
_KNOWN: Final = frozenset(EVENTS)


@dataclass(frozen=True, slots=True)
class Line:
    """An event: its time, its type, and what is said of it, part by part."""

    at: datetime
    kind: str
    parts: tuple[str, ...]

    def laid_out(self, width: int | None, paint: Callable[[str], str] = str) -> str:
        """One line; on a terminal of `width` broken between the parts, never within one that holds an id."""
        when = f"{self.at:%Y-%m-%d %H:%M:%S}Z"
        pieces = [piece for part in self.parts for piece in _pieces(part, width)]
        lines, used = [f"{when}{_GAP}{paint(self.kind)}"], len(when) + len(_GAP) + len(self.kind)
        for piece in pieces:
            if width is not None and used + len(_GAP) + cell_len(piece) > width:
                lines.append(_INDENT + piece)
                used = len(_INDENT) + cell_len(piece)
            else:
                lines[-1] += _GAP + piece
                used += len(_GAP) + cell_len(piece)
        return "\n".join(lines)


def line_of(kind: str, data: Data, route_names: Mapping[str, str]) -> Line | None:
    """What to print of an event; None for a type that is not known here."""
    if kind not in _KNOWN:
        return None
    family = kind.partition(".")[0]
    at, parts = _FAMILIES[family](kind, data, route_names)
    return Line(at, kind, tuple(printable(part) for part in parts if part))


def route_of(kind: str, data: Data) -> str | None:
    """The id of the route that the event is about, or lies on; its name is to be found before the line is made."""
    found = data.get("route_id")
    if found is None and "incident" in data:
        found = data["incident"]["location"].get("route_id")
    return None if found is None else str(found)


def _incident(kind: str, data: Data, routes: Mapping[str, str]) -> tuple[datetime, list[str]]:
    incident = data["incident"]
    place, status = incident["location"], incident["status"]
    said = [
        "EXERCISE" if incident.get("exercise") else "",
        _place(place["point"], place.get("place_name")),
        f"on {routes.get(str(place['route_id']), place['route_id'])}" if place.get("route_id") else "",
        f"{incident['category']}, {incident['outcome']}, hazard {incident['hazard_state']}",
        f"status {status}" if status != "reported" else "",
        _why(incident, data.get("changed", ()) if data["revision"] > 1 else ()),
        _occurred(incident["time"]),
        f"incident {data['incident_id']} revision {data['revision']}",
    ]
    return _moment(incident["audit"]["updated_at"]), said


def _why(incident: Data, changed: Any) -> str:
    if retraction := incident.get("retraction"):
        return f"withdrawn: {retraction['reason']}"
    if merged := incident["links"].get("merged_into"):
        return f"merged into {merged}"
    return f"changed: {', '.join(changed)}" if changed else ""


def _alert(kind: str, data: Data, _routes: Mapping[str, str]) -> tuple[datetime, list[str]]:
    alert = data["alert"]
    ids = [f"incident {data['incident_id']}", f"alert {data['alert_id']}"]
    point = _place(alert["point"], None)
    if kind == "alert.acknowledged":
        return _moment(data["at"]), [f"acknowledged by {data['by']}", alert["headline"], point, *ids]
    if kind == "alert.cancelled":
        # First of all that it is over: what the headline says of the hazard would be read as a warning.
        said = ["NO LONGER STANDS", f"because: {alert['reason']}", f"it was about: {alert['headline']}"]
    else:
        said = [f"{alert['severity']}, {alert['urgency']}", alert["headline"], f"because: {alert['reason']}"]
    return _moment(alert["issued_at"]), [*said, point, *ids]


def _route(kind: str, data: Data, routes: Mapping[str, str]) -> tuple[datetime, list[str]]:
    route_id = str(data["route_id"])
    if "route" in data:
        route = data["route"]
        state = "retired" if route.get("retired") else f"revision {route['revision']}"
        return _moment(route["registered_at"]), [route["name"], state, f"route {route_id}"]
    risk = data["risk"]
    said = [
        routes.get(route_id, ""),
        f"{data.get('previous_band') or 'not rated before'} → {risk['band']}",
        f"{risk['expected_events']:.2g} events expected in {risk['horizon_days']:g} days",
        f"because of incident {data['cause']}" if data.get("cause") else "",
        f"route {route_id}",
    ]
    return _moment(risk["at"]), said


_FAMILIES: Final = {"incident": _incident, "alert": _alert, "route": _route}


def _place(point: Data, name: str | None) -> str:
    longitude, latitude = point["coordinates"][:2]
    where = f"{abs(latitude):.4f}{'N' if latitude >= 0 else 'S'} {abs(longitude):.4f}{'E' if longitude >= 0 else 'W'}"
    return f"{name} ({where})" if name else where


def _occurred(time: Data) -> str:
    if time.get("occurred_at"):
        return f"occurred {_moment(time['occurred_at']):%Y-%m-%d %H:%M}Z"
    if time.get("earliest") and time.get("latest"):
        return f"occurred {_moment(time['earliest']):%Y-%m-%d} to {_moment(time['latest']):%Y-%m-%d}"
    return ""


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _pieces(part: str, width: int | None) -> list[str]:
    """A part as it stands; one that is longer than a line by words, which are what may be parted."""
    if width is None or cell_len(part) + len(_INDENT) <= width:
        return [part]
    lines = [""]
    for word in part.split():
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(word) + len(_INDENT) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
