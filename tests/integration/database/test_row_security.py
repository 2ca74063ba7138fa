"""Row-level security of PostgreSQL: what a transaction sees and may write, and since when."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from clearway_platform.auth.keys import MIGRATIONS as KEYS_MIGRATIONS
from clearway_platform.cli.main import app
from clearway_platform.database.engines import BoundDatabase, Database
from clearway_platform.database.migrations import downgrade, upgrade
from clearway_platform.database.row_security import relax, tables_of

pytestmark = pytest.mark.postgres
FIRST = """
revision = "0001"
down_revision = None
import sqlalchemy as sa
from alembic import op
def upgrade():
    op.create_table("thing", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("mission", sa.String()))
    op.create_table("detail", sa.Column("thing_id", sa.Integer()), sa.Column("number", sa.Integer()))
def downgrade():
    op.drop_table("detail")
    op.drop_table("thing")
"""
SECOND = """
revision = "0002"
down_revision = "0001"
import sqlalchemy as sa
from alembic import op
from clearway_platform.database.row_security import protect_like, protect_like_no_more
def upgrade():
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("mission", sa.String()))
    protect_like("detail", "thing_id", parent="thing", key="id")
def downgrade():
    protect_like_no_more("detail")
    op.drop_table("later")
"""
PROTECTED = {"thing", "detail", "later"}


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text((KEYS_MIGRATIONS / "env.py").read_text())
    (folder / "versions/0001_first.py").write_text(FIRST)
    (folder / "versions/0002_second.py").write_text(SECOND)
    return folder


async def used(url: str, use: Callable[[Database], Awaitable[None]]) -> None:
    database = Database(url, pool_size=1)
    try:
        await use(database)
    finally:
        await database.close()


async def execute(database: BoundDatabase, *statements: str) -> None:
    async with database.write() as transaction:
        for statement in statements:
            await transaction.connection.execute(text(statement))


async def seen(database: BoundDatabase) -> tuple[int, int]:
    """How many things and details there are."""
    async with database.read() as connection:
        counts = [
            (await connection.execute(text(f"SELECT count(*) FROM {name}"))).scalar_one()
            for name in ("thing", "detail")
        ]
    return counts[0], counts[1]


async def enforced(url: str) -> set[str]:
    found: set[str] = set()

    async def look(database: Database) -> None:
        async with database.of_every_mission("a test").read() as connection:
            tables = await connection.run_sync(tables_of)
        found.update(table.name for table in tables if table.is_enforced)

    await used(url, look)
    return found


async def put_on_record(url: str) -> None:
    """A thing of each mission, one of none, and a detail of each."""

    async def put(database: Database) -> None:
        things = "INSERT INTO thing VALUES (1, 'unmas'), (2, 'unmx'), (3, NULL)"
        details = "INSERT INTO detail VALUES (1, 1), (2, 1), (2, 2), (3, 1)"
        await execute(database.of_every_mission("a test"), things, details)

    await used(url, put)


async def test_a_mission_sees_its_rows_and_their_details(migrations: Path, postgres_url: str) -> None:
    """No statement here asks for a mission. What is of no mission is seen by none of them."""
    await upgrade(postgres_url, migrations)
    await put_on_record(postgres_url)

    async def look(database: Database) -> None:
        assert await seen(database.of("unmas")) == (1, 1)
        assert await seen(database.of("unmx")) == (1, 2)
        assert await seen(database.of("unknown")) == (0, 0)
        assert await seen(database.of_every_mission("a test")) == (3, 4)

    await used(postgres_url, look)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO thing VALUES (9, 'unmx')",
        "INSERT INTO thing VALUES (9, NULL)",
        "UPDATE thing SET mission = 'unmx' WHERE id = 1",
        "INSERT INTO detail VALUES (2, 3)",
        "UPDATE detail SET thing_id = 2",
    ],
)
async def test_a_mission_writes_no_row_of_another(statement: str, migrations: Path, postgres_url: str) -> None:
    await upgrade(postgres_url, migrations)
    await put_on_record(postgres_url)

    async def write(database: Database) -> None:
        with pytest.raises(DBAPIError, match="row-level security"):
            await execute(database.of("unmas"), statement)
        await execute(database.of("unmas"), "UPDATE thing SET id = id + 10", "DELETE FROM detail")
        assert await seen(database.of("unmx")) == (1, 2)

    await used(postgres_url, write)


async def test_a_connection_of_its_own_sees_nothing(migrations: Path, postgres_url: str) -> None:
    """Also that of the owner of the tables: what opens no transaction by `Database` is bound to nothing."""
    await upgrade(postgres_url, migrations)
    await put_on_record(postgres_url)
    connection = await asyncpg.connect(postgres_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM thing") == 0
        async with connection.transaction():
            await connection.execute("SET LOCAL clearway.mission = 'unmx'")
            assert await connection.fetchval("SELECT count(*) FROM thing") == 1
        assert await connection.fetchval("SELECT count(*) FROM thing") == 0
    finally:
        await connection.close()


async def test_a_role_that_owns_nothing_has_no_way_around(migrations: Path, postgres_url: str) -> None:
    await upgrade(postgres_url, migrations)
    await put_on_record(postgres_url)
    role = f"user_{uuid4().hex}"

    async def make(database: Database) -> None:
        grant = f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
        await execute(database.of_every_mission("a test"), f"CREATE ROLE {role} LOGIN PASSWORD '{role}'", grant)

    async def use(database: Database) -> None:
        assert await seen(database.of("unmas")) == (1, 1)
        for way in ("ALTER TABLE thing DISABLE ROW LEVEL SECURITY", "DROP POLICY clearway_mission ON thing"):
            with pytest.raises(DBAPIError, match="must be owner"):
                await execute(database.of("unmas"), way)

    await used(postgres_url, make)
    await used(make_url(postgres_url).set(username=role, password=role).render_as_string(hide_password=False), use)


async def test_they_hold_at_once_in_a_new_database_and_go_with_their_migration(
    migrations: Path, postgres_url: str
) -> None:
    await upgrade(postgres_url, migrations, "0001")
    assert await enforced(postgres_url) == {"thing"}
    await upgrade(postgres_url, migrations)
    assert await enforced(postgres_url) == PROTECTED
    await downgrade(postgres_url, migrations, "0001")
    assert await enforced(postgres_url) == {"thing"}
    await downgrade(postgres_url, migrations)
    await upgrade(postgres_url, migrations)
    assert await enforced(postgres_url) == PROTECTED


async def test_a_database_that_has_none_yet_gets_policies_that_do_not_hold(migrations: Path, postgres_url: str) -> None:
    """As one that a version before this one made, and still uses: it binds no transaction."""
    await upgrade(postgres_url, migrations, "0001")

    async def make_old(database: Database) -> None:
        async with database.of_every_mission("a test").write() as transaction:
            for table in await transaction.connection.run_sync(tables_of):
                await transaction.connection.run_sync(relax, table)
            await transaction.connection.execute(text("DROP POLICY clearway_mission ON thing"))

    async def look(database: Database) -> None:
        assert await seen(database.of("unmas")) == (3, 4)

    await used(postgres_url, make_old)
    await upgrade(postgres_url, migrations)
    await put_on_record(postgres_url)
    assert await enforced(postgres_url) == set()
    await used(postgres_url, look)


def clearway(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.output


def test_an_operator_enforces_and_relaxes_them(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARWAY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CLEARWAY_ALERTS_DATABASE_URL", postgres_url)
    assert clearway("row-security", "show", "alerts") == (1, "alerts: no policies. Run `clearway migrate`.\n")
    assert clearway("migrate", "alerts") == (0, "Up to date: alerts.\n")
    code, printed = clearway("row-security", "show", "alerts")
    assert code == 0
    assert "alerts: on in " in printed
    every = asyncio.run(enforced(postgres_url))

    assert clearway("row-security", "off", "alerts")[0] == 0
    assert asyncio.run(enforced(postgres_url)) == set()
    code, printed = clearway("row-security", "show", "alerts")
    assert code == 1
    assert "Run `clearway row-security on`" in printed
    code, printed = clearway("migrate", "alerts")
    assert code == 0
    assert "row-security on" in printed
    assert asyncio.run(enforced(postgres_url)) == set()

    for _ in range(2):
        assert clearway("row-security", "on", "alerts") == (0, "alerts: on.\n")
    assert asyncio.run(enforced(postgres_url)) == every


def test_sqlite_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWAY_DATA_DIR", str(tmp_path))
    code, printed = clearway("row-security", "show", "alerts")
    assert code == 0
    assert "SQLite" in printed
    assert clearway("row-security", "on", "nothing")[0] == 2
