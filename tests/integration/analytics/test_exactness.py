"""What is kept of a route is what its incidents say: after moves, merges, retractions, replays, in every mission."""

import random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from clearway_analytics.domain.line import Position
from clearway_analytics.ledger import missions, route_sums
from clearway_analytics.ledger.route_sums import Extremes
from clearway_analytics.storage.tables import MISSIONS, ROUTE_SUMS
from clearway_contracts.routes import RouteRiskChanged
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Database

from .desk import MISSION, ROAD, Desk

FIGURES = ("expected_events", "low", "high", "effective_sample", "nearby_sample")
STATUSES = ("reported", "under_review", "verified", "disputed", "closed", "merged", "retracted")


def same(value: float) -> object:
    return pytest.approx(value, abs=1e-9)


def line(number: int) -> tuple[Position, ...]:
    return tuple((longitude + 0.05 * number, latitude + 0.02 * number) for longitude, latitude in ROAD)


async def kept_extremes(database: Database, route_id: UUID) -> Extremes:
    async with database.of_every_mission("a test").read() as connection:
        return (await route_sums.find(connection, MISSION, [route_id]))[route_id].extremes


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_sums_and_extremes_are_those_of_the_contributions_at_every_step(desk: Desk, seed: int) -> None:
    rng = random.Random(seed)
    for number in range(4):
        await desk.put(new_id(), line(number))
    incidents, revisions = [new_id() for _ in range(6)], [0] * 6
    for _ in range(40):
        i = rng.randrange(6)
        revisions[i] += rng.choice((1, 1, 2))
        longitude, latitude = 29.8 + rng.random(), 4.8 + 0.6 * rng.random()
        await desk.tell(
            incidents[i],
            revisions[i],
            longitude,
            latitude,
            days_ago=rng.choice((0, 1, 20)),
            status=rng.choice(STATUSES),
        )
        assert await desk.differences() == []


async def test_many_routes_come_back_to_where_they_were(desk: Desk, incident_id: UUID) -> None:
    routes = [new_id() for _ in range(5)]
    for number, route_id in enumerate(routes):
        await desk.put(route_id, line(number))
    await desk.tell(new_id(), 1, 30.2, 5.05, days_ago=12, status="verified")
    before = {route_id: await desk.risk(route_id) for route_id in routes}
    await desk.tell(incident_id, 1, 30.1, 5.0)
    for revision, (longitude, latitude) in enumerate(
        [(30.3, 5.1), (30.9, 5.4), (35.0, 5.0), (30.2, 5.0)] * 10, start=2
    ):
        await desk.tell(incident_id, revision, longitude, latitude, status="verified")
    await desk.tell(incident_id, 100, 30.2, 5.0, status="merged")
    for route_id in routes:
        after = await desk.risk(route_id)
        for name in FIGURES:
            assert getattr(after, name) == same(getattr(before[route_id], name))
    assert await desk.differences() == []


async def test_the_largest_and_the_latest_that_is_left_counts_after_a_retraction(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(new_id(), 1, 30.1, 5.02, days_ago=9)
    only = await kept_extremes(desk.database, route_id)
    larger = new_id()
    await desk.tell(larger, 1, 30.1, 5.0, days_ago=3, status="verified")
    both = await kept_extremes(desk.database, route_id)
    assert (both.largest > only.largest, both.newest != only.newest) == (True, True)
    await desk.tell(larger, 2, 30.1, 5.0, days_ago=3, status="retracted")
    assert await kept_extremes(desk.database, route_id) == only
    assert (await desk.risk(route_id)).data_age_days == pytest.approx(9)


async def test_the_same_event_twice_in_one_batch_counts_once(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id)
    event = desk.event(incident_id, 1, 30.1, 5.0)
    await desk.deliver(event)
    once, said = await desk.risk(route_id), await desk.published()
    await desk.deliver(event, event)
    assert await desk.risk(route_id) == once
    assert await desk.published() == said


async def test_revisions_of_one_batch_end_as_one_by_one(desk: Desk) -> None:
    together, apart = new_id(), new_id()
    await desk.put(together, mission="together")
    await desk.put(apart)
    incident = new_id()
    steps: list[dict[str, Any]] = [{}, {"status": "under_review"}, {"status": "verified"}]
    places = [(30.1, 5.0), (30.15, 5.0), (30.12, 5.01)]
    for revision, (change, place) in enumerate(zip(steps, places, strict=True), start=1):
        await desk.tell(incident, revision, *place, **change)
    batch = [
        desk.event(incident, revision, *place, mission="together", **change)
        for revision, (change, place) in enumerate(zip(steps, places, strict=True), start=1)
    ]
    await desk.deliver(*batch)
    assert (await desk.risk(together, "together")).expected_events == same((await desk.risk(apart)).expected_events)


async def test_an_incident_of_the_same_id_in_another_mission_stays(
    desk: Desk, route_id: UUID, incident_id: UUID
) -> None:
    for mission in (MISSION, "other"):
        await desk.put(route_id, mission=mission)
        await desk.tell(incident_id, 1, 30.1, 5.0, mission=mission)
    rated = await desk.risk(route_id)
    await desk.tell(incident_id, 2, 30.1, 5.0, mission="other", status="retracted")
    assert await desk.risk(route_id) == rated
    assert (await desk.risk(route_id, "other")).incidents == 0


async def test_the_first_that_is_heard_of_an_incident_may_be_a_later_revision(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    incident = new_id()
    await desk.tell(incident, 4, 30.1, 5.0)
    rated = await desk.risk(route_id)
    await desk.tell(incident, 1, 30.1, 5.0)
    assert await desk.risk(route_id) == rated
    await desk.tell(incident, 5, 30.1, 5.0, status="retracted")
    assert (await desk.risk(route_id)).incidents == 0


async def test_a_redrawn_route_remembers_what_was_last_said_of_it(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(new_id(), 1, 30.1, 5.0, status="verified")
    rated = await desk.risk(route_id)
    await desk.put(route_id, ((31.0, 6.0), (31.2, 6.0)), expected=1)
    changed = (await desk.published())[-1]
    assert isinstance(changed, RouteRiskChanged)
    assert changed.previous_expected_events == same(rated.expected_events)
    assert changed.previous_band == rated.band.value


async def test_what_was_said_is_written_with_the_moment(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(incident_id, 1, 30.1, 5.0)
    async with desk.database.of_every_mission("a test").read() as connection:
        (row,) = (await connection.execute(select(ROUTE_SUMS))).all()
    changed = (await desk.published())[-1]
    assert isinstance(changed, RouteRiskChanged)
    assert (row.published_events, row.published_at) == (changed.risk.expected_events, changed.risk.at)
    assert row.published_band == changed.risk.band


async def test_changed_parameters_are_read_at_once(desk: Desk) -> None:
    async with desk.database.of_every_mission("a test").write() as transaction:
        before = await missions.lock(transaction.connection, MISSION)
        known = (await transaction.connection.execute(select(MISSIONS.c.parameters))).scalar_one()
        await transaction.connection.execute(update(MISSIONS).values(parameters=known | {"decay_days": 45.0}))
        after = await missions.lock(transaction.connection, MISSION)
    assert (before.parameters.decay_days, after.parameters.decay_days) == (90.0, 45.0)
    assert before.parameters.shares == after.parameters.shares
