"""The schema that a database has, and whether this program can run on it.

A newer program may have migrated the database while an older one still runs, or before a rollback. So the database
records which revision a program must know to run on it (docs/adr/0019-upgrades-and-backups.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Integer, MetaData, String, column, inspect, select, table
from sqlalchemy.schema import Column, Table

from clearway_platform.database.engines import Database

PROGRAM: Final = version("clearway-platform")
RECORD: Final = Table(
    "clearway_schema",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("program", String, nullable=False),
    Column("compatible_from", String, nullable=False),
)
_REVISION: Final = table("alembic_version", column("version_num"))


@dataclass(frozen=True, slots=True)
class Schema:
    """A database's revision, the version of the program that made it, and the oldest revision that a program must know
    to run on it. All are None for an empty database; a schema of Clearway 0.1.0 has a revision alone."""

    revision: str | None = None
    program: str | None = None
    compatible_from: str | None = None


class SchemaStatus(Enum):
    """How a database's schema relates to this program."""

    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


class SchemaTooNew(Exception):
    """This program cannot run on the newer schema. The message says which one it is, and what to do."""


def schema_status(name: str, schema: Schema, migrations: Path) -> SchemaStatus:
    """How the schema of the database `name` relates to the scripts of this program. Raises SchemaTooNew."""
    newest = newest_revision(migrations)
    if schema.revision is None or schema.revision < newest:
        return SchemaStatus.OLDER
    if schema.revision == newest:
        return SchemaStatus.CURRENT
    if schema.compatible_from is None or schema.compatible_from > newest:
        raise SchemaTooNew(
            f"Database `{name}` has schema {schema.revision}, made by Clearway {schema.program or '(unknown)'}. "
            f"This is Clearway {PROGRAM}, which knows schema {newest} and cannot run on it: a program must know schema "
            f"{schema.compatible_from or schema.revision}. Start the newer version, or restore a backup that was made "
            "before the upgrade."
        )
    return SchemaStatus.NEWER


def newer_schema_notice(name: str, schema: Schema, migrations: Path) -> str | None:
    """A sentence for the log about a newer schema on which this program can run; None when it is not newer."""
    newest = newest_revision(migrations)
    if schema.revision is None or schema.revision <= newest:
        return None
    return (
        f"Database `{name}` has schema {schema.revision}, made by Clearway {schema.program}. This is Clearway "
        f"{PROGRAM}, which knows schema {newest} and can run on it. No action is needed."
    )


async def schema_at(url: str) -> Schema:
    """The schema of the database at `url`."""
    database = Database(url, pool_size=1)
    try:
        return await schema_of(database)
    finally:
        await database.close()


async def schema_of(database: Database) -> Schema:
    """The schema of a database that is open."""
    async with database.of_every_mission("a schema is of the whole database").read() as connection:
        return await connection.run_sync(_recorded)


def newest_revision(migrations: Path) -> str:
    """The newest revision of the scripts in a folder, from their names. Raises ValueError when it holds none."""
    revisions = [script.stem.partition("_")[0] for script in (migrations / "versions").glob("[0-9]*_*.py")]
    if not revisions:
        raise ValueError(f"{migrations} holds no migration")
    return max(revisions)


def _recorded(connection: Connection) -> Schema:
    tables = inspect(connection)
    if not tables.has_table(_REVISION.name):
        return Schema()
    revision = connection.execute(select(_REVISION.c.version_num)).scalar()
    made = None
    if tables.has_table(RECORD.name):
        made = connection.execute(select(RECORD.c.program, RECORD.c.compatible_from)).one_or_none()
    return Schema(revision, *made) if made else Schema(revision)
