"""Counts by time and kind: of what the list has, each incident once, and of nothing that its reader may not see."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from clearway_incidents.api import counting
from clearway_incidents.storage.tables import INCIDENTS, REVISIONS

from .conftest import Desk, a_report

SUBSCRIBER = "unmix:subscriber"
READERS = ("unmix:admin", SUBSCRIBER, f"{SUBSCRIBER}@Halo", "other:admin")
KINDS = ("category", "status", "outcome", "hazard_state")


def on(day: str, **changes: Any) -> dict[str, Any]:
    return {"time": {"occurred_at": f"{day}T22:30:00Z", "precision": "minute"}} | changes


def there(longitude: float, latitude: float) -> dict[str, Any]:
    return {"location": {"point": {"type": "Point", "coordinates": [longitude, latitude]}, "precision": "gps"}}


VARIED: tuple[dict[str, Any], ...] = (
    on("2026-02-20"),
    on("2026-02-20", category="landmine", hazard_state="suspected"),
    on("2026-02-14", exercise=True),
    on("2026-02-13", outcome="detonated", hazard_state="none", **there(-3.9, 17.1)),
    on("2026-02-13", sharing={"tlp": "red"}, **there(-3.91, 17.01)),
    on("2026-02-06", sharing={"classification": "strictly_confidential"}),
    on("2026-02-06", sharing={"tlp": "green", "releasable_to": ["Halo"]}),
    {"time": {"earliest": "2026-02-01T00:00:00Z", "latest": "2026-02-18T00:00:00Z", "precision": "week"}},
    on("2026-01-02", sharing={"tlp": "red"}),
)
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"bbox": "-3.95,17,-3.8,17.2"},
    {"category": "landmine"},
    {"outcome": "detonated"},
    {"exercises": "exclude"},
    {"exercises": "only"},
    {"status": "retracted"},
    {"from": "2026-02-13T23:00:00Z"},
    {"to": "2026-02-13T06:00:00Z"},
    {"from": "2026-02-06", "to": "2026-02-13"},
)


async def recorded(desk: Desk) -> None:
    made = []
    for changes in VARIED:
        made.append(await desk.report(**changes))
        desk.clock.advance(timedelta(minutes=1))
    await desk.step(made[0], "review")
    await desk.step(made[1], "retract", {"reason": "wrong_place"})


async def counted(desk: Desk, by: str = "unmix:admin", kinds: tuple[str, ...] = (), **query: Any) -> dict[str, Any]:
    answer = await desk.ask("GET", "/v1/incident-counts", by=by, per=list(kinds), **query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert body["total"] == sum(one["incidents"] for one in body["counts"])
    return body


def spans(body: Mapping[str, Any]) -> dict[str, int]:
    return {one["first_day"]: one["incidents"] for one in body["counts"]}


async def test_each_incident_is_counted_once_in_the_period_in_which_it_began(desk: Desk) -> None:
    for day in ("2026-02-20", "2026-02-14", "2026-02-13", "2026-01-31"):
        await desk.report(**on(day))
    body = await counted(desk, to="2026-02-20")
    assert (body["days"], body["last_day"], body["total"]) == (7, "2026-02-20", 4)
    assert [(one["first_day"], one["last_day"], one["incidents"]) for one in body["counts"]] == [
        ("2026-01-31", "2026-02-06", 1),
        ("2026-02-07", "2026-02-13", 1),
        ("2026-02-14", "2026-02-20", 2),
    ]
    assert all(one[name] is None for one in body["counts"] for name in KINDS)
    assert spans(await counted(desk, to="2026-02-20", days=1)) == {
        "2026-02-20": 1,
        "2026-02-14": 1,
        "2026-02-13": 1,
        "2026-01-31": 1,
    }
    assert spans(await counted(desk, to="2026-02-20", days=3660)) == {"2016-02-14": 4}


async def test_without_an_end_the_last_period_ends_today(desk: Desk) -> None:
    await desk.report()
    today = desk.clock.now().date()
    body = await counted(desk)
    assert body["last_day"] == today.isoformat()
    desk.clock.advance(timedelta(days=1))
    assert (await counted(desk))["last_day"] == (today + timedelta(days=1)).isoformat()


async def test_what_may_have_happened_later_is_said(desk: Desk) -> None:
    long = {"earliest": "2026-02-01T00:00:00Z", "latest": "2026-02-18T00:00:00Z", "precision": "week"}
    short = {"earliest": "2026-02-01T00:00:00Z", "latest": "2026-02-02T00:00:00Z", "precision": "day"}
    for time in (long, short):
        await desk.report(time=time)
    [one] = (await counted(desk, to="2026-02-20"))["counts"]
    assert (one["first_day"], one["incidents"], one["uncertain"]) == ("2026-01-31", 2, 1)


@pytest.mark.timeout(240)
async def test_it_counts_what_the_list_has(desk: Desk) -> None:
    """For every reader and filter, now and as of a time, also where an older program wrote the rows."""
    await recorded(desk)
    then = (desk.clock.now() - timedelta(minutes=4)).isoformat()
    for query in FILTERS:
        for reader in READERS:
            await assert_counts_the_list(desk, reader, **query)
        await assert_counts_the_list(desk, SUBSCRIBER, **query, as_of=then)
    async with desk.database.of_every_mission("a test").write() as transaction:
        values = {"tlp": "clear", "classification": "unclassified", "releasable_to": "[]", "marks_of": None}
        await transaction.connection.execute(update(REVISIONS).values(values))
        await transaction.connection.execute(update(INCIDENTS).values(values | {"exercise": None}))
    for query in FILTERS:
        await assert_counts_the_list(desk, SUBSCRIBER, **query)
        await assert_counts_the_list(desk, SUBSCRIBER, **query, as_of=then)


async def assert_counts_the_list(desk: Desk, by: str, **query: Any) -> None:
    answer = await desk.ask("GET", by=by, limit=500, **query)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    body = await counted(desk, by, KINDS, days=1, **query)
    expected = Counter((item["time"]["earliest"][:10], *(item[name] for name in KINDS)) for item in items)
    # Without an end nothing begins after today; with one, a reduced incident begins on its day.
    found: Counter[tuple[str, ...]] = Counter()
    for one in body["counts"]:
        assert one["first_day"] == one["last_day"]
        found[one["first_day"], *(one[name] for name in KINDS)] += one["incidents"]
    assert found == expected
    assert sum(one["reduced"] for one in body["counts"]) == sum(item["form"] == "reduced" for item in items)


async def test_a_kind_is_told_apart_only_where_it_is_asked_for(desk: Desk) -> None:
    for changes in ({}, {"category": "landmine"}, {"category": "landmine", "hazard_state": "suspected"}):
        await desk.report(**on("2026-02-20", **changes))
    [mine, device] = sorted((await counted(desk, kinds=("category",)))["counts"], key=lambda one: -one["incidents"])
    assert (mine["category"], mine["incidents"], mine["hazard_state"]) == ("landmine", 2, None)
    assert (device["category"], device["incidents"]) == ("ied", 1)
    assert len((await counted(desk, kinds=("hazard_state", "category")))["counts"]) == 3


async def test_what_is_unchanged_is_not_counted_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await desk.report()
    first = await desk.ask("GET", "/v1/incident-counts")
    known = {"If-None-Match": first.headers["etag"]}
    with monkeypatch.context() as patched:
        patched.setattr("clearway_incidents.api.counting.counted", None)
        same = await desk.ask("GET", "/v1/incident-counts", headers=known)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    others: tuple[tuple[str, dict[str, Any]], ...] = (
        (SUBSCRIBER, {}),
        ("unmix:verifier", {"days": 8}),
        ("unmix:verifier", {"per": "status"}),
        ("other:verifier", {}),
    )
    for by, asked in others:
        answer = await desk.ask("GET", "/v1/incident-counts", by=by, headers=known, **asked)
        assert answer.status_code == 200
    await desk.step(made, "review")
    assert (await desk.ask("GET", "/v1/incident-counts", headers=known)).status_code == 200
    changed = await desk.ask("GET", "/v1/incident-counts")
    desk.clock.advance(timedelta(days=1))
    tomorrow = {"If-None-Match": changed.headers["etag"]}
    assert (await desk.ask("GET", "/v1/incident-counts", headers=tomorrow)).status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"days": 0}, 422),
        ({"days": 3661}, 422),
        ({"per": "place"}, 422),
        ({"bbox": "0,5,1,1"}, 422),
        ({"exercises": "some"}, 422),
        ({"limit": 5}, 400),
    ],
)
async def test_a_query_that_makes_no_sense_is_explained(desk: Desk, query: dict[str, Any], status: int) -> None:
    answer = await desk.ask("GET", "/v1/incident-counts", **query)
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"]


async def test_an_answer_that_would_be_too_long_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_COUNTS", 2)
    for day in ("2026-02-20", "2026-02-14", "2026-02-13"):
        await desk.report(**on(day))
    assert (await counted(desk, to="2026-02-20", days=14))["total"] == 3
    refused = await desk.ask("GET", "/v1/incident-counts", to="2026-02-20", days=1)
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["field"], error["problem"]) == ("query.days", "gives 3 counts, more than 2")
    assert "later `from`" in error["remedy"]


async def test_the_first_day_that_there_is_has_a_period(desk: Desk) -> None:
    await desk.report(time={"occurred_at": "1900-01-02T00:00:00Z", "precision": "day"})
    [one] = (await counted(desk, to="1901-01-01", days=3660))["counts"]
    assert date.fromisoformat(one["first_day"]) < date(1900, 1, 2) <= date.fromisoformat(one["last_day"])
    assert a_report()["time"]["occurred_at"] > one["last_day"]
