"""SQLite for the event loop: statements run on the loop, and only commits, which wait for the disk, run in a thread.

A statement on a local file takes microseconds; handing it to a thread and back takes two switches of the interpreter
lock, up to milliseconds each when the loop is busy (docs/adr/0011-sqlite-on-the-loop.md).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import URL, AsyncAdaptedQueuePool, Engine, Pool, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import await_

DRIVER: Final = "sqlite+loop"
# How long another process, such as a command on this machine, may hold the file's write lock.
BUSY_SECONDS: Final = 10.0
_LOOK_AGAIN_SECONDS: Final = 0.005


class _Cursor(sqlite3.Cursor):
    async def _async_soft_close(self) -> None:
        """SQLAlchemy's asynchronous results call this at the end of a statement. Nothing waits here."""


class _Connection(sqlite3.Connection):
    writes = True

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


class LoopDialect(SQLiteDialect_pysqlite):
    """The standard driver's dialect, awaitable where SQLite waits: for the write lock and for the disk."""

    driver = "loop"
    is_async = True
    supports_statement_cache = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._disk = ThreadPoolExecutor(1, "clearway-commit")

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        return AsyncAdaptedQueuePool

    def create_connect_args(self, url: URL) -> Any:
        arguments, options = super().create_connect_args(url)
        return arguments, {**options, "factory": _Connection}

    def do_begin(self, dbapi_connection: Any) -> None:
        if dbapi_connection.writes:
            await_(_begin_writing(dbapi_connection))
        else:
            dbapi_connection.execute("BEGIN")

    def do_commit(self, dbapi_connection: Any) -> None:
        if dbapi_connection.in_transaction:
            await_(self._in_thread(dbapi_connection.commit))

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        await_(_in_place(cursor.execute, statement, parameters))

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        await_(_in_place(cursor.executemany, statement, parameters))

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        await_(_in_place(cursor.execute, statement))

    async def _in_thread(self, work: Callable[[], None]) -> None:
        """Run `work` in the thread. A cancelled caller waits for its end too, as the thread uses the connection."""
        job = self._disk.submit(work)
        try:
            await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            while not job.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([asyncio.wrap_future(job)])
            raise


async def _in_place(work: Callable[..., Any], *arguments: Any) -> None:
    """Run `work` at once. SQLAlchemy requires an awaitable."""
    work(*arguments)


async def _begin_writing(connection: sqlite3.Connection) -> None:
    """Take the file's write lock at once: a transaction that takes it later may have read outdated rows.

    Raises sqlite3.OperationalError when it is not free within BUSY_SECONDS.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + BUSY_SECONDS
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or loop.time() > deadline:
                raise
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


def prepare(engine: Engine, *, read_only: bool) -> None:
    """Set up each connection of an engine of this dialect: WAL, every commit fsynced (`synchronous=FULL`)."""

    @event.listens_for(engine, "connect")
    def configure(connection: _Connection, _record: Any) -> None:
        # The driver must not begin transactions: it begins them deferred, and their upgrade to writing can fail.
        connection.isolation_level = None
        # The driver must not wait, because it would block the event loop. The dialect waits instead.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=0"):
            connection.execute(f"PRAGMA {pragma}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
            connection.writes = False


registry.register("sqlite.loop", __name__, LoopDialect.__name__)
