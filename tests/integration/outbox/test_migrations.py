"""The shared tables come and go on both databases, and are what the models say."""

import asyncio
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text

from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import check, downgrade, upgrade
from clearway_platform.database.schema import Schema, schema_at
from clearway_platform.database.tables import plumbing_metadata
from clearway_platform.database.upgrading import bring_up_to_date
from clearway_testing.plumbing import MIGRATIONS


@pytest.fixture
def scripts_run() -> None:
    """A fresh database is empty."""


async def test_up_down_and_up_again(database_url: str) -> None:
    await upgrade(database_url, MIGRATIONS)
    assert (await schema_at(database_url)).revision == "0001"
    await downgrade(database_url, MIGRATIONS)
    assert await schema_at(database_url) == Schema()
    database = Database(database_url)
    async with database.of_every_mission("a test").write() as transaction:
        left = await transaction.connection.run_sync(lambda connection: inspect(connection).get_table_names())
    await database.close()
    assert left == ["alembic_version"]
    await upgrade(database_url, MIGRATIONS)
    assert await check(database_url, [plumbing_metadata]) == []


async def test_check_finds_a_change_without_a_migration(database_url: str) -> None:
    await upgrade(database_url, MIGRATIONS)
    database = Database(database_url)
    async with database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(text("ALTER TABLE outbox ADD COLUMN forgotten INTEGER"))
    await database.close()
    assert [difference[0] for difference in await check(database_url, [plumbing_metadata])] == ["remove_column"]


async def test_replicas_that_start_together_migrate_once(database_url: str) -> None:
    await asyncio.gather(*(upgrade(database_url, MIGRATIONS) for _ in range(4)))
    assert await check(database_url, [plumbing_metadata]) == []


async def test_a_migration_that_fails_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text((MIGRATIONS / "env.py").read_text())
    broken = (MIGRATIONS / "versions" / "0001_shared_tables.py").read_text()
    broken = broken.replace("    create_plumbing()\n", "    create_plumbing()\n    raise RuntimeError('half way')\n")
    (tmp_path / "versions" / "0001_broken.py").write_text(broken)
    with pytest.raises(RuntimeError, match="half way"):
        await upgrade(database_url, tmp_path)
    assert await schema_at(database_url) == Schema()
    await upgrade(database_url, MIGRATIONS)
    assert await check(database_url, [plumbing_metadata]) == []


async def test_a_start_migrates_an_old_database_and_leaves_a_new_one_alone(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bring_up_to_date("shared", database_url, MIGRATIONS)
    assert await check(database_url, [plumbing_metadata]) == []
    upgrades: list[str] = []
    monkeypatch.setattr(command, "upgrade", lambda _config, revision: upgrades.append(revision))
    await bring_up_to_date("shared", database_url, MIGRATIONS)
    assert upgrades == []
    await downgrade(database_url, MIGRATIONS)
    await bring_up_to_date("shared", database_url, MIGRATIONS)
    assert upgrades == ["head"]
