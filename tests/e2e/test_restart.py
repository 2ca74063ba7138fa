"""kill -9 while a warning is on its way: after the restart it and its cancellation arrive, though its lease goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from aiohttp import web

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_testing.platforms import Platform, distributed_platform, embedded_platform
from clearway_testing.receiver import Receiver
from clearway_testing.server import DatabaseServer, Server

from .story import Caller, kinds, report

# The lease of an attempt is longer than its time limit: this test would never see it run out.
AN_HOUR = {"CLEARWAY_WEBHOOK_TIMEOUT_SECONDS": "3600"}
LINE = {"type": "LineString", "coordinates": [[30.00, 5.00], [30.05, 5.02], [30.11, 5.03]]}
WANTED = {"name": "convoy", "filter": {"area": {"type": "corridor", "line": LINE, "width_m": 1000}}}


class SlowAtFirst(Receiver):
    """It does not answer the first warning."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked = asyncio.Event()
        self.answers = asyncio.Event()

    async def _take(self, request: web.Request) -> web.Response:
        if (await request.json())["type"] != "challenge" and not self.answers.is_set():
            self.is_asked.set()
            await self.answers.wait()
        return await super()._take(request)


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.postgres])])
async def platform(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Platform]:
    async with AsyncExitStack() as stack:
        if request.param == "embedded":
            yield await embedded_platform(stack, tmp_path, AN_HOUR)
        else:
            kafka: Server = request.getfixturevalue("kafka_server")
            postgres: DatabaseServer = request.getfixturevalue("postgres_server")
            yield await distributed_platform(
                stack, tmp_path, kafka.url, lambda: postgres.create_database(f"restart_{uuid4().hex}"), AN_HOUR
            )


@pytest.mark.timeout(300)
async def test_what_was_on_its_way_arrives_after_a_kill_and_what_is_behind_it_too(platform: Platform) -> None:
    mission, incident = f"restart-{uuid4().hex[:8]}", str(new_id())
    alerts = platform.servers.get("alerts") or platform.servers["all"]
    async with SlowAtFirst() as receiver, httpx.AsyncClient(timeout=10, trust_env=False) as client:
        verifier = Caller(platform, client, await platform.key(mission, Role.VERIFIER))
        subscriber = Caller(platform, client, await platform.key(mission, Role.SUBSCRIBER))
        wanted = WANTED | {"channel": {"type": "webhook", "url": receiver.url}}
        assert (await subscriber.write("POST", "/v1/subscriptions", wanted)).status_code == 201
        made = await verifier.write("POST", "/v1/incidents", report(incident, datetime.now(UTC)))
        assert made.status_code == 201
        async with asyncio.timeout(60):
            await receiver.is_asked.wait()
        reason = {"reason": "false_report"}
        path = f"/v1/incidents/{incident}/retract"
        assert (await verifier.write("POST", path, reason, made.headers["ETag"])).status_code == 200
        while len((await subscriber.get("/v1/alerts", incident_id=incident)).json()["items"]) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await alerts.kill()
        receiver.answers.set()
        await alerts.start()
        await receiver.wait_for(lambda said: kinds(said)[-1:] == ["alert.cancelled"], 90)
        assert kinds(receiver.alerts) == ["alert.issued", "alert.cancelled"]
