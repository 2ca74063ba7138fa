"""A key is revoked by the command line while the platform runs: once that is done, no webhook and no stream gets
anything on its behalf. A key that is rotated loses no alert. On both engines, with the rights that services have."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import Role
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_testing.platforms import Platform
from clearway_testing.receiver import Receiver

from .story import Caller

MISSION = "unmis-keys"
HERE = [30.0501, 5.0202]
AREA = {"type": "circle", "center": {"type": "Point", "coordinates": HERE}, "radius_m": 5000}


@asynccontextmanager
async def directory(platform: Platform) -> AsyncIterator[SqlKeyDirectory]:
    """What the command line works on."""
    database = Database(platform.settings.database_url("keys"), pool_size=1)
    try:
        yield SqlKeyDirectory(database, SystemClock())
    finally:
        await database.close()


def report(place: str) -> dict[str, Any]:
    return {
        "time": {"occurred_at": datetime.now(UTC).isoformat(), "precision": "minute"},
        "location": {"point": {"type": "Point", "coordinates": HERE}, "precision": "gps", "place_name": place},
        "category": "ied",
        "outcome": "found_not_cleared",
        "hazard_state": "active",
    }


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.1)


async def lines_of(stream: httpx.Response, lines: list[str]) -> None:
    async for line in stream.aiter_lines():
        lines += [line]


@pytest.mark.timeout(300)
async def test_nothing_is_sent_on_behalf_of_a_key_once_it_is_revoked(platform: Platform) -> None:
    token, chief = await platform.key(MISSION, Role.SUBSCRIBER), await platform.key(MISSION, Role.ADMIN)
    async with Receiver() as receiver, httpx.AsyncClient(timeout=60, trust_env=False) as client:
        owner, admin = Caller(platform, client, token), Caller(platform, client, chief)
        wanted = {"name": "convoy", "filter": {"area": AREA}, "channel": {"type": "webhook", "url": receiver.url}}
        made = (await owner.write("POST", "/v1/subscriptions", wanted)).json()
        assert (await admin.write("POST", "/v1/incidents", report("the first"))).status_code == 201
        await receiver.wait_for(lambda alerts: any(one.payload["type"] == "alert.issued" for one in alerts))
        lines: list[str] = []
        path = "/v1/alert-events"
        headers = {"Authorization": f"Bearer {token}"}
        async with client.stream("GET", f"{platform.address(path)}{path}", headers=headers) as stream:
            assert stream.status_code == 200
            reading = asyncio.create_task(lines_of(stream, lines))

            async def open_now() -> bool:
                return "event: cursor" in lines

            await eventually(open_now)
            async with directory(platform) as keys:
                assert await keys.revoke(token.split("_")[1])
            second = await admin.write("POST", "/v1/incidents", report("the second"))
            assert second.status_code == 201
            # The stream is ended by the server.
            async with asyncio.timeout(30):
                await reading

        async def subscription() -> dict[str, Any]:
            found: dict[str, Any] = (await admin.get(f"/v1/subscriptions/{made['subscription_id']}")).json()
            return found

        async def suspended() -> bool:
            return (await subscription())["suspended_at"] is not None

        async def decided() -> bool:
            found = await admin.get("/v1/alerts", subscription_id=made["subscription_id"])
            return len(found.json()["items"]) == 2

        await eventually(suspended)
        await eventually(decided)
        row = await subscription()
        assert "was revoked at" in row["state_reason"]
        assert (await owner.get("/v1/session")).status_code == 401
        missed = second.json()["incident_id"]
        assert not [line for line in lines if missed in line]
        assert not [one for one in receiver.requests if missed in one.body.decode()]

        # An administrator takes it over: what waited is sent.
        own = (await admin.get("/v1/session")).json()["key_id"]
        address = f"/v1/subscriptions/{made['subscription_id']}/transfer"
        given = await admin.write("POST", address, {"key_id": own}, etag=f'"{row["revision"]}"')
        assert given.status_code == 200, given.text
        await receiver.wait_for(lambda alerts: missed in {one.payload["data"].get("incident_id") for one in alerts})


@pytest.mark.timeout(300)
async def test_a_rotation_loses_no_alert(platform: Platform) -> None:
    token, chief = await platform.key(MISSION, Role.SUBSCRIBER), await platform.key(MISSION, Role.ADMIN)
    async with Receiver() as receiver, httpx.AsyncClient(timeout=60, trust_env=False) as client:
        owner, admin = Caller(platform, client, token), Caller(platform, client, chief)
        wanted = {"name": "convoy", "filter": {"area": AREA}, "channel": {"type": "webhook", "url": receiver.url}}
        made = (await owner.write("POST", "/v1/subscriptions", wanted)).json()
        async with directory(platform) as keys:
            successor = await keys.rotate(token.split("_")[1], timedelta(seconds=1))
        answers = []
        for number in range(5):
            answers.append(await admin.write("POST", "/v1/incidents", report(f"number {number}")))
            assert answers[-1].status_code == 201
            await asyncio.sleep(0.5)
        issued = {answer.json()["incident_id"] for answer in answers}
        await receiver.wait_for(lambda alerts: issued <= {one.payload["data"].get("incident_id") for one in alerts})
        row = (await admin.get(f"/v1/subscriptions/{made['subscription_id']}")).json()
        assert (row["owner"], row["state"]) == (successor.principal.id, "active")
        assert (await owner.get("/v1/session")).status_code == 401
