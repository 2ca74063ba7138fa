"""The migrations make the tables as they are declared, and take them away again."""

from clearway_incidents.main import service
from clearway_platform.database.migrations import check, downgrade, upgrade
from clearway_platform.database.schema import Schema, schema_at


async def test_up_and_down(database_url: str) -> None:
    await upgrade(database_url, service.migrations)
    assert await check(database_url, service.metadata) == []
    await downgrade(database_url, service.migrations)
    assert await schema_at(database_url) == Schema()
