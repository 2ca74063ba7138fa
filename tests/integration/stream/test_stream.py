"""Streams: what a client missed comes first, nothing twice, nothing of another mission, and a gap is told."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from uuid import uuid4

from clearway_shared.auth import Principal, Role
from clearway_shared.stream import QUEUE_LENGTH, Broadcast
from clearway_shared.testing.plumbing import Plumbing, running
from clearway_shared.testing.recording_log import RecordingLog

READER = Principal("reader", "a reader", "unmas", Role.ANALYST)
_ID = re.compile(r"^id: (\S+)$", re.MULTILINE)


def ids(text: str) -> list[str]:
    return _ID.findall(text)


async def read(frames: AsyncIterator[bytes], until: int) -> list[str]:
    """The ids of the first `until` events."""
    found: list[str] = []
    async with asyncio.timeout(20):
        while len(found) < until:
            found += ids((await anext(frames)).decode())
    return found


async def publish(plumbing: Plumbing, *numbers: int, mission: str = "unmas") -> None:
    await plumbing.publish(*numbers, route=uuid4(), mission=mission)
    await plumbing.relay(RecordingLog()).drain()


async def test_a_live_client_gets_each_event_once_and_none_of_another_mission(plumbing: Plumbing) -> None:
    broadcast = Broadcast(plumbing.feed, "routes", "/v1/routes")
    async with running(broadcast.run):
        frames = broadcast.frames(READER, None, None)
        assert b"stream" in await anext(frames)
        reading = asyncio.create_task(read(frames, until=3))
        await publish(plumbing, 1, 2)
        await publish(plumbing, 3, mission="monusco")
        await publish(plumbing, 4)
        epoch = await plumbing.feed.epoch()
        assert await reading == [f"{epoch}-1", f"{epoch}-2", f"{epoch}-4"]


async def test_a_cursor_brings_what_was_missed_and_then_goes_live(plumbing: Plumbing) -> None:
    await publish(plumbing, 1, 2, 3)
    broadcast = Broadcast(plumbing.feed, "routes", "/v1/routes")
    epoch = await plumbing.feed.epoch()
    async with running(broadcast.run):
        frames = broadcast.frames(READER, None, f"{epoch}-1")
        assert await read(frames, until=2) == [f"{epoch}-2", f"{epoch}-3"]
        reading = asyncio.create_task(read(frames, until=1))
        await publish(plumbing, 4)
        assert await reading == [f"{epoch}-4"]


async def test_events_published_while_a_client_catches_up_come_once_and_in_order(plumbing: Plumbing) -> None:
    await publish(plumbing, *range(1, 21))
    broadcast = Broadcast(plumbing.feed, "routes", "/v1/routes")
    epoch = await plumbing.feed.epoch()
    async with running(broadcast.run):
        reading = asyncio.create_task(read(broadcast.frames(READER, None, f"{epoch}-0"), until=40))
        for number in range(21, 41):
            await publish(plumbing, number)
        assert await reading == [f"{epoch}-{position}" for position in range(1, 41)]


async def test_a_cursor_that_cannot_be_resumed_is_told_and_not_passed_over(plumbing: Plumbing) -> None:
    await publish(plumbing, 1)
    broadcast = Broadcast(plumbing.feed, "routes", "/v1/routes")
    epoch = await plumbing.feed.epoch()
    async with running(broadcast.run):
        for cursor in ("abcdefabcdef-1", f"{epoch}-99", "nonsense"):
            first = (await anext(broadcast.frames(READER, None, cursor))).decode()
            assert first.startswith("event: resync\n"), cursor
            assert json.loads(first.split("data: ")[1])["snapshot"] == "/v1/routes"


async def test_a_client_that_reads_too_slowly_is_told_to_come_back(plumbing: Plumbing) -> None:
    broadcast = Broadcast(plumbing.feed, "routes", "/v1/routes")
    async with running(broadcast.run):
        frames = broadcast.frames(READER, None, None)
        await anext(frames)
        waiting = asyncio.ensure_future(anext(frames))
        await publish(plumbing, 1)
        await waiting
        await publish(plumbing, *range(2, QUEUE_LENGTH + 10))
        quick = broadcast.frames(READER, None, f"{await plumbing.feed.epoch()}-0")
        assert len(await read(quick, until=QUEUE_LENGTH + 9)) == QUEUE_LENGTH + 9
        rest = b"".join([frame async for frame in frames]).decode()
        assert len(ids(rest)) == QUEUE_LENGTH
        assert rest.rstrip().splitlines()[-2] == "event: resync"


async def test_types_select(plumbing: Plumbing) -> None:
    await publish(plumbing, 1)
    broadcast = Broadcast(plumbing.feed, "routes", "/v1/routes")
    epoch = await plumbing.feed.epoch()
    async with running(broadcast.run):
        wanted = broadcast.frames(READER, frozenset({"route.risk_changed"}), f"{epoch}-0")
        assert await read(wanted, until=1) == [f"{epoch}-1"]
        unwanted = broadcast.frames(READER, frozenset({"route.registered"}), f"{epoch}-0")
        assert b"stream" in await anext(unwanted)
        waiting = asyncio.ensure_future(anext(unwanted))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        waiting.cancel()
