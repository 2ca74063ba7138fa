"""Operators see which endpoints do not get their messages, since when, and why."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from clearway_alerts.api import failing_endpoints
from clearway_alerts.channels.base import AttemptKind, AttemptResult
from clearway_alerts.domain.incident_view import IncidentView
from clearway_platform.auth.principals import Principal, Role
from clearway_platform.clock import new_id
from clearway_platform.web.app import create_app

from .conftest import ApiPlatform, Keys, Service

OWNER = Principal(id="key-1", name="convoy", mission="unmix", role=Role.SUBSCRIBER)
NOWHERE = "http://127.0.0.1:9/hook"
BROKEN = AttemptResult(AttemptKind.TRY_AGAIN, 500, "status 500", 1.0)
REFUSED = AttemptResult(AttemptKind.TRY_AGAIN, None, "connection refused", 1.0)
GONE = AttemptResult(AttemptKind.GONE, 410, "status 410", 1.0)
OK = AttemptResult(AttemptKind.DELIVERED, 204, None, 1.0)
NewIncident = Callable[..., IncidentView]


@pytest.fixture
async def operator(alerts: Service) -> AsyncIterator[httpx.AsyncClient]:
    platform: Any = ApiPlatform(alerts, Keys())
    app = create_app(title="alerts", description="", platform=platform)
    app.include_router(failing_endpoints.router)
    headers = {"Authorization": "Bearer olu-operator-unmix"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


async def failing(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/alert-status/failing-endpoints", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def attempt(alerts: Service, results: dict[UUID, AttemptResult]) -> None:
    """Make what is due; each subscription's endpoint answers with its result."""
    for lease in await alerts.lease(100):
        await alerts.record([lease], results[lease.subscription_id])


def text_of(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


async def test_an_endpoint_that_fails_says_since_when_and_why(
    alerts: Service, operator: httpx.AsyncClient, report: NewIncident
) -> None:
    good, bad = [(await alerts.subscribe(NOWHERE))["id"] for _ in range(2)]
    warned = alerts.clock.now()
    await alerts.warn(report())
    assert await failing(operator) == [], "nothing was tried yet"
    alerts.clock.advance(timedelta(seconds=5))
    first = alerts.clock.now()
    await attempt(alerts, {good: OK, bad: BROKEN})
    expected = {
        "subscription_id": str(bad),
        "name": "convoy",
        "state": "active",
        "state_reason": None,
        "suspended_at": None,
        "failing_since": text_of(first),
        "waiting": 1,
        "waiting_since": text_of(warned),
        "held": None,
        "last_error": "status 500",
    }
    assert await failing(operator) == [expected]
    alerts.clock.advance(timedelta(minutes=10))
    await attempt(alerts, {bad: REFUSED})
    assert await failing(operator) == [expected | {"last_error": "connection refused"}]
    alerts.clock.advance(timedelta(hours=1))
    await attempt(alerts, {bad: OK})
    assert await failing(operator) == []


async def test_the_error_is_that_of_the_newest_delivery_that_failed(
    alerts: Service, operator: httpx.AsyncClient, report: NewIncident
) -> None:
    bad = (await alerts.subscribe(NOWHERE))["id"]
    await alerts.warn(report())
    await attempt(alerts, {bad: BROKEN})
    await alerts.warn(report(incident_id=new_id()))
    await attempt(alerts, {bad: REFUSED})
    await alerts.warn(report(incident_id=new_id()))
    [found] = await failing(operator)
    assert (found["waiting"], found["last_error"]) == (3, "connection refused")


async def test_an_endpoint_that_is_gone_or_held_says_what_is_held(
    alerts: Service, operator: httpx.AsyncClient, report: NewIncident
) -> None:
    gone, paused, idle, deleted = [(await alerts.subscribe(NOWHERE))["id"] for _ in range(4)]
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.pause(transaction, OWNER, idle, 1)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.delete(transaction, OWNER, deleted, 1)
    assert await failing(operator) == [], "nothing waits"
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.resume(transaction, OWNER, idle, 2)
    await alerts.warn(report())
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.pause(transaction, OWNER, paused, 1)
    await attempt(alerts, {gone: GONE, idle: OK})
    first, second = await failing(operator)
    assert (first["subscription_id"], first["state"], first["last_error"]) == (str(gone), "disabled", "status 410")
    assert first["state_reason"] == "the endpoint is gone: status 410"
    assert (second["subscription_id"], second["state"]) == (str(paused), "paused")
    assert second["held"] == "paused by its owner"
    assert (second["failing_since"], second["last_error"], second["waiting"]) == (None, None, 1)


async def test_it_has_pages_of_ones_own_mission(
    alerts: Service, operator: httpx.AsyncClient, report: NewIncident
) -> None:
    theirs = Principal(id="key-2", name="theirs", mission="monusco", role=Role.SUBSCRIBER)
    ours = [(await alerts.subscribe(NOWHERE))["id"] for _ in range(3)]
    other = (await alerts.subscribe(NOWHERE, owner=theirs))["id"]
    await alerts.warn(report())
    await alerts.warn(report(mission="monusco"))
    await attempt(alerts, dict.fromkeys([*ours, other], BROKEN))
    assert [item["subscription_id"] for item in await failing(operator)] == [str(one) for one in ours]
    first = (await operator.get("/v1/alert-status/failing-endpoints", params={"limit": 2})).json()
    rest = await failing(operator, limit=2, cursor=first["next"])
    assert [item["subscription_id"] for item in (*first["items"], *rest)] == [str(one) for one in ours]
    headers = {"Authorization": "Bearer ann-subscriber-unmix"}
    refused = await operator.get("/v1/alert-status/failing-endpoints", headers=headers)
    assert refused.status_code == 403
