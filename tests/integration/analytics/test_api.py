"""The HTTP interface as its callers meet it, on both databases."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from clearway_analytics.main import service
from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_platform.log.embedded import EmbeddedBroker

from .desk import MISSION, Desk, platform_on

BODY: Final[dict[str, Any]] = {
    "name": "Main supply route",
    "line": {"type": "LineString", "coordinates": [[30.0, 5.0], [30.2, 5.0], [30.4, 5.1]]},
}


@pytest.fixture
async def http(desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose key is an analyst's of the mission."""
    platform = platform_on(desk, EmbeddedBroker(tmp_path / "log.db", clock=desk.clock), tmp_path)
    transport = httpx.ASGITransport(service.build(platform).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=key()) as client:
        yield client


def key(mission: str = MISSION, role: Role = Role.ANALYST) -> dict[str, str]:
    return {"Authorization": f"Bearer {mission}/{role}"}


async def test_a_route_is_registered_replaced_and_retired(http: httpx.AsyncClient, route_id: UUID) -> None:
    url = f"/v1/routes/{route_id}"
    created = await http.put(url, json=BODY)
    assert (created.status_code, created.headers["etag"]) == (201, '"1"')
    assert created.json()["half_width_m"] == 500
    assert created.json()["length_m"] == pytest.approx(47_000, rel=0.01)
    replaced = await http.put(url, json=BODY | {"name": "Alternate"}, headers={"If-Match": '"1"'})
    assert (replaced.status_code, replaced.headers["etag"]) == (200, '"2"')
    found = await http.get(url)
    assert (found.json()["name"], found.headers["etag"]) == ("Alternate", '"2"')
    assert (await http.delete(url, headers={"If-Match": '"2"'})).status_code == 204
    assert (await http.get(url)).status_code == 404
    assert (await http.get(f"{url}/risk")).status_code == 404
    assert (await http.get("/v1/routes")).json()["items"] == []
    assert (await http.put(url, json=BODY)).status_code == 201


async def test_nobody_overwrites_what_they_have_not_seen(http: httpx.AsyncClient, route_id: UUID) -> None:
    url = f"/v1/routes/{route_id}"
    assert (await http.put(url, json=BODY, headers={"If-Match": '"1"'})).status_code == 404
    await http.put(url, json=BODY)
    assert (await http.put(url, json=BODY)).status_code == 428
    assert (await http.delete(url)).status_code == 428
    stale = await http.put(url, json=BODY, headers={"If-Match": '"7"'})
    assert (stale.status_code, stale.headers["etag"]) == (412, '"1"')
    assert (await http.delete(url, headers={"If-Match": '"7"'})).status_code == 412
    assert (await http.put(url, json=BODY, headers={"If-Match": "one"})).status_code == 400


async def test_the_same_key_gets_the_first_answer(http: httpx.AsyncClient, desk: Desk, route_id: UUID) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = await http.put(f"/v1/routes/{route_id}", json=BODY, headers=headers)
    said = await desk.published()
    again = await http.put(f"/v1/routes/{route_id}", json=BODY, headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    assert await desk.published() == said


async def test_risk_and_its_explanation_agree(
    http: httpx.AsyncClient, desk: Desk, route_id: UUID, incident_id: UUID
) -> None:
    await http.put(f"/v1/routes/{route_id}", json=BODY)
    await desk.tell(incident_id, 1, 30.1, 5.0, days_ago=2)
    for number in range(3):
        await desk.tell(new_id(), 1, 30.2, 5.01, days_ago=10 + number)
    risk = (await http.get(f"/v1/routes/{route_id}/risk")).json()
    assert risk["band"] == "elevated"
    assert risk["expected_events"] == pytest.approx(risk["background"] + risk["incidents"])
    assert risk["low"] < risk["expected_events"] < risk["high"]
    assert risk["data_age_days"] == pytest.approx(2)
    assert risk["parameters"]["name"] == "sparse"
    why = (await http.get(f"/v1/routes/{route_id}/risk/explanation", params={"limit": 2})).json()
    assert why["contributions"][0]["incident_id"] == str(incident_id)
    assert why["rest"]["incidents"] == 2
    parts = sum(one["expected_events"] for one in why["contributions"])
    whole = parts + why["rest"]["expected_events"] + why["background"]
    assert whole == pytest.approx(why["expected_events"], rel=1e-14)
    assert why["expected_events"] == pytest.approx(risk["expected_events"], abs=1e-9)


async def test_known_hazards_are_in_every_answer_about_a_risk(
    http: httpx.AsyncClient, desk: Desk, route_id: UUID, incident_id: UUID
) -> None:
    url = f"/v1/routes/{route_id}"
    await http.put(url, json=BODY)
    before = await http.get("/v1/routes")
    await desk.tell(incident_id, 1, 30.1, 5.0, days_ago=40, hazard_state="marked", outcome="found_marked")
    risk, why = [(await http.get(f"{url}/risk{part}")).json() for part in ("", "/explanation")]
    assert (risk["band"], risk["known_hazards"], why["band"]) == ("known_hazard", 1, "known_hazard")
    assert risk["hazards"] == why["hazards"]
    (hazard,) = risk["hazards"]
    assert (hazard["incident_id"], hazard["incident_revision"]) == (str(incident_id), 1)
    assert (hazard["hazard_state"], hazard["source_reliability"], hazard["info_credibility"]) == ("marked", "C", 3)
    assert hazard["age_days"] == pytest.approx(40)
    (stretch,) = hazard["stretches"]
    assert stretch["from_km"] < 11.1 < stretch["to_km"]
    after = await http.get("/v1/routes")
    assert after.json()["items"][0]["risk"]["known_hazards"] == 1
    assert before.headers["etag"] != after.headers["etag"]


async def test_risk_at_another_moment_and_over_another_horizon(
    http: httpx.AsyncClient, desk: Desk, route_id: UUID, incident_id: UUID
) -> None:
    await http.put(f"/v1/routes/{route_id}", json=BODY)
    await desk.tell(incident_id, 1, 30.1, 5.0, days_ago=2)
    before = (desk.clock.now() - timedelta(days=3)).isoformat()
    url = f"/v1/routes/{route_id}/risk"
    assert (await http.get(url, params={"as_of": before})).json()["incidents"] == 0
    week, month = [(await http.get(url, params={"horizon_days": days})).json() for days in (7, 30)]
    assert month["expected_events"] > week["expected_events"]
    assert month["band"] == week["band"]
    assert month["horizon_days"] == 30


async def test_lists_go_page_by_page_with_the_risk_of_each(http: httpx.AsyncClient) -> None:
    ids = sorted(str(new_id()) for _ in range(5))
    for route_id in ids:
        await http.put(f"/v1/routes/{route_id}", json=BODY)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = (await http.get("/v1/routes", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [item["route_id"] for item in page["items"]]
        assert all(item["risk"]["band"] == "low_data" for item in page["items"])
        cursor = page.get("next")
        if cursor is None:
            break
    assert seen == ids


async def test_another_mission_sees_nothing(http: httpx.AsyncClient, route_id: UUID) -> None:
    url = f"/v1/routes/{route_id}"
    await http.put(url, json=BODY)
    foreign = key("other")
    absent = await http.get(f"/v1/routes/{new_id()}", headers=foreign)
    for path in ("", "/risk", "/risk/explanation"):
        answer = await http.get(url + path, headers=foreign)
        assert (answer.status_code, answer.json()["title"]) == (404, absent.json()["title"])
    assert (await http.get("/v1/routes", headers=foreign)).json()["items"] == []
    assert (await http.put(url, json=BODY, headers=foreign)).status_code == 201
    assert (await http.get(url)).headers["etag"] == '"1"'


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Authorization": ""}, 401), (key(role=Role.REPORTER), 403), (key(role=Role.OPERATOR), 201)],
)
async def test_registering_needs_the_permission(
    http: httpx.AsyncClient, route_id: UUID, headers: dict[str, str], status: int
) -> None:
    assert (await http.put(f"/v1/routes/{route_id}", json=BODY, headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("coordinates", "field", "word"),
    [
        ([[5.0, 100.0], [5.0, 101.0]], "body.line.coordinates.0", "swapped"),
        ([[30.0, 5.0], [30.0, 5.0]], "body.line.coordinates", "distinct"),
        ([[179.9, 5.0], [-179.9, 5.0]], "body.line.coordinates.1", "antimeridian"),
        ([[30.0, 5.0], [30.0]], "body.line.coordinates.1", "item"),
        ([[0.0, 5.0], [60.0, 5.0]], "body.line.coordinates", "long"),
    ],
)
async def test_a_line_that_is_no_route_is_refused_with_what_to_do(
    http: httpx.AsyncClient, desk: Desk, route_id: UUID, coordinates: object, field: str, word: str
) -> None:
    body = BODY | {"line": {"type": "LineString", "coordinates": coordinates}}
    answer = await http.put(f"/v1/routes/{route_id}", json=body)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert word in error["problem"] + error["remedy"]
    assert await desk.published() == []


@pytest.mark.parametrize(
    "params",
    [
        {"horizon_days": 0},
        {"horizon_days": "nan"},
        {"horizon_days": 1e9},
        {"as_of": "yesterday"},
        {"as_of": "2026-03-01T00:00:00"},
    ],
)
async def test_questions_that_make_no_sense_are_refused(
    http: httpx.AsyncClient, route_id: UUID, params: dict[str, Any]
) -> None:
    await http.put(f"/v1/routes/{route_id}", json=BODY)
    assert (await http.get(f"/v1/routes/{route_id}/risk", params=params)).status_code == 422


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_the_ends_of_time_are_answered(
    http: httpx.AsyncClient, desk: Desk, route_id: UUID, incident_id: UUID, moment: str
) -> None:
    await http.put(f"/v1/routes/{route_id}", json=BODY)
    await desk.tell(incident_id, 1, 30.1, 5.0)
    answer = await http.get(f"/v1/routes/{route_id}/risk", params={"as_of": moment})
    assert answer.json()["incidents"] == 0


async def test_a_foreign_cursor_is_refused(http: httpx.AsyncClient) -> None:
    for cursor in ("x", "WyJ4Il0", "WzFd"):
        assert (await http.get("/v1/routes", params={"cursor": cursor})).status_code in {400, 422}
