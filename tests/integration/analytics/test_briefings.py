"""The departure check: what it says of a route at one moment, and its receipt, on both databases."""

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
import rfc8785
from sqlalchemy import func, select

from clearway_analytics.main import service
from clearway_analytics.storage.tables import BRIEFINGS
from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_platform.log.embedded import EmbeddedBroker

from .desk import MISSION, Desk, platform_on

BODY: Final[dict[str, Any]] = {
    "name": "Main supply route",
    "line": {"type": "LineString", "coordinates": [[30.0, 5.0], [30.2, 5.0], [30.4, 5.1]]},
}
STANDS: Final = {"outcome": "found_not_cleared", "hazard_state": "active"}


@pytest.fixture
async def http(desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    platform = platform_on(desk, EmbeddedBroker(tmp_path / "log.db", clock=desk.clock), tmp_path)
    transport = httpx.ASGITransport(service.build(platform).app)
    key = {"Authorization": f"Bearer {MISSION}/{Role.ANALYST}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=key) as client:
        yield client


@pytest.fixture
async def url(http: httpx.AsyncClient, route_id: UUID) -> str:
    """The address of a route's briefing."""
    made = await http.put(f"/v1/routes/{route_id}", json=BODY)
    briefing: str = made.json()["links"]["briefing"]
    return briefing


def done(desk: Desk, *, days_ago: float, **changes: Any) -> dict[str, Any]:
    at = (desk.clock.now() - timedelta(days=days_ago)).isoformat()
    return {"at": at, "organisation": "Mine Action Centre", "result": "nothing_found"} | changes


async def content(http: httpx.AsyncClient, url: str, **params: Any) -> dict[str, Any]:
    answer = await http.get(url, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["content"]
    return found


async def test_hazards_that_stand_are_listed_by_kilometre_with_age_and_grade(
    http: httpx.AsyncClient, desk: Desk, url: str
) -> None:
    await desk.tell(new_id(), 1, 30.2, 5.003, days_ago=40, **STANDS)
    await desk.tell(new_id(), 1, 30.1, 5.0, days_ago=2, **STANDS | {"hazard_state": "suspected"})
    await desk.tell(new_id(), 1, 30.1, 5.01, days_ago=2, **STANDS)
    await desk.tell(new_id(), 1, 30.1, 5.01, location__uncertainty_m=800.0, days_ago=2, **STANDS)
    for ended in (
        {"status": "retracted"},
        {"status": "merged"},
        {"status": "closed"},
        {"hazard_state": "cleared"},
        {"hazard_state": "none"},
        {"exercise": True},
    ):
        await desk.tell(new_id(), 1, 30.1, 5.0, **STANDS | ended)
    known = (await content(http, url))["known_hazards"]
    assert [(round(one["km"]), round(one["age_days"]), one["hazard_state"]) for one in known] == [
        (11, 2, "suspected"),
        (11, 2, "active"),
        (22, 40, "active"),
    ]
    assert [one["uncertainty_m"] for one in known] == [20, 800, 20]
    assert {one["grade"] for one in known} == {"C3"}
    assert known[0]["distance_m"] < 20


async def test_what_changed_since_the_last_pass_is_told(http: httpx.AsyncClient, desk: Desk, url: str) -> None:
    base = url.removesuffix("/briefing")
    old, new = new_id(), new_id()
    await desk.tell(old, 1, 30.1, 5.0, days_ago=20)
    first = (await content(http, url))["changes"]
    assert (first["last_pass"], [one["incident_id"] for one in first["incidents"]]) == (None, [str(old)])
    passed = done(desk, days_ago=6, kind="convoy", result="nothing_seen", organisation="Patrol 7")
    made = await http.post(f"{base}/passes", json=passed)
    assert made.status_code == 201, made.text
    await desk.tell(new, 1, 30.1, 5.01, days_ago=1, status="verified")
    await desk.tell(new_id(), 1, 30.1, 5.2, days_ago=1)
    await http.post(f"{base}/clearances", json=done(desk, days_ago=2, to_km=14))
    changes = (await content(http, url))["changes"]
    assert changes["last_pass"]["check_id"] == made.json()["pass_id"]
    assert [one["incident_id"] for one in changes["incidents"]] == [str(new)]
    assert [(one["check"], one["to_km"]) for one in changes["checks"]] == [("clearance", 14)]
    assert [risk["band"] for risk in changes["risks"]] == ["elevated"]


async def test_each_stretch_says_when_it_was_verified(http: httpx.AsyncClient, desk: Desk, url: str) -> None:
    await http.post(f"{url.removesuffix('/briefing')}/clearances", json=done(desk, days_ago=3, to_km=14))
    known = await content(http, url)
    first, second = (one["text"] for one in known["verified"])
    assert first == "km 0.0–14.0 verified 3 days ago by Mine Action Centre"
    assert second.startswith("km 14.0–")
    assert second.endswith(" not verified: no clearance or pass of it is on record")
    assert known["last_checked_at"] is None
    assert (known["alternatives"]["routes"], "road graph" in known["alternatives"]["text"]) == ([], True)


async def test_a_briefing_of_an_hour_ago_says_what_was_recorded_then(
    http: httpx.AsyncClient, desk: Desk, url: str
) -> None:
    quiet = (await content(http, url))["risk_recorded"]
    await desk.sweep()
    desk.clock.advance(timedelta(hours=1))
    hour = desk.clock.now()
    desk.clock.advance(timedelta(hours=1))
    stands = new_id()
    told = {"status": "verified", "audit__updated_at": desk.clock.now()}
    await desk.tell(stands, 1, 30.1, 5.0, days_ago=0.5, **STANDS | told)
    base = url.removesuffix("/briefing")
    await http.post(f"{base}/clearances", json=done(desk, days_ago=3))
    now, then = await content(http, url), await content(http, url, as_of=hour.isoformat())
    assert (now["risk_recorded"]["band"], then["risk_recorded"]) == ("known_hazard", quiet)
    assert [one["incident_id"] for one in then["changed_later"]] == [str(stands)]
    assert now["changed_later"] == []
    assert [one["check_id"] is None for one in then["verified"]] == [True]
    assert [one["check_id"] is None for one in now["verified"]] == [False]


async def test_a_contaminated_area_on_the_route_is_told_until_it_is_released(
    http: httpx.AsyncClient, desk: Desk, url: str
) -> None:
    ring = [[30.1, 4.99], [30.11, 4.99], [30.11, 5.01], [30.1, 5.01], [30.1, 4.99]]
    body = {"name": "Northern bank", "status": "suspected", "category": "landmine", "organisation": "Survey"}
    made = await http.post("/v1/areas", json=body | {"polygon": {"type": "Polygon", "coordinates": [ring]}})
    told = await content(http, url)
    [known] = told["contaminated_areas"]
    assert (told["risk"]["band"], told["risk_recorded"]["band"]) == ("known_hazard", "known_hazard")
    await desk.sweep()
    assert (known["area_id"], known["status"]) == (made.json()["area_id"], "suspected")
    [stretch] = known["stretches"]
    assert (round(stretch["from_km"], 1), round(stretch["to_km"], 1)) == (10.6, 12.7)
    page = (await http.get(url, headers={"Accept": "text/html"})).text
    assert "KNOWN HAZARD: 1 contaminated area on this route" in page
    before = desk.clock.now()
    desk.clock.advance(timedelta(hours=1))
    await http.post(f"{made.headers['location']}/release", json={"reason": "Cleared."}, headers={"If-Match": '"1"'})
    assert (await content(http, url))["contaminated_areas"] == []
    then = await content(http, url, as_of=before.isoformat())
    assert (len(then["contaminated_areas"]), then["risk_recorded"]["band"]) == (1, "known_hazard")


async def test_the_receipt_is_of_the_content_and_is_read_again_unchanged(
    http: httpx.AsyncClient, desk: Desk, url: str
) -> None:
    await desk.tell(new_id(), 1, 30.1, 5.0, days_ago=2, **STANDS)
    hour = {"as_of": (desk.clock.now() - timedelta(hours=1)).isoformat()}
    first = (await http.get(url, params=hour)).json()
    text = json.dumps(first["content"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == first["sha256"]
    assert hashlib.sha256(rfc8785.dumps(first["content"])).hexdigest() == first["sha256"]
    desk.clock.advance(timedelta(minutes=1))
    assert (await http.get(url, params=hour)).json() == first
    await desk.tell(new_id(), 1, 30.15, 5.0, days_ago=2, **STANDS)
    later = (await http.get(url, params=hour)).json()
    assert later["briefing_id"] != first["briefing_id"]
    again = await http.get(f"/v1/briefings/{first['briefing_id']}")
    assert again.json() == first
    async with desk.database.of_every_mission("a test").read() as connection:
        assert (await connection.execute(select(func.count()).select_from(BRIEFINGS))).scalar_one() == 2


async def test_a_receipt_outlives_its_route_and_stays_in_its_mission(
    http: httpx.AsyncClient, desk: Desk, url: str
) -> None:
    made = (await http.get(url)).json()
    await http.delete(url.removesuffix("/briefing"), headers={"If-Match": '"1"'})
    assert (await http.get(url)).status_code == 404
    one = f"/v1/briefings/{made['briefing_id']}"
    assert (await http.get(one)).json() == made
    other = {"Authorization": f"Bearer other/{Role.ANALYST}"}
    assert (await http.get(one, headers=other)).status_code == 404


async def test_the_future_is_refused(http: httpx.AsyncClient, desk: Desk, url: str) -> None:
    answer = await http.get(url, params={"as_of": (desk.clock.now() + timedelta(minutes=1)).isoformat()})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["field"], error["problem"]) == ("query.as_of", "is in the future")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "1900-01-01"])
async def test_the_beginning_of_time_is_answered(http: httpx.AsyncClient, desk: Desk, url: str, moment: str) -> None:
    known = await content(http, url, as_of=moment)
    assert (known["known_hazards"], known["risk_recorded"]) == ([], None)


async def test_the_page_says_the_same_and_escapes_it(http: httpx.AsyncClient, desk: Desk, url: str) -> None:
    base = url.removesuffix("/briefing")
    await http.put(base, json=BODY | {"name": "<b>Falcon</b>"}, headers={"If-Match": '"1"'})
    quiet = (await http.get(url, headers={"Accept": "text/html"})).text
    assert "No known hazard on record. Risk: low data" in quiet
    await desk.tell(new_id(), 1, 30.1, 5.0, days_ago=2, **STANDS)
    await http.post(f"{base}/clearances", json=done(desk, days_ago=3, to_km=14, organisation="<i>MAC</i>"))
    page = await http.get(url, headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "KNOWN HAZARD: 1 on this route" in page.text
    assert "<b>" not in page.text
    assert "<i>" not in page.text
    assert "km 0.0–14.0 verified 3 days ago by &lt;i&gt;MAC&lt;/i&gt;" in page.text
    receipt = (await http.get(url)).json()
    assert receipt["briefing_id"] in page.text
    assert receipt["sha256"] in page.text
