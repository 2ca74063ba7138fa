"""PostgreSQL is killed while the relay publishes and a consumer takes: both wait, and go on where they were."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from clearway_contracts.routes import RouteRiskChanged
from clearway_contracts.topics import ROUTE_RISK
from clearway_platform.log.base import TopicSpec
from clearway_platform.log.embedded import EmbeddedBroker
from clearway_platform.messaging.consumer import Consumer
from clearway_platform.messaging.retry import is_temporary
from clearway_testing.plumbing import Plumbing, effect, eventually, plumb, running
from clearway_testing.server import DatabaseServer


@pytest.mark.postgres
async def test_a_database_that_is_killed_costs_nothing_but_time(
    own_postgres_server: DatabaseServer, tmp_path: Path
) -> None:
    plumbing = await plumb(own_postgres_server.create_database("service"))
    broker, route = EmbeddedBroker(tmp_path / "log.db"), uuid4()
    await broker.start()
    await broker.create_topics([TopicSpec(ROUTE_RISK.name, ROUTE_RISK.partitions, None)])
    consumer = Consumer(
        name="alerts",
        topics=[ROUTE_RISK],
        handlers={RouteRiskChanged: effect("reader")},
        broker=broker,
        database=plumbing.database,
        dead_letters=plumbing.dead_letters,
        clock=plumbing.clock,
        attempts=1,
    )
    async with running(plumbing.relay(broker).run, consumer.run):
        accepted = asyncio.create_task(_accept(plumbing, 60, route))
        await eventually(lambda: _taken(plumbing, 5))
        for _ in range(2):
            await asyncio.to_thread(own_postgres_server.kill)
            await asyncio.sleep(0.3)
            await asyncio.to_thread(own_postgres_server.start)
        async with asyncio.timeout(60):
            certain, uncertain = await accepted
        await eventually(lambda: _all_taken(plumbing, certain), 60)
    numbers = [number for _, number in await plumbing.effects("reader")]
    assert numbers == sorted(set(numbers))
    assert set(numbers) - set(certain) <= set(uncertain)
    assert await plumbing.dead_letters.list() == []
    positions = [entry.position for entry in await plumbing.feed.after(None, 0, 1000)]
    assert positions == list(range(1, len(positions) + 1))
    await broker.close()
    await plumbing.database.close()


async def _accept(plumbing: Plumbing, count: int, route: UUID) -> tuple[list[int], list[int]]:
    """Commit numbers as a service would: those that were answered, and those of which nobody knows."""
    certain, uncertain = [], []
    for number in range(count):
        try:
            await plumbing.publish(number, route=route)
            certain.append(number)
        except Exception as error:
            if not is_temporary(error):
                raise
            uncertain.append(number)
        await asyncio.sleep(0.05)
    return certain, uncertain


async def _taken(plumbing: Plumbing, count: int) -> bool:
    return len(await plumbing.effects("reader")) >= count


async def _all_taken(plumbing: Plumbing, certain: list[int]) -> bool:
    try:
        return set(certain) <= {number for _, number in await plumbing.effects("reader")}
    except Exception as error:
        if not is_temporary(error):
            raise
        return False
