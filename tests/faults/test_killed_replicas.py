"""Replicas of a consumer on Kafka and PostgreSQL are killed in turn: the other one goes on, and nothing is lost or
doubled."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from clearway_contracts.topics import ROUTE_RISK
from clearway_platform.log import open_broker
from clearway_platform.log.base import Broker, TopicSpec
from clearway_testing.plumbing import Plumbing, eventually, message_of, plumb
from clearway_testing.server import Server

PROGRAM = Path(__file__).parent / "processes/replica.py"
ROUTES = [uuid4() for _ in range(8)]
PAUSE_SECONDS = 0.02
JOIN_SECONDS = 60


class Replica:
    """A process that consumes. Each start is a new member of the group."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._process: Process | None = None

    async def start(self) -> None:
        """Return once it is a member."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), *self._arguments, stdout=PIPE
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(JOIN_SECONDS):
            assert await self._process.stdout.readline() == b"member\n"

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.timeout(300)
async def test_two_replicas_killed_in_turn_lose_and_double_nothing(
    own_kafka_server: Server, new_postgres_url: Callable[[], str], tmp_path: Path
) -> None:
    url = new_postgres_url()
    plumbing = await plumb(url)
    broker = open_broker(own_kafka_server.url, tmp_path)
    await broker.start()
    await broker.create_topics([TopicSpec(ROUTE_RISK.name, ROUTE_RISK.partitions, None)])
    replicas = [Replica(url, own_kafka_server.url) for _ in range(2)]
    for replica in replicas:
        await replica.start()
    sent: dict[str, list[int]] = {str(route): [] for route in ROUTES}
    publishing = asyncio.create_task(_publish(plumbing, broker, sent))
    try:
        for replica in replicas * 2:
            before = await _handled(plumbing)
            await eventually(partial(_more_than, plumbing, before + 20))
            await replica.kill()
            # The other one takes the partitions of the one that is gone.
            target = {route: numbers[-1] for route, numbers in sent.items() if numbers}
            await eventually(partial(_reached, plumbing, target), JOIN_SECONDS)
            await replica.start()
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        total = sum(map(len, sent.values()))
        await eventually(lambda: _more_than(plumbing, total - 1), JOIN_SECONDS)
    finally:
        publishing.cancel()
        for replica in replicas:
            await replica.kill()
        await broker.close()
    effects = await plumbing.effects("reader")
    assert {route: [number for key, number in effects if key == route] for route in sent} == sent
    assert await plumbing.dead_letters.list() == []
    await plumbing.database.close()


async def _publish(plumbing: Plumbing, broker: Broker, sent: dict[str, list[int]]) -> None:
    """One message after the other, of each route in turn, and what was taken of each."""
    number = 0
    while True:
        route = ROUTES[number % len(ROUTES)]
        publishing = asyncio.shield(broker.publish([message_of(plumbing.event(number, route=route))]))
        try:
            await publishing
        finally:
            sent[str(route)].append(number)
        number += 1
        await asyncio.sleep(PAUSE_SECONDS)


async def _handled(plumbing: Plumbing) -> int:
    return len(await plumbing.effects("reader"))


async def _more_than(plumbing: Plumbing, number: int) -> bool:
    return await _handled(plumbing) > number


async def _reached(plumbing: Plumbing, target: dict[str, int]) -> bool:
    last = dict(await plumbing.effects("reader"))
    return all(last.get(route, -1) >= number for route, number in target.items())
