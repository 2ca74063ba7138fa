"""A SQLite file in a backup: a service's database, the keys, or the embedded log."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from clearway_platform.backup.source import END_TABLES, BackupError, Busy, End
from clearway_platform.database.schema import Schema

ENGINE: Final = "sqlite"
# Companions of a file under WAL: its latest pages and their index. They belong to that file alone.
_COMPANIONS: Final = ("-wal", "-shm")
_SEALED: Final = (
    "SELECT m.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
    "WHERE m.type = 'table' AND c.name = 'sealed_secrets'"
)
_KEYS_OF: Final = (
    "SELECT DISTINCT json_extract(sealed_secrets, '$.key') FROM {table} "
    "WHERE json_extract(sealed_secrets, '$.key') IS NOT NULL"
)
_TABLES: Final = "SELECT name FROM sqlite_schema WHERE type = 'table'"
_ENDS_OF: Final = "SELECT mission, sequence, hash FROM {table} ORDER BY mission"


class SqliteSource:
    """Writers are blocked by the write lock; the read transaction of a second connection fixes the state under WAL."""

    engine = ENGINE

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path
        self._lock: sqlite3.Connection | None = None
        self._snapshot: sqlite3.Connection | None = None

    async def open(self) -> None:
        if not self._path.is_file():
            raise BackupError(
                f"There is no database at {self._path}. Name the data folder with --data or CLEARWAY_DATA_DIR."
            )
        self._lock, self._snapshot = connect(self._path), connect(self._path)

    async def hold(self) -> None:
        assert self._lock is not None
        assert self._snapshot is not None
        try:
            self._lock.execute("BEGIN IMMEDIATE")
            self._snapshot.execute("BEGIN")
            self._snapshot.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError as error:
            raise Busy(f"{self.name} ({error})") from error

    async def release(self) -> None:
        _roll_back(self._lock)

    async def let_go(self) -> None:
        _roll_back(self._lock)
        _roll_back(self._snapshot)

    async def schema(self) -> Schema:
        assert self._snapshot is not None
        return recorded(self._snapshot)

    async def sealed_with(self) -> Sequence[str]:
        assert self._snapshot is not None
        tables = [table for (table,) in self._snapshot.execute(_SEALED)]
        return sorted({key for table in tables for (key,) in self._snapshot.execute(_KEYS_OF.format(table=table))})

    async def ends(self) -> Sequence[End]:
        assert self._snapshot is not None
        tables = {table for (table,) in self._snapshot.execute(_TABLES)}
        there = [table for table in END_TABLES if table in tables]
        return [(table, *row) for table in there for row in self._snapshot.execute(_ENDS_OF.format(table=table))]

    async def copy(self, file: Path) -> None:
        await asyncio.to_thread(self._copy, file)

    async def close(self) -> None:
        for connection in (self._lock, self._snapshot):
            if connection is not None:
                connection.close()

    def _copy(self, file: Path) -> None:
        assert self._snapshot is not None
        with closing(connect(file)) as target:
            self._snapshot.backup(target)
            # One file, without companions.
            target.execute("PRAGMA journal_mode=DELETE")
        check(self.name, file)


def connect(path: Path) -> sqlite3.Connection:
    """A connection to an existing file. It does not wait for locks, and several threads may use it in turn."""
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=0, check_same_thread=False
    )


def recorded(connection: sqlite3.Connection) -> Schema:
    """The schema that a file records; an empty one for the log, which has no versions."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if "alembic_version" not in tables:
        return Schema()
    (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    query = "SELECT program, compatible_from FROM clearway_schema"
    made = connection.execute(query).fetchone() if "clearway_schema" in tables else None
    return Schema(revision, *(made or ()))


def check(name: str, file: Path) -> None:
    """Raise BackupError if a copy is damaged."""
    try:
        with closing(connect(file)) as connection:
            damage = connection.execute("PRAGMA integrity_check").fetchall()
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"The copy of `{name}` is damaged: {error}.") from error
    if damage != [("ok",)] or broken:
        raise BackupError(f"The copy of `{name}` is damaged: {_first(damage)} {len(broken)} broken references.")


def require_unused(name: str, path: Path) -> None:
    """Raises BackupError when the file is open elsewhere: under WAL every open connection holds a shared lock."""
    if not path.is_file():
        return
    try:
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise BackupError(f"`{name}` at {path} is in use. Stop Clearway first.") from error
    except sqlite3.DatabaseError:
        return  # a damaged file may be replaced


def put_back(file: Path, path: Path) -> None:
    """Replace the database at `path` by a copy, with a new feed epoch. The file must not be open anywhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coming = path.with_name(path.name + ".restoring")
    coming.unlink(missing_ok=True)
    descriptor = os.open(coming, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as target, file.open("rb") as source:
        while chunk := source.read(1 << 20):
            target.write(chunk)
    with closing(connect(coming)) as connection:
        _renew_feed_epoch(connection)
    with coming.open("rb") as written:
        os.fsync(written.fileno())
    for companion in _COMPANIONS:
        path.with_name(path.name + companion).unlink(missing_ok=True)
    coming.replace(path)
    _fsync_folder(path.parent)


def _renew_feed_epoch(connection: sqlite3.Connection) -> None:
    """Positions after the backup will be assigned again, to other events: clients must see another epoch."""
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'feed_head'").fetchone():
        connection.execute("UPDATE feed_head SET epoch = ?", (uuid4().hex[:12],))


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _roll_back(connection: sqlite3.Connection | None) -> None:
    if connection is not None and connection.in_transaction:
        connection.execute("ROLLBACK")


def _first(rows: list[Any]) -> str:
    return str(rows[0][0]) if rows else ""
