"""The migrations make the tables as they are declared, fill what they add, and take them away again."""

from typing import Any

import pytest
from sqlalchemy import select, update

from clearway_incidents.main import STORAGE
from clearway_incidents.storage.tables import INCIDENTS
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import check, downgrade, upgrade
from clearway_platform.database.schema import Schema, schema_at

from .conftest import Desk

FILLED = ("exercise", "uncertainty_m", "tlp", "classification", "releasable_to", "marks_of")
MARKS = ("tlp", "classification", "releasable_to", "marks_of")


async def test_up_and_down(database_url: str) -> None:
    await upgrade(database_url, STORAGE.migrations)
    assert await check(database_url, STORAGE.metadata) == []
    await downgrade(database_url, STORAGE.migrations)
    assert await schema_at(database_url) == Schema()


@pytest.mark.parametrize(
    ("sharing", "is_filled"),
    [
        ({"tlp": "red"}, True),
        ({"tlp": "green", "releasable_to": ["Halo"]}, False),
        ({"tlp": "green", "retention_until": "2030-01-01T00:00:00Z"}, False),
    ],
)
async def test_what_the_map_is_drawn_from_is_filled(
    desk: Desk, database_url: str, sharing: dict[str, Any], is_filled: bool
) -> None:
    """Of a row of 0.1.0; its marks stay in its state where there is more to them than the words."""
    await desk.report(exercise=True, sharing=sharing)
    columns = [INCIDENTS.c[name] for name in FILLED]
    [written] = await desk.rows(select(*columns))
    await downgrade(database_url, STORAGE.migrations, "0004")
    async with desk.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(update(INCIDENTS).values(dict.fromkeys(MARKS)))
    await upgrade(database_url, STORAGE.migrations)
    database = Database(database_url)
    async with database.of_every_mission("a test").read() as connection:
        filled = (await connection.execute(select(*columns))).one()
    await database.close()
    assert (filled.exercise, filled.uncertainty_m) == (True, written.uncertainty_m)
    assert (filled == written) is is_filled
    assert (filled.marks_of is None) is not is_filled
