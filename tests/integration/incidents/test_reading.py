"""Lists and history: what is asked for, of one's own mission, as it was known."""

from datetime import timedelta
from typing import Any

import pytest

from .conftest import Desk, a_report


def at(longitude: float, latitude: float) -> dict[str, Any]:
    location: dict[str, Any] = a_report()["location"]
    return location | {"point": {"type": "Point", "coordinates": [longitude, latitude]}}


async def ids(desk: Desk, **query: Any) -> list[str]:
    answer = await desk.ask("GET", **query)
    assert answer.status_code == 200, answer.text
    return [item["incident_id"] for item in answer.json()["items"]]


async def test_an_unchanged_incident_is_not_sent_again(desk: Desk) -> None:
    made = await desk.report()
    path = f"/{made['incident_id']}"
    same = await desk.ask("GET", path, headers={"If-None-Match": '"1"'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", '"1"')
    await desk.step(made, "review")
    assert (await desk.ask("GET", path, headers={"If-None-Match": '"1"'})).status_code == 200


async def test_another_missions_incident_does_not_exist(desk: Desk) -> None:
    made = await desk.report()
    path = f"/{made['incident_id']}"
    for answer in (
        await desk.ask("GET", path, by="other:admin"),
        await desk.ask("GET", f"{path}/revisions", by="other:admin"),
        await desk.ask("GET", f"{path}/revisions/1", by="other:admin"),
        await desk.ask("PATCH", path, {"narrative": "x"}, by="other:admin", seen=1),
        await desk.ask("POST", f"{path}/retract", {"reason": "privacy"}, by="other:admin", seen=1),
    ):
        assert answer.status_code == 404
    assert await ids(desk, by="other:admin") == []


async def test_what_was_known_at_a_time(desk: Desk) -> None:
    made = await desk.read(await desk.report())
    path, known = f"/{made['incident_id']}", desk.clock.now().isoformat()
    desk.clock.advance(timedelta(hours=1))
    await desk.clear(made)
    later = await desk.report()
    assert (await desk.ask("GET", path, as_of=known)).json() == made
    assert (await desk.ask("GET", path, as_of="2026-01-01T00:00:00Z")).status_code == 404
    assert await ids(desk, as_of=known) == [made["incident_id"]]
    assert await ids(desk, as_of=known, hazard_state="active") == [made["incident_id"]]
    assert await ids(desk, hazard_state="active") == [later["incident_id"]]


async def test_lists_are_narrowed(desk: Desk) -> None:
    west = await desk.report(location=at(-179.5, 10), category="landmine")
    east = await desk.report(location=at(179.5, 10), outcome="detonated", time={"occurred_at": "2026-02-01T00:00:00Z"})
    assert await ids(desk, bbox="-180,0,0,20") == [west["incident_id"]]
    assert set(await ids(desk, bbox="170,0,-170,20")) == {west["incident_id"], east["incident_id"]}
    assert await ids(desk, category="landmine") == [west["incident_id"]]
    assert len(await ids(desk, category=["landmine", "ied"])) == 2
    assert await ids(desk, outcome="detonated") == [east["incident_id"]]
    assert await ids(desk, to="2026-02-15T00:00:00Z") == [east["incident_id"]]
    assert await ids(desk, **{"from": "2026-02-15T00:00:00Z"}) == [west["incident_id"]]
    await desk.step(west, "retract", {"reason": "wrong_place"})
    assert await ids(desk) == [east["incident_id"]]
    assert await ids(desk, status="retracted") == [west["incident_id"]]


async def test_pages_hold_while_others_write(desk: Desk) -> None:
    made = [(await desk.report())["incident_id"] for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await desk.ask("GET", limit=2, **cursor)).json()
        seen += [item["incident_id"] for item in page["items"]]
        desk.clock.advance(timedelta(seconds=1))
        await desk.report()
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert sorted(seen) == sorted(made)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"cursor": "nonsense"}, 400),
        ({"cursor": "WyJ4IiwgInkiXQ"}, 400),
        ({"bbox": "1,2,3"}, 422),
        ({"bbox": "nan,0,1,1"}, 422),
        ({"bbox": "0,5,1,1"}, 422),
        ({"limit": 501}, 422),
        ({"from": "yesterday"}, 422),
        ({"category": "bomb"}, 422),
    ],
)
async def test_a_query_that_makes_no_sense_is_explained(desk: Desk, query: dict[str, Any], status: int) -> None:
    answer = await desk.ask("GET", **query)
    assert answer.status_code == status
    assert answer.json()["errors"]
