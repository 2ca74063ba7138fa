"""A connection of PostgreSQL is given back beside the answer: what goes wrong then concerns nobody."""

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from clearway_platform.database.engines import Database

pytestmark = pytest.mark.postgres
PID = text("SELECT pg_backend_pid()")


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    database = Database(postgres_url)
    yield database
    await database.close()


@pytest.fixture
async def unhandled() -> AsyncIterator[list[str]]:
    """What the event loop would log: errors that nobody took."""
    found: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: found.append(context["message"]))
    yield found
    loop.set_exception_handler(None)


async def pid_of(database: Database) -> int:
    async with database.of("unmix").read() as connection:
        found: int = (await connection.execute(PID)).scalar_one()
    return found


async def test_who_reads_again_and_again_uses_few_connections(database: Database) -> None:
    """One or two are given back while the next is used."""
    assert len({await pid_of(database) for _ in range(50)}) <= 5


async def test_what_was_read_of_a_connection_that_was_cut_since_counts(
    database: Database, unhandled: list[str]
) -> None:
    async with database.of("unmix").read() as connection:
        pid = (await connection.execute(PID)).scalar_one()
        async with database.of_every_mission("a test").read() as other:
            await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.1)
    assert await pid_of(database) != pid
    await database.close()
    gc.collect()
    await asyncio.sleep(0)
    assert unhandled == []


async def test_who_is_cancelled_while_it_reads_leaves_nothing_open(database: Database, unhandled: list[str]) -> None:
    async def read_for_long() -> None:
        async with database.of("unmix").read() as connection:
            await connection.execute(text("SELECT pg_sleep(60)"))

    reading = asyncio.create_task(read_for_long())
    await asyncio.sleep(0.2)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    others = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'")
    async with asyncio.timeout(20):
        while True:
            async with database.of_every_mission("a test").read() as connection:
                if (await connection.execute(others)).scalar_one() == 0:
                    break
    assert unhandled == []
