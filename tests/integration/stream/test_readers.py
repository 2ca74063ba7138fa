"""Whatever reader is used, whenever its stream ends: each report comes once, and nothing comes that is no event."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from clearway_platform.auth.principals import Role
from clearway_testing.platforms import Platform, embedded_platform
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.plumbing import eventually

from .readers import Came, Reader, browser, curl, httpx_sse, npm_eventsource

MISSION = "unmas"
# A stream lives for several pings, and its reader stays away for longer than a report takes.
ENVIRONMENT = {
    "CLEARWAY_STREAM_PING_SECONDS": "0.25",
    "CLEARWAY_STREAM_ROTATE_SECONDS": "2",
    "CLEARWAY_CORS_ORIGINS": '["*"]',
}
REPORT = {
    "time": {"occurred_at": "2026-03-01T05:00:00Z", "precision": "minute"},
    "location": {"point": {"type": "Point", "coordinates": [-3.99, 17.04]}, "precision": "gps"},
    "category": "ied",
    "outcome": "found_not_cleared",
    "hazard_state": "active",
}


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with AsyncExitStack() as stack:
        yield await embedded_platform(stack, tmp_path, ENVIRONMENT)


class Watched:
    """The platform, and what one reader got from it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.came: list[Came] = []
        self.reported: list[str] = []
        self._client = client

    async def begun(self) -> None:
        await eventually(self._has_cursor)

    async def report(self) -> None:
        answer = await self._client.post("/v1/incidents", json=REPORT)
        assert answer.status_code == 201, answer.text
        self.reported.append(answer.json()["incident_id"])

    async def report_while_away(self) -> None:
        """As soon as the stream was rotated, and before the reader is back. It may be faster, so up to five times."""
        for _ in range(5):
            await eventually(self._is_away)
            await self.report()
            if await self._is_away():
                return
        pytest.fail("the reader was always back before the report was answered")

    async def all_came(self) -> None:
        await eventually(self._has_all)

    def incidents(self) -> list[str]:
        return [json.loads(event.data)["incident_id"] for event in self.came if event.type == "incident.reported"]

    async def _has_cursor(self) -> bool:
        return any(event.type == "cursor" for event in self.came)

    async def _has_all(self) -> bool:
        return set(self.reported) <= set(self.incidents())

    async def _is_away(self) -> bool:
        return 'clearway_stream_clients{stream="incidents"} 0.0' in (await self._client.get("/metrics")).text


@pytest.mark.parametrize("reader", [httpx_sse, npm_eventsource, browser, curl])
async def test_a_reader_gets_each_report_once_and_nothing_else(reader: Reader, platform: Platform) -> None:
    """Before the mission had its first event, over pings, over rotations, and over restarts with and without notice."""
    server, token = platform.servers["all"], await platform.key(MISSION, Role.OPERATOR)
    headers = {"Authorization": f"Bearer {token}"}
    with skipped_when_unavailable():
        async with (
            httpx.AsyncClient(base_url=server.address, headers=headers, timeout=30, trust_env=False) as client,
            reader(server.address, token, (watched := Watched(client)).came.append),
        ):
            await watched.begun()
            await watched.report_while_away()
            await watched.all_came()
            await watched.report_while_away()
            await watched.all_came()
            await server.kill()
            await server.start()
            await watched.report()
            await watched.all_came()
            await server.stop()
            await server.start()
            await watched.report()
            await watched.all_came()
    assert watched.incidents() == watched.reported
    assert {event.type for event in watched.came} == {"cursor", "incident.reported"}
    assert all(event.id and json.loads(event.data) for event in watched.came)
