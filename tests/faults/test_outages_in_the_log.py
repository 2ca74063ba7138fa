"""A part that is away for a while is a few lines in the log of each process, and never a traceback."""

import asyncio
import json
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_testing.platforms import Platform, ServerProcess, distributed_platform
from clearway_testing.plumbing import eventually
from clearway_testing.server import DatabaseServer, Server

PATHS = ("/v1/incidents", "/v1/alerts", "/v1/routes")
# A part is away for so long: each loop of a service then fails several times.
AWAY_SECONDS = 8.0
# Of one outage a process logs its begin and its end, and what it was doing just then.
MOST_LINES = 6


def lines(server: ServerProcess) -> list[dict[str, Any]]:
    """What was logged. What a process says to the person who starts it is no JSON; a traceback would be none either."""
    said = server.log.read_text()
    assert "Traceback" not in said, said
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def grave(server: ServerProcess) -> list[dict[str, Any]]:
    return [line for line in lines(server) if line["level"] != "info"]


def outages(server: ServerProcess, event: str, part: str) -> int:
    return sum(1 for line in grave(server) if (line["event"], line.get("part")) == (event, part))


async def has_ended(servers: Mapping[str, ServerProcess], part: str, noticed_by: Collection[str]) -> bool:
    """Everywhere, and those that must notice it have."""
    begun = {name: outages(server, "outage_begins", part) for name, server in servers.items()}
    ended = {name: outages(server, "outage_ends", part) for name, server in servers.items()}
    return begun == ended and all(ended[name] for name in noticed_by)


async def ask(platform: Platform, token: str) -> None:
    """Many requests, which fail, and reports, which wait for the broker."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=2, trust_env=False) as client:
        while True:
            for path in PATHS:
                with suppress(httpx.HTTPError):
                    await client.get(platform.address(path) + path)
            with suppress(httpx.HTTPError):
                await client.post(f"{platform.address(PATHS[0])}{PATHS[0]}", json=report(str(new_id())), headers=key())
            await asyncio.sleep(0.02)


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def report(incident_id: str) -> dict[str, Any]:
    return {
        "incident_id": incident_id,
        "time": {"occurred_at": datetime.now(UTC).isoformat(), "precision": "minute"},
        "location": {"point": {"type": "Point", "coordinates": [30.05, 5.02]}, "precision": "gps"},
        "category": "ied",
        "outcome": "found_not_cleared",
        "hazard_state": "active",
    }


async def is_away(platform: Platform, server: Server, token: str) -> None:
    asking = asyncio.create_task(ask(platform, token))
    await asyncio.to_thread(server.kill)
    await asyncio.sleep(AWAY_SECONDS)
    await asyncio.to_thread(server.start)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.timeout(400)
async def test_what_is_away_is_a_few_lines_in_each_log(
    tmp_path: Path, own_kafka_server: Server, own_postgres_server: DatabaseServer
) -> None:
    async with AsyncExitStack() as stack:
        platform = await distributed_platform(
            stack,
            tmp_path,
            own_kafka_server.url,
            lambda: own_postgres_server.create_database(f"outage_{uuid4().hex}"),
        )
        token = await platform.key("unmx", Role.ADMIN)
        stored = {name: server for name, server in platform.servers.items() if name != "dashboard"}
        before = {name: len(grave(server)) for name, server in stored.items()}
        await is_away(platform, own_postgres_server, token)
        await eventually(lambda: has_ended(stored, "database", stored), 120)
        # A service that has nothing to publish, and reads little, need not notice.
        await is_away(platform, own_kafka_server, token)
        await eventually(lambda: has_ended(stored, "broker", ["incidents"]), 120)
        for name, server in stored.items():
            said = grave(server)[before[name] :]
            assert len(said) <= 2 * MOST_LINES, [line["event"] for line in said]


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.timeout(400)
async def test_a_process_that_starts_before_its_database_says_so_once(
    tmp_path: Path, kafka_server: Server, own_postgres_server: DatabaseServer
) -> None:
    async with AsyncExitStack() as stack:
        platform = await distributed_platform(
            stack, tmp_path, kafka_server.url, lambda: own_postgres_server.create_database(f"outage_{uuid4().hex}")
        )
        alerts = platform.servers["alerts"]
        await alerts.kill()
        await asyncio.to_thread(own_postgres_server.kill)
        before = len(lines(alerts))
        await alerts.launch()
        await eventually(lambda: _says(alerts, before, "not_ready"), 60)
        await asyncio.sleep(AWAY_SECONDS)
        await asyncio.to_thread(own_postgres_server.start)
        await alerts.ready()
        said = lines(alerts)[before:]
        assert len([line for line in said if line["level"] != "info"]) <= MOST_LINES, [line["event"] for line in said]


async def _says(server: ServerProcess, before: int, event: str) -> bool:
    return any(line["event"] == event for line in lines(server)[before:])
