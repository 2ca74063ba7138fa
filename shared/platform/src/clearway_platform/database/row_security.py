"""Row-level security of PostgreSQL: a transaction sees and writes the rows of the mission that it is bound to.

Each table that names a mission has a policy, from the migration on that makes the table. A policy without enforcement
changes nothing: a program that binds no transaction works beside this one until an operator enforces them. A database
that is new is enforced at once, and where one table is, a later one is too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from alembic import op
from sqlalchemy import Connection, text

from clearway_platform.database.binding import EVERY_MISSION, SETTING
from clearway_platform.database.engines import Database

POLICY: Final = "clearway_mission"
_BOUND_TO: Final = f"current_setting('{SETTING}', true)"
_IS_OF_ALL: Final = f"{_BOUND_TO} = '{EVERY_MISSION}'"
# Writers and readers wait for the lock of ALTER TABLE, and it for them: rather not long, and again.
_LOCK_WAIT: Final = text("SET LOCAL lock_timeout = '2s'")
_TABLES: Final = text(
    "SELECT relname AS name, relrowsecurity AND relforcerowsecurity AS is_enforced,"
    " EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = :policy) AS has_policy,"
    " EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'mission' AND NOT attisdropped)"
    " AS names_mission"
    " FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace ORDER BY relname"
)
_BYPASSES: Final = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")


@dataclass(frozen=True, slots=True)
class Protected:
    """A table, and whether its rows are kept apart by mission."""

    name: str
    has_policy: bool
    is_enforced: bool
    names_mission: bool


@dataclass(frozen=True, slots=True)
class RowSecurity:
    """Of one database of PostgreSQL: its tables, and whether the role that looked is above all policies."""

    tables: Sequence[Protected]
    is_bypassed: bool

    @property
    def relaxed(self) -> Sequence[Protected]:
        """The tables whose policy is not enforced."""
        return [table for table in self.tables if table.has_policy and not table.is_enforced]


async def row_security_of(url: str) -> RowSecurity | None:
    """How the database at `url` keeps rows apart; None on SQLite, where nothing but the statements does."""
    database = Database(url, pool_size=1)
    if database.dialect != "postgresql":
        return None
    try:
        async with database.of_every_mission("the policies are of the whole database").read() as connection:
            bypassed = bool((await connection.execute(_BYPASSES)).scalar_one())
            return RowSecurity(await connection.run_sync(tables_of), bypassed)
    finally:
        await database.close()


def tables_of(connection: Connection) -> Sequence[Protected]:
    """Every table of a database of PostgreSQL."""
    rows = connection.execute(_TABLES, {"policy": POLICY})
    return [Protected(row.name, row.has_policy, row.is_enforced, row.names_mission) for row in rows]


def protect(connection: Connection, *, is_new: bool = False) -> None:
    """Give each table that names a mission its policy; enforce it in a new database, and where another one is."""
    tables = tables_of(connection)
    for table in tables:
        if table.names_mission and not table.has_policy:
            _create(connection, table.name, f"mission = {_BOUND_TO}")
    if is_new or any(table.is_enforced for table in tables):
        for table in tables_of(connection):
            enforce(connection, table)


def protect_like(table: str, column: str, parent: str, key: str) -> None:
    """For a migration: the rows of `table` are of the mission of the row of `parent` that `column` names. A program
    that may not see that row sees none of these."""
    if op.get_bind().dialect.name == "postgresql":
        _create(op.get_bind(), table, f"EXISTS (SELECT FROM {parent} WHERE {parent}.{key} = {table}.{column})")


def protect_like_no_more(table: str) -> None:
    """For the way back of a migration."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP POLICY {POLICY} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def enforce(connection: Connection, table: Protected) -> None:
    """Enforce the table's policy from the commit on, for its owner too."""
    if table.has_policy and not table.is_enforced:
        connection.execute(_LOCK_WAIT)
        for what in ("ENABLE", "FORCE"):
            connection.execute(text(f'ALTER TABLE "{table.name}" {what} ROW LEVEL SECURITY'))


def relax(connection: Connection, table: Protected) -> None:
    """Enforce the table's policy no more. The policy stays."""
    connection.execute(_LOCK_WAIT)
    for what in ("NO FORCE", "DISABLE"):
        connection.execute(text(f'ALTER TABLE "{table.name}" {what} ROW LEVEL SECURITY'))


def _create(connection: Connection, table: str, is_of_mission: str) -> None:
    rule = f"{_IS_OF_ALL} OR {is_of_mission}"
    connection.execute(text(f'CREATE POLICY {POLICY} ON "{table}" USING ({rule}) WITH CHECK ({rule})'))
