"""How an event of a route reads in `clearway tail`."""

from __future__ import annotations

from typing import Final

from clearway_contracts.areas import AREA_EVENTS
from clearway_contracts.checks import CHECK_EVENTS
from clearway_contracts.routes import ROUTE_EVENTS
from clearway_platform.cli.event_lines import moment
from clearway_platform.cli.streams import Data, Description, Names, Stream

_KNOWN: Final = frozenset(event.event_type for event in (*ROUTE_EVENTS, *CHECK_EVENTS, *AREA_EVENTS))


async def describe(kind: str, data: Data, names: Names) -> Description | None:
    """The route's new revision or risk, or what was done for it, the cause, and the ids."""
    if kind not in _KNOWN:
        return None
    if "area" in data:
        return _of_an_area(data["area"])
    route_id = data["route_id"]
    path = f"/v1/routes/{route_id}"
    if "route" in data:
        route = data["route"]
        names.remember(path, route["name"])
        state = "retired" if route.get("retired") else f"revision {route['revision']}"
        return moment(route["registered_at"]), [route["name"], state, f"route {route_id}"]
    if "clearance" in data or "route_pass" in data:
        return await _of_a_check(data.get("clearance") or data["route_pass"], names)
    risk = data["risk"]
    said = [
        await names.find(path),
        _change(data.get("previous_band"), risk["band"]),
        f"{risk['expected_events']:.2g} events expected in {risk['horizon_days']:g} days",
        _hazards(risk.get("known_hazards", 0)),
        f"because of incident {data['cause']}" if data.get("cause") else "",
        f"route {route_id}",
    ]
    return moment(risk["at"]), said


def _hazards(number: int) -> str:
    return f"{number} known {'hazard' if number == 1 else 'hazards'}" if number else ""


def _of_an_area(area: Data) -> Description:
    """Its name, whether it stands, what it holds, and why it changed."""
    state = "released" if area.get("released") else area["status"]
    said = [area["name"], f"{state}, {area['category']}", area.get("reason") or "", f"area {area['area_id']}"]
    return moment(area["recorded_at"]), said


async def _of_a_check(check: Data, names: Names) -> Description:
    """The stretch, what was done, by whom and with what result."""
    said = [
        await names.find(f"/v1/routes/{check['route_id']}"),
        f"km {check['from_m'] / 1000:.1f}–{check['to_m'] / 1000:.1f}",
        check.get("method") or check["kind"],
        f"{check['result']}, {check['organisation']}",
        f"withdrawn at revision {check['revision']}" if check.get("withdrawn") else f"revision {check['revision']}",
        f"route {check['route_id']}",
    ]
    return moment(check["recorded_at"]), said


def _change(before: str | None, after: str) -> str:
    return f"{after} as before" if before == after else f"{before or 'not rated before'} → {after}"


stream: Final = Stream("/v1/route-events", "yellow", describe)
