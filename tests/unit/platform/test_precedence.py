"""What goes first among the consumers of one process, and what waits for it."""

import asyncio

import pytest

from clearway_platform.messaging import precedence as module
from clearway_platform.messaging.precedence import Precedence

LIMIT_SECONDS = 10


class Work:
    """Two kinds of work of one process, and the order in which they ran."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.may_end = asyncio.Event()
        self._precedence = Precedence()

    async def warn(self, name: str = "warning") -> None:
        async with self._precedence.first():
            self.order.append(f"{name} begins")
            await self.may_end.wait()
            self.order.append(f"{name} ends")

    async def rate(self) -> None:
        async with self._precedence.after():
            self.order.append("rating")


async def settled() -> None:
    """Everything that is ready has run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_comes_after_waits_for_what_is_under_way() -> None:
    work = Work()
    async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as tasks:
        tasks.create_task(work.warn())
        tasks.create_task(work.rate())
        await settled()
        assert work.order == ["warning begins"]
        work.may_end.set()
    assert work.order == ["warning begins", "warning ends", "rating"]


async def test_what_became_ready_at_the_same_moment_goes_first() -> None:
    work = Work()
    work.may_end.set()
    async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as tasks:
        tasks.create_task(work.rate())
        tasks.create_task(work.warn())
    assert work.order == ["warning begins", "warning ends", "rating"]


async def test_what_begins_later_is_not_waited_for() -> None:
    work = Work()
    async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as tasks:
        tasks.create_task(work.warn())
        rating = tasks.create_task(work.rate())
        await settled()
        may_end, work.may_end = work.may_end, asyncio.Event()
        tasks.create_task(work.warn("next"))
        await settled()
        may_end.set()
        await rating
        assert work.order == ["warning begins", "next begins", "warning ends", "rating"]
        work.may_end.set()


async def test_work_that_hangs_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SECONDS", 0.01)
    work = Work()
    async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as tasks:
        hanging = tasks.create_task(work.warn())
        await tasks.create_task(work.rate())
        hanging.cancel()
    assert work.order == ["warning begins", "rating"]


async def test_work_that_fails_is_not_waited_for() -> None:
    precedence = Precedence()
    with pytest.raises(ValueError):
        async with precedence.first():
            raise ValueError
    async with asyncio.timeout(LIMIT_SECONDS), precedence.after():
        pass
