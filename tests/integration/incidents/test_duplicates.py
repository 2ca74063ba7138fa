"""What may be the same event is suggested to a person, with its reasons, and never merged by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .conftest import Desk, a_report

PLACE = (-3.9962, 17.0421)
AT = datetime(2026, 2, 28, 5, 40, tzinfo=UTC)


def at(east_m: float = 0, later: timedelta = timedelta(0), uncertainty_m: float = 25, **changes: Any) -> dict[str, Any]:
    """A report so far east of the first one, and so much later."""
    longitude = PLACE[0] + east_m / 106_400
    point = {"type": "Point", "coordinates": [longitude, PLACE[1]]}
    where = {"point": point, "precision": "gps", "uncertainty_m": uncertainty_m}
    when = {"occurred_at": (AT + later).isoformat(), "precision": "minute"}
    return a_report(location=where, time=when, category="ied", outcome="found_not_cleared") | changes


async def made(desk: Desk, *, by: str = "unmix:reporter", **changes: Any) -> dict[str, Any]:
    answer = await desk.ask("POST", body=at(**changes), by=by)
    assert answer.status_code == 201, answer.text
    incident: dict[str, Any] = answer.json()
    return incident


async def suggested(desk: Desk, incident: dict[str, Any], *, by: str = "unmix:verifier") -> list[dict[str, Any]]:
    answer = await desk.ask("GET", f"/{incident['incident_id']}/duplicates", by=by)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_the_likeliest_is_first_and_each_says_why(desk: Desk) -> None:
    first = await made(desk)
    near = await made(desk, east_m=100, later=timedelta(minutes=10))
    further = await made(desk, east_m=400, later=timedelta(hours=3), outcome="hoax")
    items = await suggested(desk, first)
    assert [one["incident"]["incident_id"] for one in items] == [near["incident_id"], further["incident_id"]]
    like = items[0]["likeness"]
    assert like["distance_m"] == pytest.approx(100, rel=0.01)
    assert (like["within_m"], like["apart_seconds"]) == (500, 480)
    assert (like["category"], like["outcome"]) == (1, 1)
    assert like["score"] > items[1]["likeness"]["score"] > 0.4
    # It is the same seen from the other one.
    [back, _] = await suggested(desk, near)
    assert (back["incident"]["incident_id"], back["likeness"]) == (first["incident_id"], like)
    assert (await desk.read(first))["status"] == "reported"


@pytest.mark.parametrize(
    "changes",
    [
        {"east_m": 520},
        {"later": timedelta(hours=6, minutes=3)},
        {"category": "landmine"},
        {"outcome": "detonated"},
        {"exercise": True},
        {"uncertainty_m": 60_000.0},
        {"time": {"precision": "unknown"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_what_cannot_be_the_same_is_not_suggested(desk: Desk, changes: dict[str, Any]) -> None:
    first, other = await made(desk), await made(desk, **changes)
    assert await suggested(desk, first) == []
    assert await suggested(desk, other) == []


async def test_a_wide_place_reaches_as_far_as_it_is_uncertain(desk: Desk) -> None:
    first = await made(desk)
    village = await made(desk, east_m=2_000, uncertainty_m=2_500)
    [one] = await suggested(desk, first)
    assert one["incident"]["incident_id"] == village["incident_id"]
    assert one["likeness"]["within_m"] == 2_525


async def test_both_sides_of_the_antimeridian_and_the_pole(desk: Desk) -> None:
    for one, other in (((179.9999, 10.0), (-179.9999, 10.0)), ((0.0, 89.9999), (180.0, 89.9999))):
        pair = []
        for coordinates in (one, other):
            where = {"point": {"type": "Point", "coordinates": coordinates}, "precision": "gps"}
            pair.append(await made(desk, location=where))
        assert [item["incident"]["incident_id"] for item in await suggested(desk, pair[0])] == [pair[1]["incident_id"]]
        assert [item["incident"]["incident_id"] for item in await suggested(desk, pair[1])] == [pair[0]["incident_id"]]


async def test_who_names_them_as_related_is_not_asked_again(desk: Desk) -> None:
    first, other = await made(desk), await made(desk, east_m=50)
    answer = await desk.ask(
        "PATCH", f"/{first['incident_id']}", {"links": {"related": [other["incident_id"]]}}, seen=1, by="unmix:reporter"
    )
    assert answer.status_code == 200, answer.text
    assert await suggested(desk, first) == []
    assert await suggested(desk, other) == []


async def test_what_is_merged_or_retracted_is_not_suggested(desk: Desk) -> None:
    first, other, third = await made(desk), await made(desk, east_m=50), await made(desk, east_m=90)
    await desk.step(other, "merge", {"survivor_id": first["incident_id"]})
    await desk.step(third, "retract", {"reason": "duplicate"})
    assert await suggested(desk, first) == []


async def test_only_those_of_the_mission_whose_whole_may_be_read(desk: Desk) -> None:
    first, other = await made(desk), await made(desk, east_m=50, sharing={"tlp": "red"}, by="unmix:admin")
    await made(desk, east_m=50, by="other:reporter")
    assert [one["incident"]["incident_id"] for one in await suggested(desk, first, by="unmix:admin")] == [
        other["incident_id"]
    ]
    assert await suggested(desk, first) == []
    assert await suggested(desk, other, by="unmix:verifier") == []
    assert (await desk.ask("GET", f"/{first['incident_id']}/duplicates", by="other:admin")).status_code == 404


async def test_the_list_of_all_has_each_pair_once_and_leads_on(desk: Desk) -> None:
    first = await made(desk)
    await made(desk, east_m=50_000)
    again = await made(desk, east_m=50)
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    for _ in range(5):
        after: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = (await desk.ask("GET", "/v1/incident-duplicates", by="unmix:verifier", limit=1, **after)).json()
        seen += page["items"]
        if (cursor := page["next"]) is None:
            break
    [pair] = seen
    assert pair["incident"]["incident_id"] == again["incident_id"]
    assert [one["incident"]["incident_id"] for one in pair["duplicates"]] == [first["incident_id"]]
