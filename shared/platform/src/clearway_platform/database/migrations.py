"""Migrations: Alembic driven from code."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from uuid import uuid4

import sqlalchemy as sa
from alembic import command, context, op
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from clearway_platform.database.engines import Database, Json, UtcDateTime
from clearway_platform.database.row_security import protect
from clearway_platform.database.schema import PROGRAM, RECORD
from clearway_platform.database.tables import BigId, HeaderText

# Replicas that start together must not migrate together: all take the lock of this number.
_LOCK: Final = 0x636C_7277_6D69_6772
_CONNECTION: Final = "connection"
_Result = TypeVar("_Result")


async def upgrade(url: str, migrations: Path, revision: str = "head") -> None:
    """Bring the database at `url` to `revision` of the scripts in `migrations`.

    One transaction: after a failure the database is as it was.
    """
    await _run(url, migrations, lambda config: command.upgrade(config, revision))


async def downgrade(url: str, migrations: Path, revision: str = "base") -> None:
    """Take the database at `url` back to `revision`."""
    await _run(url, migrations, lambda config: command.downgrade(config, revision))


async def check(url: str, metadata: Sequence[MetaData]) -> list[Any]:
    """How the database differs from the tables in `metadata`; empty when a migration was written for every change."""
    known = list(metadata)
    return await _with_connection(
        url, lambda connection: list(compare_metadata(_context(connection), cast(Any, known)))
    )


def run_environment(metadata: Sequence[MetaData]) -> None:
    """Called by a service's `migrations/env.py`: migrate on the connection of `upgrade` or `downgrade`."""
    connection: Connection = context.config.attributes[_CONNECTION]
    context.configure(
        connection=connection,
        target_metadata=list(metadata),
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def create_plumbing() -> None:
    """The shared tables as they were at the first revision of every service."""
    _create_outbox()
    _create_feed()
    _create_inbox()
    _create_idempotency()
    _create_dead_letter()


def drop_plumbing() -> None:
    """Undo `create_plumbing`."""
    for table in ("dead_letter", "idempotency", "inbox", "feed_head", "feed", "outbox"):
        op.drop_table(table)


def add_cursor_key() -> None:
    """The key that positions of the feed are sealed with before a client sees them: one of each database."""
    op.add_column("feed_head", sa.Column("cursor_key", sa.LargeBinary()))
    head = sa.table("feed_head", sa.column("cursor_key", sa.LargeBinary()))
    op.execute(sa.update(head).values(cursor_key=secrets.token_bytes(32)))


def drop_cursor_key() -> None:
    """Undo `add_cursor_key`."""
    op.drop_column("feed_head", "cursor_key")


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary()),
        sa.Column("value", sa.LargeBinary()),
        sa.Column("headers", HeaderText(), nullable=False),
        sa.Column("event_id", sa.Uuid()),
        sa.Column("mission", sa.String()),
        sa.Column("type", sa.String()),
        sa.Column("subject", sa.String()),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )


def _create_feed() -> None:
    op.create_table(
        "feed",
        sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("data", sa.Text(), nullable=False),
    )
    op.create_index("ix_feed_mission_position", "feed", ["mission", "position"])
    head = op.create_table(
        "feed_head",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.Column("pruned_position", sa.BigInteger(), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "epoch": uuid4().hex[:12], "last_position": 0, "pruned_position": 0}])


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(), primary_key=True),
        sa.Column("event_id", sa.Uuid(), primary_key=True),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("processed_at", UtcDateTime(), nullable=False, index=True),
    )


def _create_idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("principal", sa.String(), primary_key=True),
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("headers", Json),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("created_at", UtcDateTime(), nullable=False, index=True),
    )


def _create_dead_letter() -> None:
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("key", sa.LargeBinary()),
        sa.Column("value", sa.LargeBinary()),
        sa.Column("headers", HeaderText(), nullable=False),
        sa.Column("mission", sa.String()),
        sa.Column("type", sa.String()),
        sa.Column("subject", sa.String()),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failed_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_dead_letter_mission_failed", "dead_letter", ["mission", "failed_at"])
    op.create_index("ix_dead_letter_consumer_state", "dead_letter", ["consumer", "state"])


def create_stored_bytes() -> None:
    """The sums of what each mission has put on record. A service's first script creates them after the plumbing."""
    op.create_table(
        "stored_bytes",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
    )


def drop_stored_bytes() -> None:
    op.drop_table("stored_bytes")


async def _run(url: str, migrations: Path, action: Callable[[Config], None]) -> None:
    def migrate(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        is_new = MigrationContext.configure(connection).get_current_revision() is None
        config = _config(migrations)
        config.attributes[_CONNECTION] = connection
        action(config)
        _record(connection, ScriptDirectory.from_config(config))
        if connection.dialect.name == "postgresql":
            protect(connection, is_new=is_new)

    await _with_connection(url, migrate)


async def _with_connection(url: str, work: Callable[[Connection], _Result]) -> _Result:
    database = Database(url, pool_size=1)
    try:
        async with database.of_every_mission("a migration changes the rows of all missions").write() as transaction:
            return await transaction.connection.run_sync(work)
    finally:
        await database.close()


def compatible_from(scripts: ScriptDirectory, revision: str) -> str:
    """The revision that a program must know to run on the schema `revision`.

    A script that only adds declares nothing. One that removes something that older programs use declares
    `compatible_from`.
    """
    passed = list(scripts.iterate_revisions(revision, "base"))
    first = passed[-1].revision
    return max(str(getattr(script.module, "compatible_from", first)) for script in passed)


def _record(connection: Connection, scripts: ScriptDirectory) -> None:
    """Record, beside Alembic's own record, which programs can run on the schema."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        RECORD.drop(connection, checkfirst=True)
        return
    RECORD.create(connection, checkfirst=True)
    connection.execute(sa.delete(RECORD))
    made = {"id": 1, "program": PROGRAM, "compatible_from": compatible_from(scripts, revision)}
    connection.execute(sa.insert(RECORD).values(made))


def _config(migrations: Path) -> Config:
    config = Config()
    # Alembic interpolates the value: a percent sign must be escaped.
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _virtual_tables(connection: Connection) -> set[str]:
    """Those of SQLite, and the tables in which it keeps what is in them: they are not declared column by column."""
    if connection.dialect.name != "sqlite":
        return set()
    kept = sa.text(
        "SELECT kept.name FROM sqlite_master AS kept JOIN sqlite_master AS virtual"
        " ON virtual.sql LIKE 'CREATE VIRTUAL TABLE%'"
        " AND (kept.name = virtual.name OR substr(kept.name, 1, length(virtual.name) + 1) = virtual.name || '_')"
    )
    return set(connection.execute(kept).scalars())


def _context(connection: Connection) -> MigrationContext:
    virtual = _virtual_tables(connection)

    def is_a_services(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        return kind != "table" or (name != RECORD.name and name not in virtual)

    return MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_a_services})
