"""Reads of many rows run beside everything else: however many people look, what records and warns does not wait."""

import asyncio

import pytest
from sqlalchemy import Connection, text

from clearway_platform.database.engines import Database

LOOKING = 60
SECONDS = 20
HOLD = text("SELECT pg_advisory_xact_lock(7)")
WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


def look(connection: Connection) -> None:
    connection.execute(HOLD)


@pytest.mark.postgres
async def test_a_write_does_not_wait_for_those_who_look(postgres_url: str) -> None:
    """None of these reads ends before the write: they wait for a lock that is held until then."""
    database, other = Database(postgres_url), Database(postgres_url)
    try:
        async with asyncio.TaskGroup() as group, other.of_every_mission("a test").write() as holder:
            await holder.connection.execute(HOLD)
            for _ in range(LOOKING):
                group.create_task(database.of_every_mission("a test").read_apart(look))
            async with asyncio.timeout(SECONDS):
                while (await holder.connection.execute(WAITING)).scalar_one() == 0:
                    pass
                async with database.of_every_mission("a test").write() as transaction:
                    await transaction.connection.execute(text("SELECT 1"))
    finally:
        await database.close()
        await other.close()


async def test_what_is_read_apart_cannot_write(database_url: str) -> None:
    database = Database(database_url)
    try:
        with pytest.raises(Exception, match=r"read-?only"):
            await database.of_every_mission("a test").read_apart(
                lambda connection: connection.execute(text("CREATE TABLE new (id INTEGER)"))
            )
    finally:
        await database.close()
