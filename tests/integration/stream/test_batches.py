"""A batch of many events over real connections: each client that reads gets all of them, live, and is not dropped."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from clearway_platform.web.stream import client
from clearway_platform.web.stream.hub import QUEUED_BYTES, Hub
from clearway_platform.web.stream.views import as_published
from clearway_testing.metrics import sample
from clearway_testing.plumbing import Plumbing, running
from clearway_testing.recording_log import RecordingLog

from .serving import MISSION, serving_stream

BATCH = 500
CLIENTS = 8


def falls_behind() -> float:
    return sample("clearway_stream_behind_total", stream="routes")


def dropped() -> float:
    return sample("clearway_stream_dropped_total", stream="routes")


@pytest.mark.timeout(120)
async def test_a_batch_of_500_reaches_every_client_that_reads(
    plumbing: Plumbing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a queue holds a fraction of it: the hub lets the clients write between."""
    monkeypatch.setattr(client, "QUEUE_BYTES", 2 * QUEUED_BYTES)
    hub = Hub(plumbing.feed, "routes", as_published)
    before = falls_behind(), dropped()
    async with running(hub.run):
        await hub.started.wait()
        async with serving_stream(hub) as (_, address), asyncio.timeout(60):
            readers = [ids(address, BATCH) for _ in range(CLIENTS)]
            assert [await anext(reader) for reader in readers] == ["cursor"] * CLIENTS
            await plumbing.publish(*range(BATCH), route=uuid4(), mission=MISSION)
            await plumbing.relay(RecordingLog()).drain()
            received = await asyncio.gather(*(rest(reader) for reader in readers))
    assert [len(set(one)) for one in received] == [BATCH] * CLIENTS
    assert all(one == received[0] for one in received)
    assert (falls_behind(), dropped()) == before


async def ids(address: str, number: int) -> AsyncIterator[str]:
    """`cursor` once the stream is open, then the ids of the next events."""
    async with (
        httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as reader,
        reader.stream("GET", "/") as stream,
    ):
        last = ""
        async for line in stream.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                last = value
            elif name == "event" and value == "cursor":
                yield "cursor"
            elif name == "event":
                yield last
                number -= 1
                if not number:
                    return


async def rest(reader: AsyncIterator[str]) -> list[str]:
    return [one async for one in reader if one != "cursor"]
