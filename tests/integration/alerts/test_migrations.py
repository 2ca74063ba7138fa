"""The migrations of alerts make what the tables say, and take it away again, on both databases."""

from clearway_alerts.main import STORAGE
from clearway_platform.database import migrations


async def test_up_matches_the_tables_and_down_leaves_nothing(database_url: str) -> None:
    await migrations.upgrade(database_url, STORAGE.migrations)
    assert await migrations.check(database_url, STORAGE.metadata) == []
    await migrations.downgrade(database_url, STORAGE.migrations)
    await migrations.upgrade(database_url, STORAGE.migrations)
    assert await migrations.check(database_url, STORAGE.metadata) == []
