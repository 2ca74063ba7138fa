"""The synthetic theatre: invented roads on an invented island, and reports that come and go on them."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import httpx
import structlog

from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import Role

log = structlog.get_logger(__name__)

STEP_SECONDS: Final = 3.0
PAST_INCIDENTS: Final = 60
PAST_DAYS: Final = 120

NAMESPACE: Final = UUID("5b0f3c52-6a31-4b2e-9d0e-6f6d1d0c9a11")
# Degrees, in the middle of the Atlantic: no one may mistake it for a real place.
ROUTES: Final[Mapping[str, tuple[str, Sequence[tuple[float, float]]]]] = {
    "alder": ("Route Alder", [(-30.20, 10.00), (-30.12, 10.03), (-30.05, 10.02), (-29.95, 10.06)]),
    "birch": ("Route Birch", [(-30.20, 10.00), (-30.15, 9.93), (-30.06, 9.90), (-29.97, 9.91)]),
    "cedar": ("Route Cedar", [(-30.05, 10.02), (-30.06, 9.96), (-30.06, 9.90)]),
    "dogwood": ("Route Dogwood", [(-29.95, 10.06), (-29.92, 9.99), (-29.97, 9.91)]),
}


async def run_demo(address: str, keys: SqlKeyDirectory, mission: str) -> None:
    """Load the theatre and let it move until cancelled. It has files and a mission of its own: an exercise would
    not do, for exercises do not rate routes."""
    reporter = await keys.create(mission, Role.OPERATOR, "demonstration: reporter")
    verifier = await keys.create(mission, Role.VERIFIER, "demonstration: verifier")
    second = await keys.create(mission, Role.VERIFIER, "demonstration: second verifier")
    async with (
        _client(address, reporter.token) as reports,
        _client(address, verifier.token) as checks,
        _client(address, second.token) as confirms,
    ):
        theatre = Theatre(reports, checks, confirms, random.Random())
        await theatre.load()
        while True:
            await asyncio.sleep(STEP_SECONDS)
            try:
                await theatre.step()
            except httpx.HTTPError as error:
                log.warning("demonstration_step_failed", error=str(error))


def _client(address: str, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=address, headers=headers, timeout=30, trust_env=False)


class Theatre:
    """What has been reported and is still open, and what may happen next. One verifier grades, a second one verifies
    and confirms."""

    def __init__(
        self,
        reports: httpx.AsyncClient,
        checks: httpx.AsyncClient,
        confirms: httpx.AsyncClient,
        chance: random.Random,
    ) -> None:
        self._reports = reports
        self._checks = checks
        self._confirms = confirms
        self._chance = chance
        self._open: list[str] = []

    async def load(self) -> None:
        """Register the routes, ask for warnings along one of them, and report a past."""
        for route_id, (name, points) in ROUTES.items():
            line = {"type": "LineString", "coordinates": [list(point) for point in points]}
            # A second start finds the route; its answer, that If-Match is missing, is as good.
            address = f"/v1/routes/{uuid5(NAMESPACE, route_id)}"
            await self._reports.put(address, json={"name": name, "line": line})
        await self._subscribe()
        past = [self._report(number, self._age()) for number in range(PAST_INCIDENTS)]
        _expect(await self._reports.post("/v1/incident-imports", json=past))

    async def step(self) -> None:
        """One thing happens: most often a new report, else something about an older one."""
        if len(self._open) < 4 or self._chance.random() < 0.4:
            answer = _expect(await self._reports.post("/v1/incidents", json=self._report(None, timedelta())))
            self._open.append(answer.json()["incident_id"])
            return
        incident = self._open.pop(self._chance.randrange(len(self._open)))
        if self._chance.random() < 0.5:
            await self._confirm_and_clear(incident)
        else:
            await self._act(incident, "retract", {"reason": "false_report"})

    async def _confirm_and_clear(self, incident: str) -> None:
        await self._act(incident, "review", {})
        await self._act(incident, "grade", {"source_reliability": "B", "info_credibility": 2})
        await self._act(incident, "verify", {}, by=self._confirms)
        await asyncio.sleep(STEP_SECONDS)
        claim = {"organisation": "Clearance team", "method": "removed", "at": datetime.now(UTC).isoformat()}
        await self._act(incident, "clearance", claim, by=self._reports)
        await asyncio.sleep(STEP_SECONDS)
        await self._act(incident, "confirm-clearance", {}, by=self._confirms)

    async def _act(
        self, incident: str, action: str, body: Mapping[str, Any], by: httpx.AsyncClient | None = None
    ) -> None:
        by = by or self._checks
        etag = _expect(await by.get(f"/v1/incidents/{incident}")).headers["ETag"]
        path = f"/v1/incidents/{incident}/{action}"
        _expect(await by.post(path, json=body, headers={"If-Match": etag}))

    async def _subscribe(self) -> None:
        name = "Demonstration: along Route Alder"
        listed = _expect(await self._reports.get("/v1/subscriptions")).json()["items"]
        if any(one.get("name") == name for one in listed):
            return
        line = {"type": "LineString", "coordinates": [list(point) for point in ROUTES["alder"][1]]}
        area = {"type": "corridor", "line": line, "width_m": 2000}
        body = {"name": name, "filter": {"area": area}, "channel": {"type": "stream"}}
        _expect(await self._reports.post("/v1/subscriptions", json=body))

    def _report(self, number: int | None, age: timedelta) -> dict[str, Any]:
        longitude, latitude = self._place()
        occurred = datetime.now(UTC) - age
        fresh = number is None
        report: dict[str, Any] = {
            "time": {"occurred_at": occurred.isoformat(), "precision": "minute"},
            "location": {
                "point": {"type": "Point", "coordinates": [longitude, latitude]},
                "uncertainty_m": self._chance.choice([25, 50, 100, 250]),
                "precision": "gps",
                "setting": "road",
            },
            "category": "ied",
            "outcome": "found_marked" if fresh else "found_cleared",
            "hazard_state": self._chance.choice(["active", "suspected"]) if fresh else "cleared",
            "narrative": "Synthetic: this is a demonstration, not a report.",
        }
        if number is not None:
            report["external_refs"] = [{"system": "demonstration", "id": f"{occurred:%Y%m%d%H%M%S}-{number}"}]
        return report

    def _place(self) -> tuple[float, float]:
        """Somewhere along a route, within a few hundred metres of it."""
        _, points = self._chance.choice(list(ROUTES.values()))
        at = self._chance.randrange(len(points) - 1)
        (x1, y1), (x2, y2) = points[at], points[at + 1]
        share, angle = self._chance.random(), self._chance.uniform(0, 2 * math.pi)
        off = self._chance.expovariate(1 / 0.002)
        longitude = x1 + share * (x2 - x1) + off * math.cos(angle)
        latitude = y1 + share * (y2 - y1) + off * math.sin(angle)
        return round(longitude, 5), round(latitude, 5)

    def _age(self) -> timedelta:
        return timedelta(days=self._chance.uniform(4, PAST_DAYS))


def _expect(response: httpx.Response) -> httpx.Response:
    response.raise_for_status()
    return response
