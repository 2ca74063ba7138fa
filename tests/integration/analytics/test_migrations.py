"""The migrations make what the tables say, and take it away again, on both databases."""

from uuid import UUID

from sqlalchemy import update

from clearway_analytics.main import STORAGE
from clearway_analytics.storage.tables import ROUTE_SUMS
from clearway_platform.clock import new_id
from clearway_platform.database import migrations

from .desk import Desk


async def test_up_matches_the_tables_and_down_leaves_nothing(database_url: str) -> None:
    await migrations.upgrade(database_url, STORAGE.migrations)
    assert await migrations.check(database_url, STORAGE.metadata) == []
    await migrations.downgrade(database_url, STORAGE.migrations)
    await migrations.upgrade(database_url, STORAGE.migrations)
    assert await migrations.check(database_url, STORAGE.metadata) == []


async def test_extremes_are_filled_in_from_the_contributions(desk: Desk, database_url: str, route_id: UUID) -> None:
    quiet = new_id()
    await desk.put(route_id)
    await desk.put(quiet, ((50.0, 20.0), (50.1, 20.0)))
    await desk.tell(new_id(), 1, 30.1, 5.0, days_ago=5)
    await desk.tell(new_id(), 1, 30.1, 5.05, days_ago=2)
    rated = await desk.risk(route_id)
    await desk.database.close()
    await migrations.downgrade(database_url, STORAGE.migrations, "0001")
    await migrations.upgrade(database_url, STORAGE.migrations)
    assert await desk.differences() == []
    assert await desk.risk(route_id) == rated
    async with desk.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(update(ROUTE_SUMS).values(largest=0.0, extremes_total=ROUTE_SUMS.c.total))
    assert [one.route_id for one in await desk.differences()] == [route_id]
