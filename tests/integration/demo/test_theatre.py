"""The demonstration stands for a real theatre: what it rates stays believable however long it runs."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from clearway_demo.theatre import PAST_INCIDENTS, ROUTES, Theatre
from clearway_platform.auth.principals import Role
from clearway_testing.platforms import Platform, embedded_platform

MISSION = "unmis"
SECONDS = 60.0
STEPS = 100


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with AsyncExitStack() as stack:
        yield await embedded_platform(stack, tmp_path)


@pytest.fixture
async def clients(platform: Platform) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Of a reporter and of two verifiers."""
    async with AsyncExitStack() as stack:
        made = []
        for role in (Role.OPERATOR, Role.VERIFIER, Role.VERIFIER):
            headers = {"Authorization": f"Bearer {await platform.key(MISSION, role)}"}
            client = httpx.AsyncClient(base_url=platform.address("/v1/incidents"), headers=headers, trust_env=False)
            made.append(await stack.enter_async_context(client))
        yield made


def theatre(clients: list[httpx.AsyncClient]) -> Theatre:
    reports, checks, confirms = clients
    return Theatre(reports, checks, confirms, random.Random(5))


async def read(client: httpx.AsyncClient, path: str, **query: str | int) -> dict[str, Any]:
    answer = await client.get(path, params=query)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


async def explained(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """The explanation of each route's risk, once all that was reported is part of it."""
    recorded = {
        (one["incident_id"], one["revision"])
        for one in (await read(client, "/v1/incidents", limit=500))["items"]
        if one["activity"] == "patrol"
    }
    routes = (await read(client, "/v1/routes"))["items"]
    assert len(routes) == len(ROUTES)
    async with asyncio.timeout(SECONDS):
        while True:
            found = [
                await read(client, f"/v1/routes/{route['route_id']}/risk/explanation", limit=500) for route in routes
            ]
            if all(recorded == counted(one) for one in found):
                return found
            await asyncio.sleep(0.1)


def counted(explanation: dict[str, Any]) -> set[tuple[str, int]]:
    return {
        (part["incident_id"], part["incident_revision"]) for part in explanation["contributions"] if part["weight"] > 0
    }


async def test_a_hundred_steps_leave_the_routes_as_dangerous_as_they_were(clients: list[httpx.AsyncClient]) -> None:
    """A step is three seconds: a hundred reports an hour would be rated as thousands a day."""
    played = theatre(clients)
    await played.load()
    before = await explained(clients[0])
    for _ in range(STEPS):
        await played.step()
    after = await explained(clients[0])
    for was, now in zip(before, after, strict=True):
        assert from_incidents(now) < 1.5 * from_incidents(was)
    # It did move: reports of every kind came, and one hazard of which traffic was the first to know.
    reported = (await read(clients[0], "/v1/incidents", limit=500, status="retracted"))["items"]
    assert reported
    verified = (await read(clients[0], "/v1/incidents", limit=500, status="verified"))["items"]
    assert {one["activity"] for one in verified} == {"clearance", "patrol"}
    assert [one["activity"] for one in verified].count("patrol") == 1


def from_incidents(explanation: dict[str, Any]) -> float:
    """The expected incidents that follow from others, by those of the background: both have the gain, which is learned
    at the start and once an hour."""
    parts = sum(part["expected_events"] for part in explanation["contributions"])
    return float(parts / explanation["background"])


async def test_a_second_start_finds_its_past_and_ends_what_was_open(clients: list[httpx.AsyncClient]) -> None:
    first = theatre(clients)
    await first.load()
    before = await explained(clients[0])
    for _ in range(4):
        await first.step()
    own = report_of_a_visitor()
    (await clients[0].post("/v1/incidents", json=own)).raise_for_status()
    await theatre(clients).load()
    items = (await read(clients[0], "/v1/incidents", limit=500))["items"]
    assert len(items) == PAST_INCIDENTS + 1
    assert [one["narrative"] for one in items if one["hazard_state"] == "active"] == [own["narrative"]]
    assert all(len(one["contributions"]) == PAST_INCIDENTS for one in before)


def report_of_a_visitor() -> dict[str, Any]:
    return {
        "time": {"occurred_at": "2026-11-01T06:00:00Z", "precision": "minute"},
        "location": {"point": {"type": "Point", "coordinates": [-30.1, 10.025]}, "precision": "gps"},
        "category": "ied",
        "outcome": "found_not_cleared",
        "hazard_state": "active",
        "narrative": "Suspicious object at the culvert.",
    }
