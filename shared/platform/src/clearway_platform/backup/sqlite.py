"""A SQLite file in a backup: a service's database, the keys, or the embedded log."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from clearway_platform.backup.source import BackupError, Busy
from clearway_platform.database.schema import Schema

ENGINE: Final = "sqlite"
# Beside a file under WAL: its latest pages, and the index of them. They belong to the file that they were made for.
_COMPANIONS: Final = ("-wal", "-shm")


class SqliteSource:
    """Held by the write lock; fixed by a second connection's read transaction, which WAL keeps as it was."""

    engine = ENGINE

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path
        self._lock: sqlite3.Connection | None = None
        self._snapshot: sqlite3.Connection | None = None

    async def open(self) -> None:
        if not self._path.is_file():
            raise BackupError(f"There is no database at {self._path}. Check CLEARWAY_DATA_DIR and where this is run.")
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
    """A connection to a file that exists. It waits for nobody, and may be used by one thread after another."""
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=0, check_same_thread=False
    )


def recorded(connection: sqlite3.Connection) -> Schema:
    """The schema that is written down in a file; an empty one for the log, which has no versions."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if "alembic_version" not in tables:
        return Schema()
    (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    query = "SELECT program, compatible_from FROM clearway_schema"
    made = connection.execute(query).fetchone() if "clearway_schema" in tables else None
    return Schema(revision, *(made or ()))


def check(name: str, file: Path) -> None:
    """Look whether a copy is whole. Raises BackupError."""
    try:
        with closing(connect(file)) as connection:
            damage = connection.execute("PRAGMA integrity_check").fetchall()
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"The copy of `{name}` is damaged: {error}.") from error
    if damage != [("ok",)] or broken:
        raise BackupError(f"The copy of `{name}` is damaged: {_first(damage)} {len(broken)} broken references.")


def require_unused(name: str, path: Path) -> None:
    """Raises BackupError when somebody has the file open: under WAL each connection shares a lock while it lasts."""
    if not path.is_file():
        return
    try:
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise BackupError(f"`{name}` at {path} is in use. Stop Clearway first.") from error
    except sqlite3.DatabaseError:
        return  # what is damaged may be replaced


def put_back(file: Path, path: Path) -> None:
    """Put a copy in the place of the database at `path`, as a feed of its own. Nobody may have it open."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coming = path.with_name(path.name + ".restoring")
    coming.unlink(missing_ok=True)
    descriptor = os.open(coming, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as target, file.open("rb") as source:
        while chunk := source.read(1 << 20):
            target.write(chunk)
    with closing(connect(coming)) as connection:
        _begin_feed(connection)
    with coming.open("rb") as written:
        os.fsync(written.fileno())
    for companion in _COMPANIONS:
        path.with_name(path.name + companion).unlink(missing_ok=True)
    coming.replace(path)
    _fsync_folder(path.parent)


def _begin_feed(connection: sqlite3.Connection) -> None:
    """Positions that were given after the backup will be given again, to other events: the feed is another one."""
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
