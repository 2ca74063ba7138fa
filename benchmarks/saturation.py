"""Saturation: clients that send the next report as soon as the last was answered, and a count afterwards.

Every accepted report must be in the list and in the log, and no other.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import aiohttp

from benchmarks.client import Client, client_of
from benchmarks.latency import Spread
from benchmarks.log import Published
from benchmarks.platforms import Platform
from benchmarks.workload import as_body, report
from clearway_platform.clock import new_id

MISSION: Final = "saturation"
PUBLISH_SECONDS: Final = 120.0


@dataclass(slots=True)
class Tally:
    """What the clients saw. After a missing answer or a 5xx the fate of the report is unknown: indeterminate."""

    accepted: set[UUID] = field(default_factory=set)
    indeterminate: set[UUID] = field(default_factory=set)
    refused: int = 0
    latencies: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Load:
    """A finished load: the clients' tally, the list, and how long the log was behind (None: too long)."""

    clients: int
    seconds: float
    tally: Tally
    listed: set[UUID]
    published_after: float | None


@dataclass(frozen=True, slots=True)
class Saturation:
    """The figures. `lost`: accepted, and not in the list or not in the log. `phantom`: there, and never sent."""

    clients: int
    accepted_a_second: float
    accepted: int
    indeterminate: int
    refused: int
    listed: int
    in_the_log: int
    lost: int
    phantom: int
    log_behind_seconds: float | None
    answers: Spread | None


async def saturate(platform: Platform, clients: int, seconds: float) -> Load:
    """Load a mission of its own without subscribers: only the acceptance of reports is measured."""
    async with client_of(platform, MISSION) as client:
        before, tally, begun = await client.published(), Tally(), time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number in range(clients):
                tasks.create_task(_one_client(client, random.Random(number), begun + seconds, tally))
        elapsed = time.perf_counter() - begun
        behind = await _published_after(client, before + len(tally.accepted))
        return Load(clients, elapsed, tally, await client.incidents(), behind)


async def _one_client(client: Client, chance: random.Random, until: float, tally: Tally) -> None:
    while (begun := time.perf_counter()) < until:
        incident_id = new_id()
        try:
            status = await client.report(as_body(report(incident_id, chance)))
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        tally.latencies.append((time.perf_counter() - begun) * 1000)
        if status == 201:
            tally.accepted.add(incident_id)
        elif status == 0 or status >= 500:
            tally.indeterminate.add(incident_id)
        else:
            tally.refused += 1


async def _published_after(client: Client, count: float) -> float | None:
    """Seconds until the relay has published so many messages; None when it takes too long."""
    begun = time.perf_counter()
    while await client.published() < count:
        if time.perf_counter() - begun > PUBLISH_SECONDS:
            return None
        await asyncio.sleep(0.05)
    return time.perf_counter() - begun


def saturation_of(load: Load, log: Published) -> Saturation:
    """The figures of a load, compared with the log after it."""
    tally = load.tally
    events = {incident for incident, mission in log.missions.items() if mission == MISSION}
    sent = tally.accepted | tally.indeterminate
    return Saturation(
        clients=load.clients,
        accepted_a_second=len(tally.accepted) / load.seconds,
        accepted=len(tally.accepted),
        indeterminate=len(tally.indeterminate),
        refused=tally.refused,
        listed=len(load.listed),
        in_the_log=len(events),
        lost=len(tally.accepted - (load.listed & events)),
        phantom=len((load.listed | events) - sent),
        log_behind_seconds=load.published_after,
        answers=Spread.of(tally.latencies),
    )
