"""The story on both engines: undisturbed, with every process killed after each step, and with kills at any moment."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from clearway_testing.platforms import AnyPlatform, Platform
from clearway_testing.receiver import Receiver

from .story import Story

pytestmark = pytest.mark.timeout(900)


async def test_a_report_warns_the_subscriber_and_rates_the_route(platform: Platform, receiver: Receiver) -> None:
    await Story(platform, receiver).tell()


async def test_the_story_completes_though_a_process_is_killed_after_every_step(
    platform: Platform, receiver: Receiver
) -> None:
    async def kill_all(_step: str) -> None:
        servers = list(platform.servers.values())
        await asyncio.gather(*(server.kill() for server in servers))
        await asyncio.gather(*(server.start() for server in servers))

    await Story(platform, receiver, between=kill_all).tell()


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_story_completes_though_anything_is_killed_at_any_moment(
    platform: Platform, receiver: Receiver, seed: int
) -> None:
    """Kills fall into requests, transactions and deliveries, and take Kafka and PostgreSQL as well."""
    arrived = asyncio.Event()

    async def begin(_step: str) -> None:
        arrived.set()

    async def kill() -> None:
        await arrived.wait()
        await kill_at_random(platform, random.Random(seed))

    killing = asyncio.create_task(kill())
    try:
        await Story(platform, receiver, between=begin).tell()
    finally:
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)


async def kill_at_random(platform: AnyPlatform, chance: random.Random, rounds: int = 4) -> None:
    """Kill and restart one part after the other, in some rounds, each in an order of its own."""
    victims: list[Callable[[], Awaitable[None]]] = [
        *(restarted(server.kill, server.start) for server in platform.servers.values()),
        *(restarted(in_thread(server.kill), in_thread(server.start)) for server in platform.infrastructure.values()),
    ]
    for _ in range(rounds):
        for victim in chance.sample(victims, len(victims)):
            await asyncio.sleep(chance.uniform(0.05, 1.0))
            await victim()


def restarted(
    kill: Callable[[], Awaitable[None]], start: Callable[[], Awaitable[None]]
) -> Callable[[], Awaitable[None]]:
    async def kill_and_start() -> None:
        await kill()
        await start()

    return kill_and_start


def in_thread(work: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    return lambda: asyncio.to_thread(work)
