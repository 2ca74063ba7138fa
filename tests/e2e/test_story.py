"""The story on both engines, undisturbed and with a process killed after every step."""

import asyncio

import pytest

from clearway_shared.testing.platforms import Platform
from clearway_shared.testing.receiver import Receiver

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
