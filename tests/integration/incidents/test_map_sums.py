"""The sums of the map say at any time what counting the incidents one by one says."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from clearway_incidents.commands.backlog import COUNTING, Backlog
from clearway_incidents.commands.retention import Retention
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.queries import incident_map, map_cells
from clearway_incidents.storage.map_tables import MAP_KINDS, MAP_SUMS
from clearway_incidents.storage.states import INCIDENT
from clearway_incidents.storage.tables import INCIDENTS, UNCOUNTED
from clearway_platform.messaging.precedence import Precedence
from clearway_platform.service import Platform

from .conftest import Desk
from .test_map import FILTERS, READERS, SUBSCRIBER, VARIED, WORLD, at, drawn

ADMIN = "unmix:admin"
# Of none, of many and of all their cells; also closer than there are sums, and than the cells that are shown.
ZOOMS = (0, 3, 10, 11, 14)
BOXES = (WORLD, "-4,17,-3.95,17.06", "170,-20,-170,0")
# What the sums tell apart, and what they are but for a few.
KINDS = [query for query in FILTERS if "from" not in query]


OF_SUMS = map_cells.CellCounts.of_sums


@pytest.fixture
def counting(platform: Platform) -> Backlog:
    return Backlog(replace(COUNTING, at_once=5), platform.database, platform.feed, Precedence().after)


async def clusters(desk: Desk, monkeypatch: pytest.MonkeyPatch, *, kept: bool, **query: Any) -> list[dict[str, Any]]:
    asked = []

    def of_sums(counts: map_cells.CellCounts) -> Iterator[Any]:
        asked.append(counts)
        return OF_SUMS(counts)

    with monkeypatch.context() as patched:
        patched.setattr(incident_map, "MOST_DRAWN", -1)
        patched.setattr(map_cells.CellCounts, "of_sums", of_sums)
        if not kept:
            patched.setattr(incident_map, "MOST_UNCOUNTED", -1)
        body = await drawn(desk, **query)
    assert bool(asked) is kept
    assert body["form"] == "clusters"
    features: list[dict[str, Any]] = body["features"]
    assert body["total"] == sum(one["properties"]["count"] for one in features)
    return features


async def assert_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every filter and reader, and in every box at every zoom."""
    for query in KINDS:
        for by in READERS:
            asked = {"zoom": 6, **query, "by": by}
            expected = await clusters(desk, monkeypatch, kept=False, **asked)
            assert await clusters(desk, monkeypatch, kept=True, **asked) == expected, asked
    for zoom in ZOOMS:
        for bbox in BOXES:
            for by in (ADMIN, SUBSCRIBER):
                query = {"zoom": zoom, "bbox": bbox, "by": by}
                expected = await clusters(desk, monkeypatch, kept=False, **query)
                assert await clusters(desk, monkeypatch, kept=True, **query) == expected, query


async def assert_all_are_counted(desk: Desk) -> None:
    """Each once in each grid, and no row is left of what is elsewhere by now."""
    assert await desk.rows(select(INCIDENTS.c.incident_id).where(UNCOUNTED)) == []
    all_of_them = await desk.count(INCIDENTS)
    by = (MAP_SUMS.c.reduced, MAP_SUMS.c.zoom)
    counts = await desk.rows(select(func.sum(MAP_SUMS.c.incidents)).group_by(*by))
    assert [count for (count,) in counts] == [all_of_them] * 12
    assert await desk.rows(select(MAP_SUMS).where(MAP_SUMS.c.incidents <= 0)) == []


async def step_on(desk: Desk, made: list[dict[str, Any]]) -> None:
    """Something else changes of each: the place, the state of the hazard, the marks, the status."""
    moved = {"location": {"point": {"type": "Point", "coordinates": [40.0, -20.0]}}}
    answer = await desk.ask("PATCH", f"/{made[2]['incident_id']}", moved, seen=1, by=ADMIN)
    assert answer.status_code == 200, answer.text
    await desk.step(made[3], "hazard", {"hazard_state": "suspected"})
    raised = {"sharing": {"tlp": "red"}}
    answer = await desk.ask("PATCH", f"/{made[0]['incident_id']}", raised, seen=1, by=ADMIN)
    assert answer.status_code == 200, answer.text
    await desk.step(made[1], "retract", {"reason": "wrong_place"})


@pytest.mark.timeout(300)
async def test_they_say_what_counting_says(
    desk: Desk, counting: Backlog, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [await desk.report(**changes) for changes in VARIED]
    await desk.report(by="other:reporter")
    ends = f"{desk.clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    await desk.report(**at(3.0, 3.0, sharing={"tlp": "red", "retention_until": ends}))
    await counting.clear()
    await assert_all_are_counted(desk)
    await step_on(desk, made)
    await desk.report(**at(0.05, 0.05, sharing={"tlp": "red"}, exercise=True))
    desk.clock.advance(timedelta(days=1))
    assert await Retention(Revisions(desk.clock, platform.outbox, INCIDENT), platform.database).apply() == 1
    await assert_the_same(desk, monkeypatch)
    await counting.clear()
    await assert_all_are_counted(desk)
    await assert_the_same(desk, monkeypatch)


async def test_what_an_older_program_wrote_is_counted_when_it_is_read(
    desk: Desk, counting: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows neither sums nor marks: it moves an incident that they have."""
    made = await desk.report(**at(1.0, 1.0))
    await desk.report(**at(1.0, 1.0))
    await counting.clear()
    values = {"longitude": 60.0, "hazard_state": "none", "revision": 2}
    async with desk.database.of_every_mission("a test").write() as transaction:
        is_one = INCIDENTS.c.incident_id == UUID(made["incident_id"])
        await transaction.connection.execute(update(INCIDENTS).where(is_one).values(values))
    await counting.clear()
    for by in (ADMIN, SUBSCRIBER):
        found = await clusters(desk, monkeypatch, kept=True, by=by)
        assert found == await clusters(desk, monkeypatch, kept=False, by=by)
        assert sorted(one["properties"]["gravest"] for one in found) == ["active", "none"]


async def test_each_is_counted_once_by_several_at_once(desk: Desk, counting: Backlog) -> None:
    for number in range(12):
        await desk.report(**at(number * 0.3, 1.0))
    await asyncio.gather(*(counting.clear() for _ in range(3)))
    await assert_all_are_counted(desk)
    assert await desk.count(MAP_KINDS) == 1


async def test_many_that_wait_are_counted_with_all_others(
    desk: Desk, counting: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.report()
    await counting.clear()
    await desk.report()
    monkeypatch.setattr(incident_map, "MOST_DRAWN", 0)
    monkeypatch.setattr(incident_map, "MOST_UNCOUNTED", 0)
    monkeypatch.setattr(map_cells.CellCounts, "of_sums", None)
    assert (await drawn(desk))["total"] == 2
