"""The synthetic theatre: invented roads on an invented island, and reports that come and go on them."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import httpx
import structlog

from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import Role
from clearway_platform.cli.patience import PatientAsync

log = structlog.get_logger(__name__)

STEP_SECONDS: Final = 3.0
PAST_INCIDENTS: Final = 60
PAST_DAYS: Final = 120
# The past is the same at each start, so that a second start finds it and moves it to the present.
PAST_SEED: Final = 7
# A step has a new report with this chance: fewer than are finished, so that few are open.
NEWS: Final = 0.25
FEWEST_OPEN: Final = 4

NAMESPACE: Final = UUID("5b0f3c52-6a31-4b2e-9d0e-6f6d1d0c9a11")
NARRATIVE: Final = "Synthetic: this is a demonstration, not a report."
GRADES: Final = {"source_reliability": "B", "info_credibility": 2}
# Degrees, in the middle of the Atlantic: no one may mistake it for a real place.
ROUTES: Final[Mapping[str, tuple[str, Sequence[tuple[float, float]]]]] = {
    "alder": ("Route Alder", [(-30.20, 10.00), (-30.12, 10.03), (-30.05, 10.02), (-29.95, 10.06)]),
    "birch": ("Route Birch", [(-30.20, 10.00), (-30.15, 9.93), (-30.06, 9.90), (-29.97, 9.91)]),
    "cedar": ("Route Cedar", [(-30.05, 10.02), (-30.06, 9.96), (-30.06, 9.90)]),
    "dogwood": ("Route Dogwood", [(-29.95, 10.06), (-29.92, 9.99), (-29.97, 9.91)]),
}

Act = Callable[[str], Awaitable[None]]
"""Something that is done about the incident with this id."""


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
    return httpx.AsyncClient(base_url=address, headers=headers, timeout=30, trust_env=False, transport=PatientAsync())


class Theatre:
    """What has been reported and is still open, and what may happen next. One verifier grades, a second one verifies
    and confirms.

    There is a report every ten seconds, and in a real theatre of these four routes one every two days. If each were an
    incident like those of the past the routes would be rated for thousands a day. So live reports are what search teams
    find, which rates no route, and what turns out to be false; a hazard of which traffic was the first to know is
    reported as often as in the past.
    """

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
        self._open: list[tuple[str, list[Act]]] = []
        self._next_hazard = datetime.now(UTC)

    async def load(self) -> None:
        """Register the routes, ask for warnings along one of them, report a past, and retract what an earlier start
        left open."""
        for route_id, (name, points) in ROUTES.items():
            line = {"type": "LineString", "coordinates": [list(point) for point in points]}
            # A second start finds the route; its answer, that If-Match is missing, is as good.
            address = f"/v1/routes/{uuid5(NAMESPACE, route_id)}"
            await self._reports.put(address, json={"name": name, "line": line})
        await self._subscribe()
        _expect(await self._reports.post("/v1/incident-imports", json=_past(datetime.now(UTC))))
        states: dict[str, list[str] | int] = {"hazard_state": ["active", "suspected"], "limit": 200}
        for found in _expect(await self._reports.get("/v1/incidents", params=states)).json()["items"]:
            if found.get("narrative") == NARRATIVE:
                await self._retract(found["incident_id"])

    async def step(self) -> None:
        """One thing happens: a new report, or the next thing about an older one."""
        if len(self._open) < FEWEST_OPEN or self._chance.random() < NEWS:
            await self._report()
            return
        at = self._chance.randrange(len(self._open))
        incident, (act, *later) = self._open.pop(at)
        await act(incident)
        if later:
            self._open.append((incident, later))

    async def _report(self) -> None:
        found: list[Act] = [self._verify, self._claim_clearance, self._confirm_clearance]
        now = datetime.now(UTC)
        if now >= self._next_hazard:
            self._next_hazard = now + timedelta(days=self._chance.expovariate(PAST_INCIDENTS / PAST_DAYS))
            activity, acts = "patrol", found
        elif self._chance.random() < 0.5:
            activity, acts = "clearance", found
        else:
            activity, acts = "patrol", [self._retract]
        report = _report_of(self._chance, now) | {
            "activity": activity,
            "outcome": "found_marked",
            "hazard_state": self._chance.choice(["active", "suspected"]),
        }
        answer = _expect(await self._reports.post("/v1/incidents", json=report))
        self._open.append((answer.json()["incident_id"], acts))

    async def _verify(self, incident: str) -> None:
        await self._act(self._checks, incident, "review", {})
        await self._act(self._checks, incident, "grade", GRADES)
        await self._act(self._confirms, incident, "verify", {})

    async def _claim_clearance(self, incident: str) -> None:
        claim = {"organisation": "Clearance team", "method": "removed", "at": datetime.now(UTC).isoformat()}
        await self._act(self._reports, incident, "clearance", claim)

    async def _confirm_clearance(self, incident: str) -> None:
        await self._act(self._confirms, incident, "confirm-clearance", {})

    async def _retract(self, incident: str) -> None:
        await self._act(self._checks, incident, "retract", {"reason": "false_report"})

    async def _act(self, by: httpx.AsyncClient, incident: str, action: str, body: Mapping[str, Any]) -> None:
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


def _past(now: datetime) -> list[dict[str, Any]]:
    """Incidents of some months, none so recent that it is news: cleared, and graded by those who recorded them."""
    chance = random.Random(PAST_SEED)
    return [
        _report_of(chance, now - timedelta(days=chance.uniform(4, PAST_DAYS)))
        | {
            "activity": "patrol",
            "outcome": "found_cleared",
            "hazard_state": "cleared",
            "grading": GRADES,
            "external_refs": [{"system": "demonstration", "id": f"past-{number}"}],
        }
        for number in range(PAST_INCIDENTS)
    ]


def _report_of(chance: random.Random, occurred: datetime) -> dict[str, Any]:
    longitude, latitude = _place(chance)
    return {
        "time": {"occurred_at": occurred.isoformat(), "precision": "minute"},
        "location": {
            "point": {"type": "Point", "coordinates": [longitude, latitude]},
            "uncertainty_m": chance.choice([25, 50, 100, 250]),
            "precision": "gps",
            "setting": "road",
        },
        "category": "ied",
        "narrative": NARRATIVE,
    }


def _place(chance: random.Random) -> tuple[float, float]:
    """Somewhere along a route, within a few hundred metres of it."""
    _, points = chance.choice(list(ROUTES.values()))
    at = chance.randrange(len(points) - 1)
    (x1, y1), (x2, y2) = points[at], points[at + 1]
    share, angle = chance.random(), chance.uniform(0, 2 * math.pi)
    off = chance.expovariate(1 / 0.002)
    longitude = x1 + share * (x2 - x1) + off * math.cos(angle)
    latitude = y1 + share * (y2 - y1) + off * math.sin(angle)
    return round(longitude, 5), round(latitude, 5)


def _expect(response: httpx.Response) -> httpx.Response:
    response.raise_for_status()
    return response
