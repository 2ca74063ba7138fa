"""SQLite on the event loop: it waits for another writer without holding the loop up, and a commit goes to its end."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from clearway_platform.database import sqlite_loop
from clearway_platform.database.engines import Database, is_transient


@pytest.fixture
async def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'one.db'}")
    async with database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(text("CREATE TABLE note (number INTEGER PRIMARY KEY)"))
    return database


async def write(database: Database, number: int) -> None:
    async with database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(text("INSERT INTO note VALUES (:number)"), {"number": number})


async def numbers(database: Database) -> list[int]:
    async with database.of_every_mission("a test").read() as connection:
        return list((await connection.execute(text("SELECT number FROM note ORDER BY number"))).scalars())


async def test_waits_for_another_process_that_writes_and_the_loop_goes_on(database: Database) -> None:
    with closing(sqlite3.connect(str(database.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(write(database, 1))
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert not writing.done()
        assert await numbers(database) == []
        other.execute("COMMIT")
        async with asyncio.timeout(20):
            await writing
    assert await numbers(database) == [1]
    await database.close()


async def test_a_writer_that_never_ends_is_a_transient_failure(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_loop, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(str(database.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked") as raised:
            await write(database, 1)
        assert is_transient(raised.value)
        other.execute("ROLLBACK")
    await write(database, 2)
    assert await numbers(database) == [2]
    await database.close()


async def test_many_writers_and_readers_share_one_file(database: Database) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(50):
            tasks.create_task(write(database, number))
            tasks.create_task(numbers(database))
    assert await numbers(database) == list(range(50))
    await database.close()


async def test_writers_that_are_cancelled_at_any_moment_leave_the_connection_usable(database: Database) -> None:
    finished = []
    for number in range(60):
        writing = asyncio.create_task(write(database, number))
        for _ in range(number % 15):
            await asyncio.sleep(0)
        if writing.cancel():
            with pytest.raises(asyncio.CancelledError):
                await writing
        else:
            finished.append(number)
    kept = await numbers(database)
    assert set(finished) <= set(kept)
    assert len(finished) < 60
    await write(database, 1000)
    assert await numbers(database) == [*kept, 1000]
    await database.close()


async def test_a_failed_statement_rolls_the_transaction_back(database: Database) -> None:
    async def fail() -> None:
        async with database.of_every_mission("a test").write() as transaction:
            await transaction.connection.execute(text("INSERT INTO note VALUES (7)"))
            await transaction.connection.execute(text("INSERT INTO missing VALUES (7)"))

    with pytest.raises(OperationalError):
        await fail()
    assert await numbers(database) == []
    await database.close()


async def test_a_reader_cannot_write(database: Database) -> None:
    async with database.of_every_mission("a test").read() as connection:
        with pytest.raises(OperationalError, match="readonly"):
            await connection.execute(text("INSERT INTO note VALUES (7)"))
    await database.close()
