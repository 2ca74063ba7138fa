"""SQLite for the event loop: statements run on the loop, but for commits, which wait for the disk, and long reads.

A statement on a local file takes microseconds; handing it to a thread and back takes two switches of the interpreter
lock, up to milliseconds each when the loop is busy (docs/adr/0011-sqlite-on-the-loop.md). So a read begins on the loop.
SQLite counts its steps; one that reaches the limit is interrupted, and repeated in a thread
(docs/adr/0044-turns-on-the-loop.md).
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

from prometheus_client import Counter
from sqlalchemy import URL, AsyncAdaptedQueuePool, Engine, Pool, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import await_

from clearway_platform.database.apart import Apart
from clearway_platform.heavy import PART_SECONDS

DRIVER: Final = "sqlite+loop"
# How long another process, such as a command on this machine, may hold the file's write lock.
BUSY_SECONDS: Final = 10.0
_LOOK_AGAIN_SECONDS: Final = 0.005

READS_APART = Counter("clearway_reads_apart", "Reads that were too long for the event loop, and continued in a thread")


# Steps of SQLite's virtual machine. A scan takes about ten for each row that it passes over.
STEPS_ON_THE_LOOP: Final = 100_000
_COUNTED_AT_ONCE: Final = 5_000
# So much of its rows a statement holds in memory. Large rows are many bytes and few steps.
AHEAD_BYTES: Final = 2_000_000
_ROWS_AT_ONCE: Final = 8
# What FTS5 does with its index is no step of the machine: a search may take long and count nothing.
_SEARCHES: Final = " MATCH "


class _Cursor(sqlite3.Cursor):
    """Its rows are read as part of the statement, so that the steps to them are counted. What is too much to be held
    is read when it is asked for."""

    connection: _Connection

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._rows: deque[Any] = deque()

    def execute(self, *statement: Any) -> _Cursor:
        super().execute(*statement)
        self._rows, left = deque(), AHEAD_BYTES
        while left > 0 and (rows := super().fetchmany(_ROWS_AT_ONCE)):
            self._rows.extend(rows)
            left -= sum(len(value) for row in rows for value in row if isinstance(value, str | bytes))
        if left <= 0:
            self.connection.interrupt_nothing()
        return self

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else super().fetchone()

    def fetchmany(self, size: int | None = None) -> list[Any]:
        wanted = size or self.arraysize
        rows = [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]
        return rows + super().fetchmany(wanted - len(rows)) if len(rows) < wanted else rows

    def fetchall(self) -> list[Any]:
        rows, self._rows = list(self._rows), deque()
        return rows + super().fetchall()

    async def _async_soft_close(self) -> None:
        """SQLAlchemy's asynchronous results call this at the end of a statement. Nothing waits here."""


class _Connection(sqlite3.Connection):
    """`mission`: the one for which it reads now, or what stands for all. `ahead`: whether it waits for no mission's
    long reads. `apart`: where its own continue."""

    writes = True
    mission: str | None = None
    ahead = False
    apart: Apart
    _steps = 0
    _turn_began = 0.0
    _limit = STEPS_ON_THE_LOOP

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)

    def count_steps(self) -> None:
        """Count from now on, and interrupt a read at the limit."""
        self.set_progress_handler(self._counted, _COUNTED_AT_ONCE)

    def interrupt_nothing(self) -> None:
        """Until the next statement: what has given rows cannot be repeated."""
        self._limit = sys.maxsize

    def _counted(self) -> bool:
        self._steps += _COUNTED_AT_ONCE
        return self._steps > self._limit

    async def run(self, work: Callable[..., Any], statement: str, *parameters: Any) -> None:
        """Run a statement on the loop, or, when it is a long read or a search, from its beginning in a thread.

        An interrupted write would roll its transaction back, so only reads are interrupted.
        """
        is_read = not self.writes or statement.startswith("SELECT")
        if is_read and _SEARCHES in statement:
            await self._continue_apart(work, statement, *parameters)
            return
        self._limit = self._steps + STEPS_ON_THE_LOOP if is_read else sys.maxsize
        try:
            work(statement, *parameters)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT or self._steps <= self._limit:
                raise
        else:
            await self._give_way()
            return
        self._steps = 0
        await self._continue_apart(work, statement, *parameters)

    def begin_turn(self) -> None:
        """A transaction begins, and with it its time on the loop."""
        self._turn_began = time.perf_counter()

    async def _give_way(self) -> None:
        """Several statements of one task, each short, hold the loop no longer than one. A transaction that writes may
        have thousands, with as much work between them."""
        is_long = self.writes and time.perf_counter() - self._turn_began >= PART_SECONDS
        if is_long or self._steps >= STEPS_ON_THE_LOOP:
            self._steps = 0
            await asyncio.sleep(0)
            self.begin_turn()

    async def _continue_apart(self, work: Callable[..., Any], *arguments: Any) -> None:
        """A caller that is cancelled ends the statement, and waits for its end, as the thread uses the connection."""
        READS_APART.inc()
        self.set_progress_handler(None, 0)
        reading = asyncio.ensure_future(self._apart(work, *arguments))
        try:
            await asyncio.shield(reading)
        except asyncio.CancelledError:
            while not reading.done():
                self.interrupt()
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([reading], timeout=_LOOK_AGAIN_SECONDS)
            raise
        finally:
            self.count_steps()

    async def _apart(self, work: Callable[..., Any], *arguments: Any) -> None:
        """Everyone who writes waits for a transaction that writes, so that one waits for no mission's long reads."""
        if self.writes or self.ahead:
            await self.apart.run_ahead(work, *arguments)
        else:
            await self.apart.run(self.mission, work, *arguments)


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
        dbapi_connection.begin_turn()

    def do_commit(self, dbapi_connection: Any) -> None:
        if dbapi_connection.in_transaction:
            await_(self._in_thread(dbapi_connection.commit))

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        await_(cursor.connection.run(cursor.execute, statement, parameters))

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        await_(cursor.connection.run(cursor.executemany, statement, parameters))

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        await_(cursor.connection.run(cursor.execute, statement))

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


def prepare(engine: Engine, apart: Apart, *, read_only: bool) -> None:
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
        connection.apart = apart
        connection.count_steps()


def read_for(connection: AsyncConnection, mission: str | None, *, ahead: bool) -> None:
    """Say for whom a connection of this dialect reads from now on, and whether it waits for no mission's long reads."""
    if connection.sync_connection is not None:
        raw: Any = connection.sync_connection.connection.dbapi_connection
        raw.mission, raw.ahead = mission, ahead


registry.register("sqlite.loop", __name__, LoopDialect.__name__)
