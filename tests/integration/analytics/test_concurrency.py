"""On PostgreSQL, where transactions run beside each other: nobody misses anybody, and nobody waits in a circle."""

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import UUID

import numpy as np
import pytest

from clearway_analytics.ledger import contributions, incidents
from clearway_analytics.main import STORAGE
from clearway_analytics.risk.decay import LANDMARK, DecayedSums
from clearway_analytics.risk.footprint import Footprint
from clearway_analytics.risk.parameters import SPARSE
from clearway_contracts.envelope import Event
from clearway_contracts.incidents import IncidentCorrected
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import upgrade
from clearway_testing.manual_clock import ManualClock

from .desk import MISSION, ROAD, Desk, incident_state

WORKERS, INCIDENTS, REVISIONS, ROUTES, BATCH = 4, 40, 3, 12, 5
STATUSES = ("reported", "verified", "disputed", "retracted")


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    await upgrade(postgres_url, STORAGE.migrations)
    database = Database(postgres_url)
    yield database
    await database.close()


def story(desk: Desk, rng: random.Random) -> list[Event]:
    """Every revision of one worker's incidents, shuffled: some come too late."""
    events = []
    for incident in [new_id() for _ in range(INCIDENTS // WORKERS)]:
        for revision in range(1, REVISIONS + 1):
            longitude, latitude = 30.0 + rng.random() * 0.5, 4.9 + rng.random() * 0.3
            status = rng.choice(STATUSES)
            state = incident_state(incident, revision, longitude, latitude, desk.clock.now(), status=status)
            data = IncidentCorrected(mission=MISSION, incident_id=incident, revision=revision, incident=state)
            events.append(desk.outbox.event(data, subject=str(incident), source="test", occurred=desk.clock.now()))
    rng.shuffle(events)
    return events


async def apply_in_batches(desk: Desk, events: list[Event]) -> None:
    for start in range(0, len(events), BATCH):
        await desk.deliver(*events[start : start + BATCH])


async def register_and_redraw(desk: Desk, route_ids: list[UUID]) -> None:
    for number, route_id in enumerate(route_ids):
        shifted = tuple((longitude + 0.01 * number, latitude) for longitude, latitude in ROAD)
        await desk.put(route_id, shifted)
        if number % 3 == 0:
            await desk.put(route_id, ROAD, expected=1)


@pytest.mark.postgres
@pytest.mark.timeout(90)
@pytest.mark.parametrize("seed", [1, 2])
async def test_routes_registered_while_incidents_arrive_miss_none(database: Database, seed: int) -> None:
    rng = random.Random(seed)
    desks = [Desk.on(database, ManualClock()) for _ in range(WORKERS)]
    route_ids = [new_id() for _ in range(ROUTES)]
    rng.shuffle(route_ids)
    async with asyncio.TaskGroup() as tasks:
        for desk in desks:
            tasks.create_task(apply_in_batches(desk, story(desk, rng)))
        tasks.create_task(register_and_redraw(desks[0], route_ids))
    await expect_what_the_ledger_says(desks[0], route_ids)


async def expect_what_the_ledger_says(desk: Desk, route_ids: list[UUID]) -> None:
    """Every route as if it had been rated today from every incident's last revision."""
    async with desk.database.of_every_mission("a test").read() as connection:
        known = await incidents.of_mission(connection, MISSION)
    assert len(known) == INCIDENTS
    assert {one.revision for one in known} == {REVISIONS}
    for number, route_id in enumerate(route_ids):
        shift = 0.0 if number % 3 == 0 else 0.01 * number
        line = tuple((longitude + shift, latitude) for longitude, latitude in ROAD)
        made = contributions.on_route(route_id, Footprint.of(line, 500.0), known, SPARSE)
        expected = DecayedSums.of(one.kept for one in made)
        now, horizon = desk.clock.now(), -np.expm1(-7.0 / SPARSE.decay_days)
        total, _ = expected.read(now, LANDMARK, SPARSE.decay_days)
        assert (await desk.risk(route_id)).incidents == pytest.approx(horizon * total, abs=1e-9)
    assert await desk.differences() == []
