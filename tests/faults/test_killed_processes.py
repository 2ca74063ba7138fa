"""kill -9 between the steps of the outbox and of the inbox: repeats on the wire, never a loss, one effect each."""

import asyncio
import signal
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from clearway_contracts.codec import decode
from clearway_contracts.routes import RouteRiskChanged
from clearway_contracts.topics import ROUTE_RISK
from clearway_platform.log.base import Record, TopicSpec
from clearway_platform.log.embedded import EmbeddedBroker
from clearway_platform.messaging.consumer import Consumer
from clearway_platform.messaging.relay.batch import BatchLimit
from clearway_testing.plumbing import Plumbing, effect, eventually, message_of, number_of, running

PROCESSES = Path(__file__).parent / "processes"


async def run_until_killed(program: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, str(PROCESSES / program), *arguments)
    async with asyncio.timeout(60):
        assert await process.wait() == -signal.SIGKILL


async def read_all(broker: EmbeddedBroker, count: int) -> list[Record]:
    records: list[Record] = []
    async with await broker.reader([ROUTE_RISK.name], group=None) as reader, asyncio.timeout(30):
        while len(records) < count:
            for batch in (await reader.fetch()).values():
                records.extend(batch)
    return records


def numbers(records: list[Record]) -> list[int]:
    """The numbers in order of first appearance; a repeat is the same event, not another."""
    found: dict[UUID, int] = {}
    for record in records:
        event = decode(record.key, record.value, record.headers)
        assert event is not None
        found.setdefault(event.envelope.id, number_of(event))
    return list(found.values())


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_relay_killed_around_its_publication_loses_nothing(
    plumbing: Plumbing, database_url: str, tmp_path: Path, moment: str
) -> None:
    await plumbing.publish(*range(25), route=uuid4())
    for _ in range(2):
        await run_until_killed("relay_that_dies.py", database_url, str(tmp_path), moment)
    assert await plumbing.waiting() == 25
    broker = EmbeddedBroker(tmp_path / "log.db")
    await broker.start()
    await plumbing.relay(broker, batch=BatchLimit(rows=10)).drain()
    repeated = 20 if moment == "after" else 0
    assert numbers(await read_all(broker, 25 + repeated)) == list(range(25))
    assert await plumbing.waiting() == 0
    assert [entry.position for entry in await plumbing.feed.after(None, 0, 100)] == list(range(1, 26))
    await broker.close()


async def test_a_consumer_killed_between_effect_and_offset_does_nothing_twice(
    plumbing: Plumbing, database_url: str, tmp_path: Path
) -> None:
    route, broker = uuid4(), EmbeddedBroker(tmp_path / "log.db")
    await broker.start()
    await broker.create_topics([TopicSpec(ROUTE_RISK.name, ROUTE_RISK.partitions, None)])
    await broker.publish([message_of(plumbing.event(number, route=route)) for number in range(200)])
    await broker.close()
    for effects in ("1", "60"):
        await run_until_killed("consumer_that_dies.py", database_url, str(tmp_path), effects)
    assert 0 < len(await plumbing.effects("reader")) < 200
    await broker.start()
    consumer = Consumer(
        name="alerts",
        topics=[ROUTE_RISK],
        handlers={RouteRiskChanged: effect("reader")},
        broker=broker,
        database=plumbing.database,
        dead_letters=plumbing.dead_letters,
        clock=plumbing.clock,
    )

    async def all_taken() -> bool:
        return len(await plumbing.effects("reader")) >= 200

    async with running(consumer.run):
        await eventually(all_taken)
    assert await plumbing.effects("reader") == [(str(route), number) for number in range(200)]
    await broker.close()
