"""A PostgreSQL database in a backup: pg_dump and pg_restore, which operators know, on an exported snapshot."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
from sqlalchemy.engine import URL, make_url

from clearway_platform.backup.source import END_TABLES, BackupError, Busy, End
from clearway_platform.database.binding import EVERY_MISSION, SETTING
from clearway_platform.database.schema import Schema

ENGINE: Final = "postgresql"
# Every transaction that publishes or consumes an event writes to one of these tables.
_EVENT_TABLES: Final = ("outbox", "inbox", "feed_head")
_LOCK_MILLISECONDS: Final = 2000
_CONNECT_SECONDS: Final = 20
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
_SEALED: Final = (
    "SELECT table_name FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND column_name = 'sealed_secrets'"
)
_KEYS_OF: Final = (
    "SELECT DISTINCT sealed_secrets ->> 'key' AS key FROM {table} WHERE sealed_secrets ->> 'key' IS NOT NULL"
)
_ENDS_OF: Final = "SELECT mission, sequence, hash FROM {table} ORDER BY mission"
_OTHERS: Final = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL"
)


class PostgresSource:
    """Writers are blocked by a lock on the event tables; pg_dump reads an exported snapshot."""

    engine = ENGINE

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._url = make_url(url)
        self._lock: asyncpg.Connection | None = None
        self._snapshot: asyncpg.Connection | None = None
        self._locked: tuple[str, ...] = ()
        self._id = ""

    async def open(self) -> None:
        _program("pg_dump")
        self._lock, self._snapshot = await connect(self.name, self._url), await connect(self.name, self._url)
        tables = {row["tablename"] for row in await self._lock.fetch(_TABLES)}
        if not tables:
            raise BackupError(f"Database `{self.name}` is empty: there is nothing to back up.")
        self._locked = tuple(table for table in _EVENT_TABLES if table in tables)

    async def hold(self) -> None:
        assert self._lock is not None
        assert self._snapshot is not None
        try:
            await self._lock.execute("BEGIN")
            await self._lock.execute(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
            if self._locked:
                await self._lock.execute(f"LOCK TABLE {', '.join(self._locked)} IN SHARE MODE")
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            raise Busy(f"{self.name} ({error})") from error
        await self._snapshot.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self._id = await self._snapshot.fetchval("SELECT pg_export_snapshot()")

    async def release(self) -> None:
        await _roll_back(self._lock)

    async def let_go(self) -> None:
        await _roll_back(self._lock)
        await _roll_back(self._snapshot)

    async def schema(self) -> Schema:
        assert self._snapshot is not None
        return await recorded(self._snapshot)

    async def sealed_with(self) -> Sequence[str]:
        assert self._snapshot is not None
        await self._snapshot.execute(f"SET LOCAL {SETTING} = '{EVERY_MISSION}'")
        tables = [row["table_name"] for row in await self._snapshot.fetch(_SEALED)]
        keys = [await self._snapshot.fetch(_KEYS_OF.format(table=table)) for table in tables]
        return sorted({row["key"] for rows in keys for row in rows})

    async def ends(self) -> Sequence[End]:
        assert self._snapshot is not None
        await self._snapshot.execute(f"SET LOCAL {SETTING} = '{EVERY_MISSION}'")
        tables = {row["tablename"] for row in await self._snapshot.fetch(_TABLES)}
        there = [table for table in END_TABLES if table in tables]
        rows = {table: await self._snapshot.fetch(_ENDS_OF.format(table=table)) for table in there}
        return [(table, row["mission"], row["sequence"], row["hash"]) for table in there for row in rows[table]]

    async def copy(self, file: Path) -> None:
        # Bound to every mission; without the option pg_dump refuses tables whose policies hold for its role.
        options = (
            "--enable-row-security",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={self._id}",
            f"--file={file}",
        )
        await _run(self.name, self._url, "pg_dump", *options)
        await check(self.name, file)

    async def close(self) -> None:
        for connection in (self._lock, self._snapshot):
            if connection is not None:
                await connection.close()


async def connect(name: str, url: URL) -> asyncpg.Connection:
    """Raises BackupError."""
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return await asyncpg.connect(plain, timeout=_CONNECT_SECONDS)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise BackupError(f"Database `{name}` does not answer at {url.host}: {error}") from error


async def recorded(connection: asyncpg.Connection) -> Schema:
    """The schema that a database records."""
    tables = {row["tablename"] for row in await connection.fetch(_TABLES)}
    if "alembic_version" not in tables:
        return Schema()
    revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    if "clearway_schema" not in tables:
        return Schema(revision)
    return Schema(revision, *await connection.fetchrow("SELECT program, compatible_from FROM clearway_schema"))


async def check(name: str, file: Path) -> None:
    """Read a dump through to its end. Raises BackupError."""
    await _run(name, None, "pg_restore", f"--file={os.devnull}", str(file))


async def has_tables(name: str, url: str) -> bool:
    """Whether the database has tables. Raises BackupError when it does not answer."""
    connection = await connect(name, make_url(url))
    try:
        return bool(await connection.fetch(_TABLES))
    finally:
        await connection.close()


async def require_unused(name: str, url: str) -> None:
    """Raises BackupError when there are other connections."""
    connection = await connect(name, make_url(url))
    try:
        if others := await connection.fetchval(_OTHERS):
            raise BackupError(f"Database `{name}` is in use (connections: {others}). Stop Clearway's services first.")
    finally:
        await connection.close()


async def put_back(name: str, file: Path, url: str) -> None:
    """Replace all tables of the database by those of a dump, as a feed of its own. Raises BackupError."""
    parsed = make_url(url)
    connection = await connect(name, parsed)
    try:
        async with connection.transaction():
            for row in await connection.fetch(_TABLES):
                await connection.execute(f'DROP TABLE "{row["tablename"]}" CASCADE')
        options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
        await _run(name, parsed, "pg_restore", *options, f"--dbname={parsed.database}", str(file))
        if await connection.fetchval("SELECT to_regclass('feed_head') IS NOT NULL"):
            # Positions after the backup will be assigned again, to other events: clients must see another epoch.
            await connection.execute("UPDATE feed_head SET epoch = $1", uuid4().hex[:12])
    finally:
        await connection.close()


async def _run(name: str, url: URL | None, program: str, *arguments: str) -> None:
    # The password goes in the environment: every user of the machine can see arguments.
    environment = {**os.environ, **(_variables(url) if url is not None else {})}
    process = await asyncio.create_subprocess_exec(
        _program(program),
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode != 0:
        raise BackupError(f"{program} failed for `{name}`: {said.decode(errors='replace').strip()[-1000:]}")


def _variables(url: URL) -> dict[str, str]:
    options = {name: value for name, value in url.query.items() if isinstance(value, str)}
    given = {
        "PGHOST": url.host or options.get("host"),
        "PGPORT": str(url.port) if url.port else options.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": options.get("sslmode") or options.get("ssl"),
        "PGSSLROOTCERT": options.get("sslrootcert"),
        "PGSSLCERT": options.get("sslcert"),
        "PGSSLKEY": options.get("sslkey"),
        "PGOPTIONS": f"-c {SETTING}={EVERY_MISSION}",
    }
    return {name: str(value) for name, value in given.items() if value}


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"{name} is not installed. Install PostgreSQL's client programs (Debian: postgresql-client), of the "
            "server's version or newer."
        )
    return found


async def _roll_back(connection: asyncpg.Connection | None) -> None:
    if connection is not None and connection.is_in_transaction():
        await connection.execute("ROLLBACK")
