"""The migrations make the tables as they are declared, and take them away again."""

from clearway_incidents.main import STORAGE
from clearway_platform.database.migrations import check, downgrade, upgrade
from clearway_platform.database.schema import Schema, schema_at


async def test_up_and_down(database_url: str) -> None:
    await upgrade(database_url, STORAGE.migrations)
    assert await check(database_url, STORAGE.metadata) == []
    await downgrade(database_url, STORAGE.migrations)
    assert await schema_at(database_url) == Schema()
