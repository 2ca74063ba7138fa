"""A transaction is bound to a mission, or to every one, where it begins."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from clearway_platform.database.binding import Unbound
from clearway_platform.database.engines import BoundDatabase, Database

BOUND = text("SELECT current_setting('clearway.mission', true)")


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    opened = Database(postgres_url, pool_size=1)
    yield opened
    await opened.close()


async def bound_of(database: BoundDatabase) -> list[Any]:
    async with database.read() as connection:
        read = (await connection.execute(BOUND)).scalar_one()
    async with database.write() as transaction:
        written = (await transaction.connection.execute(BOUND)).scalar_one()
    return [read, written, await database.read_apart(lambda connection: connection.execute(BOUND).scalar_one())]


@pytest.mark.postgres
async def test_each_transaction_is_bound_to_its_mission(database: Database) -> None:
    """Also on a connection that was another mission's a moment ago."""
    for mission in ("unmas", "unm'; DROP TABLE \\x", "unmx"):
        assert set(await bound_of(database.of(mission))) == {mission}
    assert set(await bound_of(database.of_every_mission("a test"))) == {"*"}


@pytest.mark.postgres
async def test_a_connection_that_nobody_bound_is_bound_to_nothing(database: Database) -> None:
    await bound_of(database.of("unmas"))
    queries: list[str] = []
    async with database.of("unmas").read() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        driver.add_query_logger(lambda record: queries.append(record.query))
        await connection.execute(BOUND)
    await database.check()
    assert "clearway.mission" in queries[0]
    assert not [query for query in queries[1:] if "SET LOCAL" in query]


@pytest.mark.postgres
async def test_the_binding_is_sent_with_the_begin(database: Database) -> None:
    """It takes no request of its own, or every report would wait for one more."""
    queries: list[str] = []
    async with database.of("unmas").read() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        driver.add_query_logger(lambda record: queries.append(record.query))
        await connection.execute(BOUND)
    begin, bind, one_processor = queries[0].rstrip(";").split("; ")
    assert begin == "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    assert bind == "SET LOCAL clearway.mission = 'unmas'"
    assert one_processor == "SET LOCAL max_parallel_workers_per_gather = 0"
    assert len([query for query in queries if "clearway.mission" in query and "SET" in query]) == 1


@pytest.mark.postgres
async def test_a_batch_turns_from_one_mission_to_the_next(database: Database) -> None:
    async with database.of("unmas").write() as transaction:
        for mission in ("unmas", "unmx", "unmas"):
            await transaction.turn_to(mission)
            assert (await transaction.connection.execute(BOUND)).scalar_one() == mission
    assert set(await bound_of(database.of("unmx"))) == {"unmx"}


async def test_nobody_is_bound_to_every_mission_by_its_name(sqlite_url: str) -> None:
    """A message whose mission is `*` would be one of all missions."""
    database = Database(sqlite_url)
    for name in ("", "*", "a\0b"):
        with pytest.raises(Unbound):
            database.of(name)
    with pytest.raises(Unbound):
        database.of_every_mission(" ")
    async with database.of("unmas").write() as transaction:
        with pytest.raises(Unbound):
            await transaction.turn_to("*")
    await database.close()
