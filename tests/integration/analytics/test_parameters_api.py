"""Risk parameters as the callers of the API meet them, on both databases."""

from collections.abc import AsyncIterator
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

PATH: Final = "/v1/risk-parameters"
PROPOSAL: Final = {"preset": "dense", "reason": "The rate has risen."}
DISCARD: Final = {"reason": "The rate has fallen again."}


@pytest.fixture
async def http(desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose key is an operator's of the mission."""
    platform = platform_on(desk, EmbeddedBroker(tmp_path / "log.db", clock=desk.clock), tmp_path)
    transport = httpx.ASGITransport(service.build(platform).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=key()) as client:
        yield client


def key(mission: str = MISSION, role: Role = Role.OPERATOR) -> dict[str, str]:
    return {"Authorization": f"Bearer {mission}/{role}"}


async def proposed(http: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await http.post(PATH, json=PROPOSAL | changes)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{PATH}/{answer.json()['parameters_id']}"
    body: dict[str, Any] = answer.json()
    return body


async def test_a_proposal_is_compared_and_activated(desk: Desk, http: httpx.AsyncClient, route_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(new_id(), 1, 30.1, 5.0, status="verified")
    before = (await http.get(f"/v1/routes/{route_id}/risk")).json()
    assert (before["parameters_revision"], before["parameters"]["name"]) == (1, "sparse")
    one = f"{PATH}/{(await proposed(http))['parameters_id']}"
    waiting = await http.get(one)
    assert waiting.json()["progress"] == {"incidents": 1, "done": 0}
    assert waiting.json()["proposed_by"] == "key-operator"
    assert "still being computed" in (await http.get(f"{one}/comparison")).json()["detail"]
    assert (await http.post(f"{one}/activate", headers={"If-Match": '"1"'})).status_code == 409
    await desk.rebuild.once()
    ready = await http.get(one)
    assert (ready.json()["state"], ready.headers["etag"]) == ("compared", '"2"')
    comparison = (await http.get(f"{one}/comparison")).json()
    (row,) = comparison["items"]
    assert row["expected_events_before"] == pytest.approx(before["expected_events"])
    assert (row["name"], comparison["summary"]["routes"]) == ("Main supply route", 1)
    assert (await http.post(f"{one}/activate")).status_code == 428
    assert (await http.post(f"{one}/activate", headers={"If-Match": '"1"'})).status_code == 412
    activated = await http.post(f"{one}/activate", headers={"If-Match": '"2"'})
    assert (activated.status_code, activated.json()["state"]) == (200, "current")
    after = (await http.get(f"/v1/routes/{route_id}/risk")).json()
    assert (after["parameters_revision"], after["parameters"]["name"]) == (2, "dense")
    assert after["expected_events"] == pytest.approx(row["expected_events_after"])
    listed = (await http.get("/v1/routes")).json()["items"][0]["risk"]
    explained = (await http.get(f"/v1/routes/{route_id}/risk/explanation")).json()
    assert (listed["parameters_revision"], explained["parameters_revision"]) == (2, 2)
    assert (await http.post(f"{one}/discard", json=DISCARD, headers={"If-Match": '"3"'})).status_code == 409


async def test_a_proposal_is_discarded_with_a_reason_that_stays(http: httpx.AsyncClient) -> None:
    one = f"{PATH}/{(await proposed(http))['parameters_id']}"
    seen = {"If-Match": '"1"'}
    for body in (None, {}, {"reason": " "}, DISCARD | {"note": "x"}):
        assert (await http.post(f"{one}/discard", json=body, headers=seen)).status_code == 422
    assert (await http.get(one)).json()["decision_reason"] is None
    discarded = (await http.post(f"{one}/discard", json=DISCARD, headers=seen)).json()
    assert (discarded["state"], discarded["decision_reason"]) == ("discarded", DISCARD["reason"])
    assert (await http.get(one)).json()["decision_reason"] == DISCARD["reason"]
    assert "There is no comparison" in (await http.get(f"{one}/comparison")).json()["detail"]


async def test_revisions_are_listed_newest_first_with_a_hint(desk: Desk, http: httpx.AsyncClient) -> None:
    (first,) = (await http.get(PATH)).json()["items"]
    assert (first["revision"], first["state"], first["proposed_at"]) == (1, "current", None)
    assert (await http.get(f"{PATH}/{first['parameters_id']}")).json()["parameters"]["name"] == "sparse"
    never = await http.get(f"{PATH}/{first['parameters_id']}/comparison")
    assert (never.status_code, "There is no comparison" in never.json()["detail"]) == (409, True)
    other = await proposed(http)
    page = (await http.get(PATH, params={"limit": 1})).json()
    assert [item["parameters_id"] for item in page["items"]] == [other["parameters_id"]]
    rest = (await http.get(PATH, params={"cursor": page["next"]})).json()
    assert ([item["revision"] for item in rest["items"]], rest["next"]) == ([1], None)
    assert rest["items"][0]["parameters_id"] == first["parameters_id"]
    assert page["hint"] == {"incidents_per_day": 0.0, "suggested": None}
    for number in range(3):
        await desk.tell(new_id(), 1, 30.1, 5.0, days_ago=number)
    await desk.tell(new_id(), 1, 30.1, 5.0, days_ago=91)
    await desk.tell(new_id(), 1, 30.1, 5.0, exercise=True)
    assert (await http.get(PATH)).json()["hint"]["incidents_per_day"] == pytest.approx(3 / 90)


async def test_a_comparison_shows_what_changes_most_first(desk: Desk, http: httpx.AsyncClient) -> None:
    for offset in range(5):
        await desk.put(new_id(), ((30.0 + offset, 5.0), (30.2 + offset, 5.0)))
        for _ in range(offset):
            await desk.tell(new_id(), 1, 30.1 + offset, 5.0)
    one = f"{PATH}/{(await proposed(http))['parameters_id']}/comparison"
    await desk.rebuild.once()
    whole = (await http.get(one)).json()["items"]
    changes = [max(item["factor"], 1 / item["factor"]) for item in whole]
    assert changes == sorted(changes, reverse=True)
    shown: list[Any] = []
    cursor = None
    while cursor or not shown:
        page = (await http.get(one, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        shown, cursor = shown + page["items"], page["next"]
    assert shown == whole
    assert (await http.get(one, params={"cursor": "bm9uZQ"})).status_code == 400


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"decay_days": 5}, "/decay_days"),
        ({"shares": [0.5, 0.5]}, "/shares"),
        ({"scales_m": [500, 100, 2500, 15000]}, "/scales_m"),
        ({"bands": {"severe": 0.01}}, "/bands"),
        ({"status_weights": {"verified": 1.5}}, "/status_weights/verified"),
        ({"status_weights": {"retracted": 0.5}}, "/status_weights/retracted"),
        ({"credibility_weights": {"doubtful": 1.5}}, "/credibility_weights/doubtful"),
        ({"preset": "medium"}, "/preset"),
        ({"reason": " "}, "/reason"),
        ({"horizon": 7}, "/horizon"),
    ],
)
async def test_values_that_cannot_be_are_refused_where_they_stand(
    http: httpx.AsyncClient, changes: dict[str, Any], pointer: str
) -> None:
    answer = await http.post(PATH, json=PROPOSAL | changes)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert len((await http.get(PATH)).json()["items"]) == 1


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REPORTER, Role.VERIFIER, Role.SUBSCRIBER])
async def test_operators_and_administrators_alone_change_parameters(http: httpx.AsyncClient, role: Role) -> None:
    one = f"{PATH}/{(await proposed(http))['parameters_id']}"
    assert (await http.get(one, headers=key(role=role))).status_code == 200
    for verb in ("activate", "discard"):
        body = DISCARD if verb == "discard" else None
        asked = await http.post(f"{one}/{verb}", json=body, headers=key(role=role) | {"If-Match": '"1"'})
        assert asked.status_code == 403
    assert (await http.post(PATH, json=PROPOSAL, headers=key(role=role))).status_code == 403
