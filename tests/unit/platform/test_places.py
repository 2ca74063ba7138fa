"""Each owner has its own places: the work of one keeps no other waiting."""

import asyncio

import pytest

from clearway_platform.places import Places

SECONDS = 20


class Work:
    """Work that lasts until it is let go, in the order in which it began."""

    def __init__(self, places: Places) -> None:
        self.began: list[str] = []
        self.go_on = asyncio.Event()
        self._places = places

    async def do(self, owner: str, name: str) -> None:
        async with self._places.of(owner):
            self.began.append(name)
            await self.go_on.wait()


async def test_an_owner_has_so_many_places_and_the_others_theirs() -> None:
    work = Work(Places(2))
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(work.do("north", f"north {number}"))
        group.create_task(work.do("south", "south"))
        await asyncio.sleep(0.01)
        assert work.began == ["north 0", "north 1", "south"]
        work.go_on.set()
    assert work.began == ["north 0", "north 1", "south", "north 2", "north 3"]


async def test_a_place_is_free_again_after_an_error_and_after_a_cancellation() -> None:
    places = Places(1)
    work = Work(places)
    with pytest.raises(ValueError, match="no"):
        async with places.of("north"):
            raise ValueError("no")
    first = asyncio.create_task(work.do("north", "first"))
    waiting = asyncio.create_task(work.do("north", "waiting"))
    await asyncio.sleep(0.01)
    waiting.cancel()
    first.cancel()
    await asyncio.gather(first, waiting, return_exceptions=True)
    work.go_on.set()
    async with asyncio.timeout(SECONDS):
        await work.do("north", "last")
    assert work.began == ["first", "last"]


async def test_nothing_is_kept_of_an_owner_without_work() -> None:
    places = Places(1)
    for number in range(10):
        async with places.of(number):
            pass
    assert len(places) == 0
