"""What a key may not read of an incident is in no explanation and no briefing; its hazard is listed all the same."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from clearway_analytics.main import service
from clearway_analytics.queries.sight import GRID_KM, on_grid
from clearway_analytics.storage.tables import INCIDENTS
from clearway_platform.clock import new_id
from clearway_platform.log.embedded import EmbeddedBroker

from .desk import MISSION, Desk, platform_on

LINE: Final = [[30.0, 5.0], [30.5, 5.0]]
BODY: Final[dict[str, Any]] = {"name": "Main supply route", "line": {"type": "LineString", "coordinates": LINE}}
STANDS: Final = {"outcome": "found_not_cleared", "hazard_state": "active"}
# 30.2 degrees are at about 22 km.
KM: Final = 22.2
ABOVE: Final[list[dict[str, str]]] = [
    {"sharing__tlp": "red"},
    {"sharing__tlp": "amber_strict"},
    {"sharing__classification": "confidential"},
]
WORDS: Final = ("incident_revision", "occurred_at", "age_days", "distance_m", "uncertainty_m", "status")


@pytest.fixture
async def http(desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    platform = platform_on(desk, EmbeddedBroker(tmp_path / "log.db", clock=desk.clock), tmp_path)
    transport = httpx.ASGITransport(service.build(platform).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def route(http: httpx.AsyncClient, route_id: UUID) -> str:
    """The address of a route that is there."""
    made = await http.put(f"/v1/routes/{route_id}", json=BODY, headers=key("analyst"))
    assert made.status_code == 201, made.text
    return f"/v1/routes/{route_id}"


def key(role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {MISSION}/{role}"}


async def read(http: httpx.AsyncClient, address: str, role: str) -> dict[str, Any]:
    answer = await http.get(address, headers=key(role))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def is_widened(stretch: dict[str, float], km: float) -> bool:
    return (
        stretch["from_km"] <= km <= stretch["to_km"]
        and stretch["from_km"] % GRID_KM == 0
        and stretch["to_km"] % GRID_KM == 0
    )


@pytest.mark.parametrize("marks", ABOVE, ids=str)
async def test_a_hazard_above_the_ceiling_is_listed_with_its_stretch_alone(
    http: httpx.AsyncClient, desk: Desk, route: str, marks: dict[str, str]
) -> None:
    incident_id = new_id()
    await desk.tell(incident_id, 1, 30.2, 5.001, days_ago=3, **STANDS | marks)
    for address in (f"{route}/risk", f"{route}/risk/explanation", f"{route}/risk?as_of=2027-01-01T00:00:00Z"):
        [hazard] = (await read(http, address, "subscriber"))["hazards"]
        assert (hazard["form"], hazard["incident_id"], hazard["hazard_state"]) == (
            "reduced",
            str(incident_id),
            "active",
        )
        assert all(hazard[word] is None for word in WORDS)
        assert (hazard["category"] is None) == ("sharing__classification" in marks)
        assert all(is_widened(stretch, KM) for stretch in hazard["stretches"])
        [whole] = (await read(http, address, "admin"))["hazards"]
        assert whole["form"] == "full"
        assert all(whole[word] is not None for word in WORDS)
    assert (await read(http, f"{route}/risk", "subscriber"))["known_hazards"] == 1


async def test_a_contribution_above_the_ceiling_is_counted_in_the_rest(
    http: httpx.AsyncClient, desk: Desk, route: str
) -> None:
    secret, known = new_id(), new_id()
    await desk.tell(secret, 1, 30.2, 5.001, sharing__tlp="red")
    await desk.tell(known, 1, 30.3, 5.001, sharing__tlp="amber")
    seen, whole = [await read(http, f"{route}/risk/explanation", role) for role in ("subscriber", "admin")]
    assert [part["incident_id"] for part in seen["contributions"]] == [str(known)]
    assert str(secret) not in json.dumps(seen)
    assert seen["rest"]["incidents"] == 1
    assert len(whole["contributions"]) == 2
    parts = sum(part["expected_events"] for part in seen["contributions"])
    total = parts + seen["rest"]["expected_events"] + seen["background"]
    assert total == pytest.approx(seen["expected_events"])


@pytest.mark.parametrize("marks", ABOVE, ids=str)
async def test_a_briefing_tells_a_hazard_above_the_ceiling_by_its_stretch(
    http: httpx.AsyncClient, desk: Desk, route: str, marks: dict[str, str]
) -> None:
    await desk.tell(new_id(), 1, 30.2, 5.001, days_ago=3, **STANDS | marks)
    content = (await read(http, f"{route}/briefing", "subscriber"))["content"]
    for told in (*content["known_hazards"], *content["changes"]["incidents"]):
        assert (told["form"], told["km"], told["grade"], told["outcome"]) == ("reduced", None, None, None)
        assert all(told[word] is None for word in WORDS)
        assert is_widened(told, KM)
    assert len(content["known_hazards"]) == 1
    page = await http.get(f"{route}/briefing", headers=key("subscriber") | {"Accept": "text/html"})
    assert "KNOWN HAZARD: 1 on this route" in page.text
    assert "20–30" in page.text
    assert "22.2" not in page.text
    [whole] = (await read(http, f"{route}/briefing", "admin"))["content"]["known_hazards"]
    assert whole["km"] == pytest.approx(KM, abs=0.1)


async def test_a_receipt_is_read_by_keys_that_may_read_as_much(http: httpx.AsyncClient, desk: Desk, route: str) -> None:
    await desk.tell(new_id(), 1, 30.2, 5.001, days_ago=3, **STANDS | {"sharing__tlp": "red"})
    made = {role: (await read(http, f"{route}/briefing", role))["briefing_id"] for role in ("subscriber", "admin")}
    assert made["subscriber"] != made["admin"]
    expected = {("subscriber", "subscriber"): 200, ("subscriber", "admin"): 200, ("admin", "subscriber"): 404}
    for (maker, reader), status in expected.items():
        answer = await http.get(f"/v1/briefings/{made[maker]}", headers=key(reader))
        assert answer.status_code == status, (maker, reader)


async def test_an_incident_whose_marks_are_not_known_counts_as_marked_highest(
    http: httpx.AsyncClient, desk: Desk, route: str
) -> None:
    """An earlier program writes none, and leaves those of the revision before."""
    await desk.tell(new_id(), 1, 30.2, 5.001, **STANDS)
    assert [one["form"] for one in (await read(http, f"{route}/risk", "analyst"))["hazards"]] == ["full"]
    async with desk.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(update(INCIDENTS).values(revision=2))
    assert [one["form"] for one in (await read(http, f"{route}/risk", "analyst"))["hazards"]] == ["reduced"]
    assert [one["form"] for one in (await read(http, f"{route}/risk", "admin"))["hazards"]] == ["full"]


@pytest.mark.parametrize(
    ("stretch", "length", "wide"),
    [
        ((22.0, 22.5), 55.0, (20.0, 30.0)),
        ((19.9, 20.1), 55.0, (10.0, 30.0)),
        ((51.0, 52.0), 55.0, (50.0, 55.0)),
        ((-0.4, 0.4), 55.0, (0.0, 10.0)),
        ((20.0, 20.0), 55.0, (20.0, 30.0)),
    ],
)
def test_a_stretch_is_widened_to_the_grid(
    stretch: tuple[float, float], length: float, wide: tuple[float, float]
) -> None:
    assert on_grid(*stretch, length) == wide
