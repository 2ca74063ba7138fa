"""A mission in which every page has something to show.

Its names are in no language, so that tests can look for words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from clearway_platform.clock import new_id
from clearway_testing.plumbing import eventually

from .people import Person, report_of, withheld

ROUTE: Final = "Kelo 7"
LINE: Final = ((-30.20, 10.00), (-30.12, 10.03), (-30.05, 10.02), (-29.95, 10.06))
ON_IT: Final = ((-30.16, 10.015), (-30.09, 10.026), (-30.0, 10.04))
UNIT: Final = "Orvanta"
PATIENCE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Scene:
    """A key that may do everything, and what is on record: ids for the addresses of the pages."""

    key: str
    incident: str
    # What may be the same event as `incident`.
    duplicate: str
    route: str
    subscription: str

    def address(self, path: str) -> str:
        """The path with the ids in the place of `{incident}`, `{duplicate}`, `{route}` and `{subscription}`."""
        return path.format(
            incident=self.incident, duplicate=self.duplicate, route=self.route, subscription=self.subscription
        )


async def make_scene(person: Person, key: str) -> Scene:
    """Put everything on record, and return once it is there to be read. Raises TimeoutError."""
    route = str(new_id())
    line = {"type": "LineString", "coordinates": LINE}
    await person.send("PUT", f"/v1/routes/{route}", {"name": ROUTE, "line": line, "half_width_m": 500})
    past = {"at": (datetime.now(UTC) - timedelta(hours=3)).isoformat(), "organisation": UNIT}
    cleared = past | {"from_km": 0, "to_km": 4.5, "method": "detector", "result": "found_and_cleared", "items_found": 1}
    await person.send("POST", f"/v1/routes/{route}/clearances", cleared)
    passed = past | {"from_km": 0, "to_km": 12, "kind": "convoy", "result": "nothing_seen"}
    await person.send("POST", f"/v1/routes/{route}/passes", passed)
    ring = [[-30.03, 10.02], [-30.01, 10.02], [-30.01, 10.05], [-30.03, 10.05], [-30.03, 10.02]]
    area = {"name": "Tavok", "status": "suspected", "organisation": UNIT}
    await person.send("POST", "/v1/areas", area | {"polygon": {"type": "Polygon", "coordinates": [ring]}})
    source = {"name": "Mirel", "kind": "reporting_cell", "watches": "Kelo", "quiet_after": "PT12H"}
    await person.send("POST", "/v1/sources", source)
    circle = {"type": "circle", "center": {"type": "Point", "coordinates": ON_IT[0]}, "radius_m": 20_000}
    hook = {"type": "webhook", "url": "http://127.0.0.1:9/"}  # nobody listens: its deliveries fail
    asked = {"name": "Dorsa", "filter": {"area": circle}, "channel": hook}
    subscription = (await person.send("POST", "/v1/subscriptions", asked))["subscription_id"]
    await person.send("POST", "/v1/subscriptions", asked | {"name": "Vesk", "channel": {"type": "stream"}})
    duplicate = await _duplicate(person, ON_IT[0])
    incident = await _report(person)

    async def is_there() -> bool:
        alerts = await person.get("/v1/alerts", incident_id=incident)
        risk = await person.get(f"/v1/routes/{route}/risk")
        deliveries = await person.get(f"/v1/subscriptions/{subscription}/deliveries")
        failed = any(one["last_error"] for one in deliveries["items"])
        return len(alerts["items"]) >= 2 and len(risk["hazards"]) >= 2 and failed

    await eventually(is_there, PATIENCE_SECONDS)
    return Scene(key, incident, duplicate, route, subscription)


async def _report(person: Person) -> str:
    """Incidents of several kinds and states, of a past that gives a rate as well. The id of the one with a history."""
    for days in range(4, 40, 4):
        ended = {"outcome": "found_cleared", "hazard_state": "cleared"}
        await person.send("POST", "/v1/incidents", report_of("", ON_IT[1], ago=timedelta(days=days)) | ended)
    await person.report("Tavok 2", ON_IT[1], category="landmine", outcome="detonated", hazard_state="none")
    await person.report("Tavok 3", ON_IT[1], category="uxo_erw", outcome="found_not_cleared", hazard_state="suspected")
    await person.report("Tavok 4", ON_IT[2], category="ammunition_storage", exercise=True)
    await person.report("Tavok 5", ON_IT[2], category="unknown", hazard_state="unknown", outcome="unknown")
    await person.retract(await person.report("Tavok 6", ON_IT[0]))
    told = {"organisation": UNIT, "role": "x", "channel": "radio"}
    incident = await person.report("Tavok 1", ON_IT[0], report=told, narrative=withheld("x"))
    await person.attach(incident, "Kelo")
    await person.change(incident, "review", {})
    await person.change(incident, "grade", {"source_reliability": "B", "info_credibility": 2})
    return incident


async def _duplicate(person: Person, at: tuple[float, float], place: str = "Tavok 7", **more: str) -> str:
    """What the village says of the event at `at`: near it, somewhat earlier, and with other words."""
    longitude, latitude = at
    body = report_of(place, (longitude + 0.001, latitude + 0.0008), ago=timedelta(minutes=25))
    body["location"] |= {"uncertainty_m": 250, "precision": "near_locality"}
    hurt = [{"outcome": "injured", "low": 1, "best": 1, "high": 2, "affiliation": "civilian"}]
    told = {"outcome": "found_not_cleared", "hazard_state": "suspected", "casualties": hurt}
    await person.send("POST", "/v1/incidents", body | told | more)
    return str(body["incident_id"])


async def make_demonstration(person: Person, key: str, seconds: float) -> Scene:
    """What the demonstration lacks, on the route of its subscription. Returns once that route has known hazards."""
    found: list[str] = []

    async def is_there() -> bool:
        routes = (await person.get("/v1/routes"))["items"]
        found[:] = [one["route_id"] for one in routes if one["risk"]["known_hazards"] >= 2]
        return len(found) > 0

    await eventually(is_there, seconds)
    route = found[0]
    past = {"at": (datetime.now(UTC) - timedelta(hours=3)).isoformat(), "organisation": "Clearance team"}
    cleared = past | {"from_km": 0, "to_km": 4.5, "method": "detector", "result": "found_and_cleared", "items_found": 1}
    await person.send("POST", f"/v1/routes/{route}/clearances", cleared)
    passed = past | {"from_km": 0, "to_km": 8, "kind": "convoy", "result": "nothing_seen"}
    await person.send("POST", f"/v1/routes/{route}/passes", passed)
    source = {
        "name": "Reporting cell north",
        "kind": "reporting_cell",
        "watches": "Route Alder",
        "quiet_after": "PT12H",
    }
    await person.send("POST", "/v1/sources", source)
    area = {"type": "circle", "center": {"type": "Point", "coordinates": (-30.05, 10.02)}, "radius_m": 5_000}
    asked = {"name": "Convoy", "filter": {"area": area}, "channel": {"type": "webhook", "url": "http://127.0.0.1:9/"}}
    subscription = (await person.send("POST", "/v1/subscriptions", asked))["subscription_id"]
    found_at = (-30.085, 10.025)
    duplicate = await _duplicate(person, found_at, "Village side of the bridge", narrative=withheld("x"))
    reporter = {"organisation": "Patrol 3", "role": "commander", "channel": "radio"}
    place, told = "Culvert north of the bridge", "Object beside the road, seen from 30 m. Nobody went closer."
    incident = await person.report(place, found_at, narrative=told, report=reporter)
    await person.attach(incident, place)
    await person.change(incident, "review", {})
    await person.change(incident, "grade", {"source_reliability": "B", "info_credibility": 2})

    async def is_warned() -> bool:
        return len((await person.get("/v1/alerts", incident_id=incident))["items"]) >= 2

    await eventually(is_warned, seconds)
    return Scene(key, incident, duplicate, route, subscription)
