"""Work in parts: everything comes in order, and the event loop goes on between two parts."""

import asyncio
import time

import pytest

from clearway_platform import heavy
from clearway_platform.heavy import PART_SECONDS, in_parts, of_each


async def turns(ended: asyncio.Event) -> int:
    """How often the loop came to this task until the end."""
    found = 0
    while not ended.is_set():
        found += 1
        await asyncio.sleep(0)
    return found


async def test_the_loop_goes_on_between_two_parts() -> None:
    ended, done = asyncio.Event(), []
    beside = asyncio.create_task(turns(ended))
    await asyncio.sleep(0)
    async for item in in_parts(range(5)):
        time.sleep(PART_SECONDS)  # noqa: ASYNC251  as work on the loop does
        done.append(item)
    ended.set()
    assert done == list(range(5))
    assert await beside >= 4


async def test_what_takes_less_is_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy, "PART_SECONDS", 60.0)
    ended = asyncio.Event()
    beside = asyncio.create_task(turns(ended))
    await asyncio.sleep(0)
    assert [item async for item in in_parts("abc")] == ["a", "b", "c"]
    assert await of_each(str.upper, "abc") == ["A", "B", "C"]
    ended.set()
    assert await beside == 1
