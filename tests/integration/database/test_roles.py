"""The databases and roles that `deploy/postgres/init.sh` makes: a service runs as one that owns nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from clearway_platform.database.migrations import upgrade
from clearway_platform.service import installed_services, migrations_of
from clearway_testing.roles import make_roles
from clearway_testing.server import DatabaseServer

pytestmark = pytest.mark.postgres

MIGRATIONS = migrations_of(installed_services().values())
OWNERS = (
    "SELECT tableowner FROM pg_tables WHERE schemaname = 'public' UNION "
    "SELECT sequenceowner FROM pg_sequences WHERE schemaname = 'public'"
)
CHANGES = (
    "INSERT INTO inbox VALUES ('a test', gen_random_uuid(), 'incidents', 0, 0, now())",
    "UPDATE inbox SET topic = 'alerts' WHERE consumer = 'a test'",
    "DELETE FROM inbox WHERE consumer = 'a test'",
    "SELECT nextval(pg_get_serial_sequence('outbox', 'id'))",
)
REFUSED = (
    "ALTER TABLE feed DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE feed NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY clearway_mission ON feed",
    "DROP TABLE feed",
    "TRUNCATE feed",
    "CREATE TABLE another (id integer)",
    "CREATE TEMPORARY TABLE another (id integer)",
)


@pytest.fixture
def server(own_postgres_server: DatabaseServer) -> DatabaseServer:
    return own_postgres_server


def address(server: DatabaseServer, role: str, database: str) -> str:
    return f"postgresql://{role}:{role}@{urlsplit(server.url).netloc.rpartition('@')[2]}/{database}"


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_service_changes_rows_and_no_table(server: DatabaseServer, tmp_path: Path) -> None:
    make_roles(server, tmp_path)
    for name, migrations in MIGRATIONS.items():
        await upgrade(address(server, f"{name}_owner", name), migrations)
        await require_rights(server, name)


async def test_a_role_reaches_no_database_but_its_own(server: DatabaseServer, tmp_path: Path) -> None:
    make_roles(server, tmp_path)
    for role, database in (("alerts", "incidents"), ("alerts_owner", "incidents"), ("alerts", "keys")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
            async with connected(address(server, role, database)):
                pass


async def test_what_an_earlier_version_made_goes_to_the_owner(server: DatabaseServer, tmp_path: Path) -> None:
    """There the service's role owned its database, and what is in it. It runs meanwhile, and may run on."""
    async with connected(server.url) as connection:
        await connection.execute("CREATE ROLE alerts LOGIN PASSWORD 'alerts'")
        await connection.execute("CREATE DATABASE alerts OWNER alerts")
    await upgrade(address(server, "alerts", "alerts"), MIGRATIONS["alerts"])
    async with connected(address(server, "alerts", "alerts")) as running:
        assert await owners(running) == ["alerts"]
        for _ in range(2):
            make_roles(server, tmp_path)
            assert await owners(running) == ["alerts_owner"]
            assert await running.fetchval("SELECT count(*) FROM inbox") == 0
    await upgrade(address(server, "alerts_owner", "alerts"), MIGRATIONS["alerts"])
    await require_rights(server, "alerts")


async def owners(connection: asyncpg.Connection) -> list[str]:
    """Of the tables and sequences."""
    return [row["tableowner"] for row in await connection.fetch(OWNERS)]


async def require_rights(server: DatabaseServer, name: str) -> None:
    """The service's role may change rows, and nothing that keeps them apart."""
    async with connected(address(server, name, name)) as connection:
        assert await owners(connection) == [f"{name}_owner"]
        for statement in CHANGES:
            await connection.execute(statement)
        for statement in REFUSED:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
