"""Contaminated areas: they stand until they are released, with their history, on both databases."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from clearway_analytics.main import service
from clearway_contracts.areas import AreaChange
from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_platform.log.embedded import EmbeddedBroker

from .desk import MISSION, Desk, platform_on

RING: Final = [[30.1, 4.99], [30.11, 4.99], [30.11, 5.01], [30.1, 5.01], [30.1, 4.99]]
AREA: Final[dict[str, Any]] = {
    "name": "Northern bank",
    "status": "suspected",
    "category": "landmine",
    "polygon": {"type": "Polygon", "coordinates": [RING]},
    "organisation": "Survey team 2",
    "reference": "SHA-17",
}


@pytest.fixture
async def http(desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    platform = platform_on(desk, EmbeddedBroker(tmp_path / "log.db", clock=desk.clock), tmp_path)
    transport = httpx.ASGITransport(service.build(platform).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=key()) as client:
        yield client


def key(mission: str = MISSION, role: Role = Role.ANALYST) -> dict[str, str]:
    return {"Authorization": f"Bearer {mission}/{role}"}


async def test_an_area_is_registered_corrected_and_released(http: httpx.AsyncClient, desk: Desk) -> None:
    made = await http.post("/v1/areas", json=AREA)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    url = made.headers["location"]
    assert {name: made.json()[name] for name in AREA} == AREA
    change = AREA | {"status": "confirmed", "reason": "Surveyed again."}
    same = await http.put(url, json=AREA | {"reason": "Nothing new."}, headers={"If-Match": '"1"'})
    assert (same.headers["etag"], same.headers["nothing-changed"]) == ('"1"', "true")
    assert (await http.put(url, json=change)).status_code == 428
    assert (await http.put(url, json=change, headers={"If-Match": '"2"'})).status_code == 412
    assert (await http.put(url, json=change, headers={"If-Match": '"1"'})).json()["status"] == "confirmed"
    released = await http.post(f"{url}/release", json={"reason": "Cleared."}, headers={"If-Match": '"2"'})
    assert (released.json()["released"], released.json()["reason"]) == (True, "Cleared.")
    for again in (
        await http.put(url, json=change, headers={"If-Match": '"3"'}),
        await http.post(f"{url}/release", json={"reason": "Again."}, headers={"If-Match": '"3"'}),
    ):
        assert (again.status_code, again.json()["code"]) == (409, "conflict")
    history = (await http.get(f"{url}/revisions")).json()
    assert [(one["revision"], one["status"], one["reason"]) for one in history] == [
        (3, "confirmed", "Cleared."),
        (2, "confirmed", "Surveyed again."),
        (1, "suspected", None),
    ]
    assert (await http.get(url)).json() == history[0]
    told = [data for data in await desk.published() if isinstance(data, AreaChange)]
    assert [data.event_type for data in told] == ["area.registered", "area.corrected", "area.released"]
    assert told[0].area.polygon.coordinates == (tuple(map(tuple, RING)),)


async def test_areas_that_stand_are_listed_page_by_page(http: httpx.AsyncClient) -> None:
    urls = [(await http.post("/v1/areas", json=AREA)).headers["location"] for _ in range(5)]
    await http.post(f"{urls[2]}/release", json={"reason": "Cleared."}, headers={"If-Match": '"1"'})

    async def listed(**params: Any) -> list[str]:
        seen: list[str] = []
        while True:
            page = (await http.get("/v1/areas", params={"limit": 2, **params})).json()
            seen += [f"/v1/areas/{item['area_id']}" for item in page["items"]]
            if page["next"] is None:
                return seen
            params["cursor"] = page["next"]

    assert await listed() == sorted(urls[:2] + urls[3:])
    assert await listed(released=True) == sorted(urls)


async def test_an_area_and_the_routes_that_it_touches_name_each_other(
    http: httpx.AsyncClient, desk: Desk, route_id: UUID
) -> None:
    await desk.put(route_id)
    await desk.put(new_id(), ((31.0, 6.0), (31.2, 6.0)))
    url = (await http.post("/v1/areas", json=AREA)).headers["location"]
    await http.post("/v1/areas", json=AREA | {"polygon": {"coordinates": [[[40, 5], [41, 5], [41, 6], [40, 5]]]}})
    [area] = (await http.get(f"/v1/routes/{route_id}/areas")).json()
    [route] = (await http.get(f"{url}/routes")).json()
    assert f"/v1/areas/{area['area_id']}" == url
    assert (route["route_id"], route["stretches"]) == (str(route_id), area["stretches"])
    await http.post(f"{url}/release", json={"reason": "Cleared."}, headers={"If-Match": '"1"'})
    assert (await http.get(f"/v1/routes/{route_id}/areas")).json() == []
    assert (await http.get(f"{url}/routes")).json() == []


async def test_a_route_that_changes_is_found_as_it_is_now(http: httpx.AsyncClient, desk: Desk, route_id: UUID) -> None:
    url = (await http.post("/v1/areas", json=AREA)).headers["location"]
    await desk.put(route_id)
    assert len((await http.get(f"{url}/routes")).json()) == 1
    await desk.put(route_id, ((31.0, 6.0), (31.2, 6.0)), expected=1)
    assert (await http.get(f"{url}/routes")).json() == []
    await desk.put(route_id, expected=2)
    assert len((await http.get(f"{url}/routes")).json()) == 1
    await desk.retire(route_id, 3)
    assert (await http.get(f"{url}/routes")).json() == []


async def test_the_risk_of_a_route_lists_its_areas(http: httpx.AsyncClient, desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    base = f"/v1/routes/{route_id}"
    quiet = (await http.get(f"{base}/risk")).json()
    tag = (await http.get("/v1/routes")).headers["etag"]
    url = (await http.post("/v1/areas", json=AREA)).headers["location"]
    standing = (await http.get(f"{base}/areas")).json()
    during = desk.clock.now()
    for path in (f"{base}/risk", f"{base}/risk/explanation"):
        answer = (await http.get(path)).json()
        assert (answer["band"], answer["contaminated_areas"], answer["hazards"]) == ("known_hazard", standing, [])
    routes = await http.get("/v1/routes", headers={"If-None-Match": tag})
    [risk] = [item["risk"] for item in routes.json()["items"]]
    assert (risk["band"], risk["known_hazards"]) == ("known_hazard", 1)
    desk.clock.advance(timedelta(hours=1))
    await http.post(f"{url}/release", json={"reason": "Cleared."}, headers={"If-Match": '"1"'})
    now = (await http.get(f"{base}/risk")).json()
    assert (now["band"], now["known_hazards"], now["contaminated_areas"]) == (quiet["band"], 0, [])
    then = (await http.get(f"{base}/risk", params={"as_of": during.isoformat()})).json()
    assert (then["band"], then["known_hazards"], then["contaminated_areas"]) == ("known_hazard", 1, standing)


async def test_another_mission_sees_none_of_it(http: httpx.AsyncClient, desk: Desk, route_id: UUID) -> None:
    url = (await http.post("/v1/areas", json=AREA)).headers["location"]
    await desk.put(route_id, mission="other")
    foreign = key("other")
    for path in (url, f"{url}/revisions", f"{url}/routes"):
        assert (await http.get(path, headers=foreign)).status_code == 404
    assert (await http.get(f"/v1/routes/{route_id}/areas", headers=foreign)).json() == []
    assert (await http.get("/v1/areas", headers=foreign)).json()["items"] == []


@pytest.mark.parametrize(("role", "status"), [(Role.REPORTER, 403), (Role.SUBSCRIBER, 403), (Role.VERIFIER, 201)])
async def test_registering_needs_the_permission(http: httpx.AsyncClient, role: Role, status: int) -> None:
    assert (await http.post("/v1/areas", json=AREA, headers=key(role=role))).status_code == status


async def test_a_polygon_that_is_no_area_is_refused_with_its_place(http: httpx.AsyncClient, desk: Desk) -> None:
    body = AREA | {"polygon": {"type": "Polygon", "coordinates": [RING[:-1]]}}
    answer = await http.post("/v1/areas", json=body)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["field"], error["pointer"]) == ("body.polygon.coordinates.0", "/polygon/coordinates/0")
    assert await desk.published() == []
