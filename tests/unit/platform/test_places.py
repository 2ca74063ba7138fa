"""Each owner has its own places: the work of one keeps no other waiting."""

import asyncio

import pytest

from clearway_platform.places import (
    JUST_SECONDS,
    OTHERS_SECONDS,
    AlternatingPlaces,
    Attendance,
    BriefPlaces,
    Places,
    Rest,
)

SECONDS = 20


class Work:
    """Work that lasts until it is let go, in the order in which it began."""

    def __init__(self, places: Places | BriefPlaces) -> None:
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


class Pieces:
    """Pieces of work of several owners, each of which lasts until it is ended by name."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.places = AlternatingPlaces(2, Attendance(), Rest(1.0, OTHERS_SECONDS))
        self._ends: dict[str, asyncio.Event] = {}

    async def do(self, owner: str, name: str) -> None:
        end = self._ends[name] = asyncio.Event()
        async with self.places.of(owner):
            self.began.append(name)
            await end.wait()

    def end(self, name: str) -> None:
        self._ends[name].set()


async def passed() -> None:
    """What can begin has begun."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_has_just_had_a_place_waits_for_what_was_there_before() -> None:
    pieces = Pieces()
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        for owner, name in (("north", "north 1"), ("south", "south"), ("north", "north 2")):
            group.create_task(pieces.do(owner, name))
        await passed()
        # South comes for the first time, and waits for nothing.
        assert pieces.began == ["north 1", "south"]
        pieces.end("north 1")
        await passed()
        assert pieces.began == ["north 1", "south"]
        pieces.end("south")
        while len(pieces.began) < 3:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.01)
        pieces.end("north 2")
    assert len(pieces.places) == 0


async def test_who_has_worked_less_of_late_waits_for_nobody() -> None:
    """However soon it comes again: what another has under way may take long, and its own work is short."""
    pieces = Pieces()
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        group.create_task(pieces.do("north", "north 1"))
        await asyncio.sleep(JUST_SECONDS)
        pieces.end("north 1")
        group.create_task(pieces.do("south", "south 1"))
        await passed()
        pieces.end("south 1")
        group.create_task(pieces.do("north", "north 2"))
        while "north 2" not in pieces.began:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.001)
        for name in ("south 2", "south 3"):
            group.create_task(pieces.do("south", name))
            await passed()
            assert pieces.began[-1] == name
            pieces.end(name)
            await passed()
        pieces.end("north 2")


@pytest.mark.parametrize("others_are_there", [True, False])
async def test_who_works_without_end_leaves_others_that_are_there_as_much_as_it_takes(
    *, others_are_there: bool
) -> None:
    pieces, loop = Pieces(), asyncio.get_running_loop()
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        if others_are_there:
            group.create_task(pieces.do("south", "south"))
            await passed()
            pieces.end("south")
        for name in ("north 1", "north 2"):
            group.create_task(pieces.do("north", name))
        await passed()
        await asyncio.sleep(JUST_SECONDS / 2)
        ended = loop.time()
        pieces.end("north 1")
        await passed()
        assert ("north 2" in pieces.began) is not others_are_there
        while "north 2" not in pieces.began:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.001)
        pieces.end("north 2")
    if others_are_there:
        assert loop.time() - ended >= JUST_SECONDS / 2


async def test_what_takes_long_is_waited_for_only_for_a_moment() -> None:
    pieces = Pieces()
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        for owner, name in (("north", "north 1"), ("south", "south"), ("north", "north 2")):
            group.create_task(pieces.do(owner, name))
        await passed()
        pieces.end("north 1")
        while len(pieces.began) < 3:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.01)
        pieces.end("south")
        pieces.end("north 2")


async def test_who_comes_now_and_then_waits_for_none() -> None:
    pieces = Pieces()
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        group.create_task(pieces.do("north", "north 1"))
        await passed()
        pieces.end("north 1")
        group.create_task(pieces.do("south", "south"))
        await asyncio.sleep(2 * JUST_SECONDS)
        group.create_task(pieces.do("north", "north 2"))
        await passed()
        assert pieces.began == ["north 1", "south", "north 2"]
        pieces.end("south")
        pieces.end("north 2")


async def test_work_of_one_owner_that_takes_long_keeps_the_next_waiting_only_for_a_moment() -> None:
    pieces = Pieces()
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        for name in ("first", "second"):
            group.create_task(pieces.do("north", name))
        await passed()
        assert pieces.began == ["first"]
        while len(pieces.began) < 2:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.01)
        pieces.end("first")
        pieces.end("second")


async def test_an_owner_is_alone_until_another_is_there_and_after_it_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearway_platform.places.THERE_SECONDS", 0.2)
    attendance = Attendance()
    assert attendance.is_alone("north")
    attendance.note("north")
    assert attendance.is_alone("north")
    attendance.note("south")
    for _ in range(3):
        attendance.note("north")
        assert not attendance.is_alone("north")
        assert not attendance.is_alone("south")
    await asyncio.sleep(0.25)
    attendance.note("north")
    assert attendance.is_alone("north")
    assert not attendance.is_alone("south")


async def test_brief_work_of_an_owner_that_is_alone_has_as_many_places_as_it_likes() -> None:
    attendance = Attendance()
    work = Work(BriefPlaces(1, attendance))
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(work.do("north", str(number)))
        await passed()
        assert work.began == ["0", "1", "2"]
        work.go_on.set()


async def test_brief_work_waits_for_a_place_only_for_a_moment_where_another_owner_is_there() -> None:
    attendance = Attendance()
    attendance.note("south")
    work = Work(BriefPlaces(1, attendance))
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        for number in range(2):
            group.create_task(work.do("north", str(number)))
        await passed()
        assert work.began == ["0"]
        await asyncio.sleep(2 * OTHERS_SECONDS)
        assert work.began == ["0", "1"]
        work.go_on.set()
