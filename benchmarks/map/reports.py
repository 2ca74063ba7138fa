"""Reports while a map is panned: a map that is looked at must hold neither a report nor its alert."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final
from uuid import UUID

import aiohttp

from benchmarks.client import Client
from benchmarks.latency import Spread
from benchmarks.map.answers import boxes
from benchmarks.workload import as_body, report, subscription
from clearway_platform.clock import new_id

RATE: Final = 5.0
SECONDS: Final = 20.0
WARM_UP: Final = 10
ALERT_SECONDS: Final = 30.0
ASKED_SECONDS: Final = 0.3
_DATA: Final = b"data:"


@dataclass(frozen=True, slots=True)
class Posted:
    """From sending a report to its answer, and to its alert on the stream."""

    answers: Spread
    alerts: Spread


@dataclass(slots=True)
class _Stream:
    """When the alert of each incident arrived, in seconds of the performance counter."""

    arrived: dict[UUID, float] = field(default_factory=dict)

    async def follow(self, client: Client, opened: asyncio.Event) -> None:
        address = f"{client.platform.addresses['alerts']}/v1/alert-events"
        async with client.session.get(address, timeout=aiohttp.ClientTimeout()) as stream:
            stream.raise_for_status()
            opened.set()
            async for line in stream.content:
                if line.startswith(_DATA):
                    self._take(json.loads(line.removeprefix(_DATA)), time.perf_counter())

    def _take(self, data: dict[str, object], now: float) -> None:
        if isinstance(incident := data.get("incident_id"), str):
            self.arrived.setdefault(UUID(incident), now)


async def subscribe(client: Client) -> None:
    """Warn of what lies on the road, on the stream alone."""
    await client.subscribe(subscription("") | {"channel": {"type": "stream"}})


async def post(client: Client, meanwhile: Callable[[], Awaitable[object]] | None = None) -> Posted:
    """Post reports on a fixed schedule, and do something else meanwhile, over and over."""
    async with _followed(client) as stream:
        await _load(client, WARM_UP)
        other = None if meanwhile is None else asyncio.create_task(_over_and_over(meanwhile))
        try:
            sent = await _load(client, int(RATE * SECONDS))
            async with asyncio.timeout(ALERT_SECONDS):
                while not stream.arrived.keys() >= sent.keys():  # noqa: ASYNC110  arrivals are no event of the loop
                    await asyncio.sleep(0.05)
        finally:
            if other is not None:
                other.cancel()
                with suppress(asyncio.CancelledError):
                    await other
    return Posted(
        Spread.of_many([(answered - begun) * 1000 for begun, answered in sent.values()]),
        Spread.of_many([(stream.arrived[incident] - begun) * 1000 for incident, (begun, _answered) in sent.items()]),
    )


def asking(client: Client, zoom: int) -> Callable[[], Awaitable[object]]:
    """Ask for one box after the other, as often as a hand moves a map, and draw nothing."""
    those = cycle(boxes(zoom))

    async def ask() -> None:
        address = f"{client.platform.addresses['incidents']}/v1/incident-map"
        async with client.session.get(address, params={"bbox": next(those), "zoom": str(zoom)}) as answer:
            answer.raise_for_status()
            await answer.read()
        await asyncio.sleep(ASKED_SECONDS)

    return ask


async def _over_and_over(meanwhile: Callable[[], Awaitable[object]]) -> None:
    while True:
        await meanwhile()


@asynccontextmanager
async def _followed(client: Client) -> AsyncIterator[_Stream]:
    stream, opened = _Stream(), asyncio.Event()
    following = asyncio.create_task(stream.follow(client, opened))
    try:
        async with asyncio.timeout(ALERT_SECONDS):
            await opened.wait()
        yield stream
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


async def _load(client: Client, count: int) -> dict[UUID, tuple[float, float]]:
    """When each report was sent and answered."""
    start, chance = time.perf_counter(), random.Random(count)
    sent: dict[UUID, tuple[float, float]] = {}

    async def send(incident: UUID) -> None:
        begun = time.perf_counter()
        status = await client.report(as_body(report(incident, chance)))
        if status != 201:
            raise RuntimeError(f"a report was answered with {status}")
        sent[incident] = (begun, time.perf_counter())

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            await asyncio.sleep(max(0.0, start + number / RATE - time.perf_counter()))
            tasks.create_task(send(new_id()))
    return sent
