"""The other mission: it asks for its list of incidents five times a second, whatever happens beside it."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import aiohttp
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from benchmarks.latency import Spread

EVERY_SECONDS: Final = 0.2
# Who has handled no message for so long has none left. A batch of fifty that are matched with large subscriptions takes
# seconds.
QUIET_SECONDS: Final = 6.0
LONGEST_SECONDS: Final = 900.0


@dataclass(frozen=True, slots=True)
class Waited:
    """How long each list took from when it was due, and the length of holds of the event loop meanwhile: how many were
    over 50 and over 100 ms."""

    lists: Spread
    over_50_ms: int
    over_100_ms: int


async def wait(session: aiohttp.ClientSession, address: str, seconds: float) -> Waited:
    """Ask on a fixed schedule. What is not answered in time delays no later one."""
    before, begun = await _holds(session, address), time.perf_counter()
    taken: list[float] = []

    async def ask(due: float) -> None:
        async with session.get(f"{address}/v1/incidents") as answer:
            answer.raise_for_status()
            await answer.read()
        taken.append((time.perf_counter() - due) * 1000)

    async with asyncio.TaskGroup() as tasks:
        for number in range(int(seconds / EVERY_SECONDS)):
            due = begun + number * EVERY_SECONDS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.create_task(ask(due))
    after = await _holds(session, address)
    over = {bound: sum(_over(after, bound)) - sum(_over(before, bound)) for bound in (0.05, 0.1)}
    return Waited(Spread.of_many(taken), over[0.05], over[0.1])


async def settled(session: aiohttp.ClientSession, address: str) -> None:
    """Wait until the events of what was sent before are handled: they are no part of what comes next."""
    async with asyncio.timeout(LONGEST_SECONDS):
        before = -1.0
        while before != (handled := await _handled(session, address)):
            before = handled
            await asyncio.sleep(QUIET_SECONDS)


async def _handled(session: aiohttp.ClientSession, address: str) -> float:
    return sum(sample.value for sample in await _samples(session, address, "clearway_consumer_messages_total"))


async def _holds(session: aiohttp.ClientSession, address: str) -> dict[float, int]:
    """How many holds there were up to each length."""
    samples = await _samples(session, address, "clearway_loop_hold_seconds_bucket")
    return {float(sample.labels["le"]): int(sample.value) for sample in samples}


async def _samples(session: aiohttp.ClientSession, address: str, name: str) -> list[Sample]:
    async with session.get(f"{address}/metrics") as answer:
        families = text_string_to_metric_families(await answer.text())
    return [sample for family in families for sample in family.samples if sample.name == name]


def _over(holds: dict[float, int], bound: float) -> list[int]:
    return [holds[float("inf")] - holds[bound]] if bound in holds else []
