"""Every table of PostgreSQL keeps the rows of missions apart, or is on a list with its reason; and there is one way to
a transaction (docs/adr/0051-rows-are-kept-apart.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearway_platform.auth.keys import MIGRATIONS as KEYS_MIGRATIONS
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import upgrade
from clearway_platform.database.row_security import Protected, tables_of
from clearway_platform.service import installed_services, migrations_of

ROOT = Path(__file__).parents[2]
FOLDERS = {"keys": KEYS_MIGRATIONS} | migrations_of(installed_services().values())
# A table that is of no mission. What a mission put on record does not stand here.
OF_NO_MISSION = {
    "alembic_version": "the revision of the schema",
    "clearway_schema": "the program that made the schema",
    "feed_head": "one row: how far the feed is, which all missions share",
    "inbox": "ids of events that were handled, and where they stood in the log",
    "consumer_beat": "how far the consumers of this service are",
    "lease_holder": "processes that send, which serve all missions",
    "key_change": "one row: the number of the last change of a key, which all missions share",
    "key_use": "a time for each key: the key says of which mission it is",
    "revision_link_cursor": "one row: up to where the feed, and before it the record, is linked for all missions",
    "audit_checkpoint": "one signature is over the chains of every mission: names, numbers and hashes",
    "audit_place": "how far the places of checkpoints are",
    "incident_words": "words without what they are of: a number, of which `incident_text` says whose it is",
    "stream_ticket": "hashes of random texts: a ticket says of which key it is, and so of which mission",
}
# What opens a connection, and the modules that may.
OPENERS = {
    "create_async_engine": {"database/engines.py"},
    "create_engine": {"database/engines.py"},
    "async_sessionmaker": set[str](),
    "sessionmaker": set[str](),
    "AsyncSession": set[str](),
    # A backup reads the catalogue, and locks; the rows are copied by pg_dump.
    "asyncpg.connect": {"backup/postgres.py"},
    "asyncpg.create_pool": set[str](),
}


def unprotected(tables: list[Protected]) -> list[str]:
    return [table.name for table in tables if not table.is_enforced and table.name not in OF_NO_MISSION]


@pytest.mark.postgres
@pytest.mark.parametrize("name", FOLDERS)
async def test_every_table_is_protected_or_of_no_mission(name: str, postgres_url: str) -> None:
    await upgrade(postgres_url, FOLDERS[name])
    database = Database(postgres_url, pool_size=1)
    async with database.of_every_mission("a test").read() as connection:
        tables = list(await connection.run_sync(tables_of))
    await database.close()
    assert unprotected(tables) == [], "add a column `mission`, or `protect_like` in its migration"
    assert [table.name for table in tables if table.name in OF_NO_MISSION and table.names_mission] == []
    assert unprotected([*tables, Protected("planted", has_policy=True, is_enforced=False, names_mission=True)])


def test_the_list_has_no_table_that_is_gone() -> None:
    services = [service for service in installed_services().values() if service.storage is not None]
    known = {table for service in services for of in service.storage.metadata for table in of.tables}  # type: ignore[union-attr]
    assert set(OF_NO_MISSION) - known == {
        *("alembic_version", "clearway_schema"),  # of the migrations
        *("key_change", "key_use", "stream_ticket"),  # of the keys
        *("audit_checkpoint", "audit_place"),  # of the audit, beside them
    }


def openings(source: str) -> Iterator[str]:
    """What a module calls that opens a connection of its own."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if found := {called, called.rpartition(".")[2]} & set(OPENERS):
                yield found.pop()


def test_a_connection_is_opened_by_the_database_alone() -> None:
    files = [*ROOT.glob("shared/platform/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]
    found = [
        (str(file.relative_to(ROOT)), opening)
        for file in files
        for opening in openings(file.read_text())
        if not any(str(file).endswith(f"clearway_platform/{place}") for place in OPENERS[opening])
    ]
    assert found == []
    assert list(openings("engine = sqlalchemy.ext.asyncio.create_async_engine(url)")) == ["create_async_engine"]
    assert list(openings("await asyncpg.connect(url)")) == ["asyncpg.connect"]


@pytest.mark.parametrize("name", ["read", "write", "read_apart", "measure", "engine", "connection"])
def test_a_database_that_is_nobodys_gives_no_transaction(name: str) -> None:
    assert not hasattr(Database, name)
