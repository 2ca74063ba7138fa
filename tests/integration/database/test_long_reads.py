"""On SQLite a read that is long leaves the event loop, and the long reads of one mission keep no other waiting."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import QueuePool, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from clearway_platform.database import sqlite_loop
from clearway_platform.database.apart import AT_ONCE, Apart
from clearway_platform.database.engines import BoundDatabase, Database

ROWS = 200_000
SHORT = text("SELECT count(*) FROM (SELECT number FROM note LIMIT 500)")
LONG = text("SELECT count(*) FROM note WHERE number % 7 = 3")
SECONDS = 20
LARGE = 100_000


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[BoundDatabase]:
    whole = Database(f"sqlite:///{tmp_path / 'one.db'}")
    database = whole.of("north")
    async with database.write() as transaction:
        await transaction.connection.execute(text("CREATE TABLE note (number INTEGER PRIMARY KEY)"))
        numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"
        await transaction.connection.execute(text(f"{numbers} INSERT INTO note SELECT i FROM n"))
    yield database
    await whole.close()


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that left the loop: each is its mission's."""
    found: list[str] = []
    run = Apart.run

    async def recorded(self: Apart, mission: str | None, work: Callable[..., object], *statement: str) -> object:
        assert mission == "north"
        found.append(statement[0])
        return await run(self, mission, work, *statement)

    monkeypatch.setattr(Apart, "run", recorded)
    return found


@pytest.fixture
def moved_ahead(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that left the loop and waited for no mission's reads."""
    found: list[str] = []
    run_ahead = Apart.run_ahead

    async def recorded(self: Apart, work: Callable[..., object], *statement: str) -> object:
        found.append(statement[0])
        return await run_ahead(self, work, *statement)

    monkeypatch.setattr(Apart, "run_ahead", recorded)
    return found


async def count(connection: AsyncConnection, query: TextClause) -> int:
    return int((await connection.execute(query)).scalar_one())


def in_use(engine: AsyncEngine) -> int:
    """How many connections of its pool are taken."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


async def test_a_long_read_leaves_the_loop_and_a_short_one_does_not(database: BoundDatabase, moved: list[str]) -> None:
    async with database.read() as connection:
        assert await count(connection, SHORT) == 500
        assert moved == []
        assert await count(connection, LONG) == ROWS // 7 + 1
        assert moved == [LONG.text]
        assert await count(connection, SHORT) == 500
        assert moved == [LONG.text]


async def test_a_search_leaves_the_loop_at_once(database: BoundDatabase, moved: list[str]) -> None:
    """What FTS5 does with its index counts no steps."""
    async with database.write() as transaction:
        await transaction.connection.execute(text("CREATE VIRTUAL TABLE found USING fts5(words)"))
        await transaction.connection.execute(text("INSERT INTO found (words) VALUES ('a bridge'), ('a road')"))
    search = text("SELECT count(*) FROM found WHERE found MATCH 'bridge'")
    async with database.read() as connection:
        assert await count(connection, search) == 1
    assert moved == [search.text]


async def test_the_rows_of_a_read_count_as_well(database: BoundDatabase, moved: list[str]) -> None:
    async with database.read() as connection:
        rows = (await connection.execute(text("SELECT number FROM note"))).all()
    assert len(rows) == ROWS
    assert len(moved) == 1


async def test_of_large_rows_few_are_held_before_they_are_asked_for(database: BoundDatabase, moved: list[str]) -> None:
    """Eight readers of a feed of large events would hold all of it eight times."""
    given: list[int] = []

    def give(number: int) -> int:
        given.append(number)
        return number

    async with database.read() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        raw.create_function("give", 1, give)
        large = text(f"SELECT give(number), printf('%.{LARGE}c', 'x') FROM note LIMIT 200")
        with await connection.execute(large) as rows:
            assert len(rows.fetchmany(3)) == 3
            assert LARGE * len(given) < 2 * sqlite_loop.AHEAD_BYTES
            assert [row[0] for row in rows] == list(range(4, 201))
        assert await count(connection, SHORT) == 500
    assert moved == []


async def test_a_read_that_moves_sees_the_same_state(database: BoundDatabase, moved: list[str]) -> None:
    async with database.read() as connection:
        assert await count(connection, SHORT) == 500
        async with database.write() as transaction:
            await transaction.connection.execute(text("DELETE FROM note WHERE number = 3"))
        assert await count(connection, LONG) == ROWS // 7 + 1
    assert len(moved) == 1


async def test_a_long_read_of_a_writer_moves_and_what_it_wrote_stays(
    database: BoundDatabase, moved: list[str], moved_ahead: list[str]
) -> None:
    async with database.write() as transaction:
        await transaction.connection.execute(text("DELETE FROM note WHERE number = 3"))
        assert await count(transaction.connection, LONG) == ROWS // 7
    assert (moved, len(moved_ahead)) == ([], 1)
    async with database.read() as connection:
        assert await count(connection, LONG) == ROWS // 7


async def test_what_warns_or_writes_and_work_for_every_mission_wait_for_no_missions_reads(
    tmp_path: Path, database: BoundDatabase, moved_ahead: list[str]
) -> None:
    """All places are taken."""
    whole = Database(f"sqlite:///{tmp_path / 'one.db'}")
    apart = whole._engines.apart  # noqa: SLF001
    async with asyncio.timeout(SECONDS), AsyncExitStack() as taken:
        for number in range(AT_ONCE):
            await taken.enter_async_context(apart.place(f"mission {number}"))
        async with whole.of_every_mission("a test").read() as connection:
            assert await count(connection, LONG) == ROWS // 7 + 1
        async with whole.of("mission 0").write() as transaction:
            assert await count(transaction.connection, LONG) == ROWS // 7 + 1
        async with whole.of("mission 0").read(warns=True) as connection:
            assert await count(connection, LONG) == ROWS // 7 + 1
    assert len(moved_ahead) == 3
    await whole.close()


async def test_reads_that_wait_leave_connections_for_others(tmp_path: Path, database: BoundDatabase) -> None:
    whole = Database(f"sqlite:///{tmp_path / 'one.db'}")
    engines = whole._engines  # noqa: SLF001

    async def read(mission: str, query: TextClause) -> int:
        async with whole.of(mission).read() as connection:
            return await count(connection, query)

    async with asyncio.timeout(SECONDS):
        async with AsyncExitStack() as taken:
            for number in range(AT_ONCE):
                await taken.enter_async_context(engines.apart.place(f"running {number}"))
            waiting = [asyncio.create_task(read(f"mission {number % 4}", LONG)) for number in range(16)]
            while in_use(engines.reader) < len(waiting):  # noqa: ASYNC110  a pool says no more
                await asyncio.sleep(0.005)
            assert await read("other", SHORT) == 500
        assert await asyncio.gather(*waiting) == [ROWS // 7 + 1] * 16
    await whole.close()


async def test_a_long_write_is_not_interrupted(
    database: BoundDatabase, moved: list[str], moved_ahead: list[str]
) -> None:
    """SQLite would roll its whole transaction back."""
    async with database.write() as transaction:
        await transaction.connection.execute(text("UPDATE note SET number = -number"))
    assert moved == moved_ahead == []
    async with database.read() as connection:
        assert await count(connection, text("SELECT count(*) FROM note WHERE number < 0")) == ROWS


async def test_the_loop_goes_on_meanwhile(database: BoundDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The read ends only after the loop has had its turn."""
    loop, turned = asyncio.get_running_loop(), asyncio.Event()

    def wait() -> int:
        asyncio.run_coroutine_threadsafe(turned.wait(), loop).result(SECONDS)
        return 1

    async with database.read() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        raw.create_function("wait_for_the_loop", 0, wait)
        monkeypatch.setattr(sqlite_loop, "STEPS_ON_THE_LOOP", 0)
        query = "SELECT count(*) + wait_for_the_loop() FROM note"
        reading = asyncio.create_task(count(connection, text(query)))
        asyncio.get_running_loop().call_later(0.05, turned.set)
        async with asyncio.timeout(SECONDS):
            assert await reading == ROWS + 1


async def test_a_caller_that_is_cancelled_ends_its_read(database: BoundDatabase) -> None:
    endless = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
    async with database.read() as connection:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await connection.execute(endless)
    async with database.read() as connection:
        assert await count(connection, SHORT) == 500


async def test_an_error_in_a_read_is_its_own(database: BoundDatabase, moved: list[str]) -> None:
    async with database.read() as connection:
        with pytest.raises(Exception, match="no such table"):
            await connection.execute(text("SELECT * FROM missing"))
    assert moved == []


async def test_one_mission_waits_for_itself_alone() -> None:
    apart, running, loop = Apart(), list[str](), asyncio.get_running_loop()
    go_on = asyncio.Event()

    def read(name: str) -> None:
        running.append(name)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(SECONDS)

    reads = [asyncio.create_task(apart.run("north", read, "north")) for _ in range(2 * AT_ONCE)]
    await asyncio.sleep(0)
    reads.append(asyncio.create_task(apart.run("south", read, "south")))
    async with asyncio.timeout(SECONDS):
        while len(running) < AT_ONCE:  # noqa: ASYNC110  a thread says no more
            await asyncio.sleep(0.005)
        assert sorted(running) == ["north", "south"]
        go_on.set()
        await asyncio.gather(*reads)
    assert running.count("north") == 2 * AT_ONCE


def test_sqlite_counts_as_it_does_here() -> None:
    """What the limit stands on: a row of a scan takes a handful of steps, whatever the version of SQLite."""
    calls = 0

    def counted() -> bool:
        nonlocal calls
        calls += 1
        return False

    connection = sqlite3.connect(":memory:")
    connection.set_progress_handler(counted, 1_000)
    connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT max(i) FROM n"
    )
    connection.close()
    assert 50 <= calls <= 500
