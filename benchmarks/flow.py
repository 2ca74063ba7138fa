"""From a report to its alert on the subscriber's wire, under an open load: a fixed schedule, however slow the answers.

A latency counts from the moment that the report was due, so that queueing in the load itself is not hidden, and once
more from the moment that it was sent.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import aiohttp

from benchmarks.client import Client, client_of
from benchmarks.latency import Spread
from benchmarks.log import Published
from benchmarks.platforms import Platform
from benchmarks.receiver import Receiver, receiving
from benchmarks.workload import as_body, report, route, subscription
from clearway_platform.clock import new_id

WARM_UP: Final = 40
WARM_UP_RATE: Final = 20.0
ARRIVAL_SECONDS: Final = 30.0
_TIMERS_ARE_LATE: Final = 0.002


@dataclass(slots=True)
class Passage:
    """The times of one report, in seconds since 1970. `status` is 0 when no answer came."""

    due: float
    sent: float = 0.0
    answered: float = 0.0
    status: int = 0
    incident_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Run:
    """The passages of one load, and when their alerts arrived."""

    rate: float
    passages: Sequence[Passage]
    arrived: dict[UUID, float]
    repeats: int


@dataclass(frozen=True, slots=True)
class Flow:
    """The figures of one load. Every stage counts from the moment of sending, and includes the stages before it.

    `not_accepted` counts the other answers by status, and missing answers as 0.
    """

    rate: float
    reports: int
    accepted: int
    alerted: int
    repeats: int
    not_accepted: dict[int, int]
    from_due: Spread | None
    from_sent: Spread | None
    stages: dict[str, Spread | None]


async def run_flow(platform: Platform, rate: float, seconds: float) -> Run:
    """Load a mission of its own, with one subscriber and one route, at `rate` reports a second."""
    async with client_of(platform, f"flow-{rate:g}") as client, receiving() as receiver:
        await client.subscribe(subscription(receiver.url))
        await client.register_route(route())
        await _load(client, receiver, WARM_UP_RATE, WARM_UP)
        receiver.repeats = 0
        passages = await _load(client, receiver, rate, int(rate * seconds))
        return Run(rate, passages, receiver.arrived, receiver.repeats)


async def _load(client: Client, receiver: Receiver, rate: float, count: int) -> list[Passage]:
    """Send on schedule, and wait for the alerts of what was accepted."""
    start, chance = time.time() + 0.1, random.Random(count)
    passages = [Passage(due=start + number / rate) for number in range(count)]
    async with asyncio.TaskGroup() as tasks:
        for passage in passages:
            body = as_body(report(passage.incident_id, chance))
            await _until(passage.due)
            tasks.create_task(_send(client, passage, body))
    accepted = {passage.incident_id for passage in passages if passage.status == 201}
    await receiver.await_all(accepted, seconds=ARRIVAL_SECONDS)
    return passages


async def _until(due: float) -> None:
    """Wait for the moment itself. The loop's timers are up to a millisecond late and waking up takes another, which
    would be counted as the platform's: the last two milliseconds pass in turns of the loop."""
    await asyncio.sleep(max(0.0, due - time.time() - _TIMERS_ARE_LATE))
    while time.time() < due:  # noqa: ASYNC110  the moment is not an event
        await asyncio.sleep(0)


async def _send(client: Client, passage: Passage, body: bytes) -> None:
    passage.sent = time.time()
    try:
        passage.status = await client.report(body)
    except (aiohttp.ClientError, TimeoutError):
        return
    passage.answered = time.time()


def figures_of(run: Run, log: Published) -> Flow:
    """The figures of a run, with the stages between from the log's own times."""
    accepted = [passage for passage in run.passages if passage.status == 201]
    points = {
        "event made, in the transaction": log.recorded,
        "POST answered": {passage.incident_id: passage.answered for passage in accepted},
        "event in the log": log.appended,
        "alert made, in the transaction": log.alerted,
        "alert event in the log": log.alert_appended,
        "webhook received": run.arrived,
    }
    return Flow(
        rate=run.rate,
        reports=len(run.passages),
        accepted=len(accepted),
        alerted=sum(passage.incident_id in run.arrived for passage in accepted),
        repeats=run.repeats,
        not_accepted=dict(Counter(passage.status for passage in run.passages if passage.status != 201)),
        from_due=_since([(passage.due, passage.incident_id) for passage in accepted], run.arrived),
        from_sent=_since([(passage.sent, passage.incident_id) for passage in accepted], run.arrived),
        stages={
            name: _since([(passage.sent, passage.incident_id) for passage in accepted], times)
            for name, times in points.items()
        },
    )


def _since(starts: Sequence[tuple[float, UUID]], ends: dict[UUID, float]) -> Spread | None:
    return Spread.of([(ends[incident] - start) * 1000 for start, incident in starts if incident in ends])
