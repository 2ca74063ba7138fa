"""One service's database: SQLite on one machine, PostgreSQL for a mission, with the same statements."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from pydantic_core import from_json
from sqlalchemy import JSON, Connection, DateTime, Dialect, Engine, NullPool, Row, Select, Table, create_engine, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator

from clearway_platform.database import sqlite_loop
from clearway_platform.database.apart import Apart
from clearway_platform.database.binding import (
    EVERY_MISSION,
    BoundConnection,
    Unbound,
    bind_next,
    bind_now,
    mission_of,
)
from clearway_platform.database.states import NewerState

Result = TypeVar("Result")
DialectName = Literal["sqlite", "postgresql"]

_TLS: Final = ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl")

_INSERTS: Final[dict[str, Callable[[Any], Any]]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

# PostgreSQL's classes of errors after which a retry may succeed: connection, serialization and deadlock, resources,
# shutdown, I/O.
TRANSIENT_STATES: Final = ("08", "40", "53", "57", "58")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on both databases. SQLite keeps no zone, so it is added back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """On SQLite the text at once, as the dialect writes it: that takes a quarter of the time, and a row may have
        six."""
        return _time_as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return value.astimezone(UTC)


def _time_as_text(value: datetime | None) -> str | None:
    return None if value is None else _in_utc(value).isoformat(" ", "microseconds")[: -len("+00:00")]


class JsonText(str):
    """A value that is JSON already, as a column of JSON stores it: what goes into two columns is written once."""

    __slots__ = ()


# JSON that PostgreSQL can index and compare.
Json = JSON().with_variant(JSONB(), "postgresql")


class Transaction:
    """One write transaction: it commits when its block ends, and rolls back when the block raises."""

    __slots__ = ("_after_commit", "_bound_to", "connection")

    def __init__(self, connection: AsyncConnection, bound_to: str) -> None:
        self.connection = connection
        self._bound_to = bound_to
        self._after_commit: list[Callable[[], None]] = []

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the transaction is durable, and never after a rollback. Repeats are called once."""
        if callback not in self._after_commit:
            self._after_commit.append(callback)

    async def turn_to(self, mission: str) -> None:
        """Bind what follows to another mission: for a batch of messages, each of which is one mission's."""
        if mission != self._bound_to:
            self._bound_to = mission_of(mission)
            if self.connection.dialect.name == "postgresql":
                await bind_now(self.connection, mission)

    def committed(self) -> None:
        for callback in self._after_commit:
            callback()


@dataclass(frozen=True, slots=True)
class _Engines:
    """The engines of one database. On PostgreSQL there is one; on SQLite `beside` is that of a thread's reads."""

    writer: AsyncEngine
    reader: AsyncEngine
    apart: Apart
    beside: Engine | None = None
    _returning: set[asyncio.Future[None]] = field(default_factory=set)

    @asynccontextmanager
    async def connection(
        self, engine: AsyncEngine, to: str | None = None, *, warns: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """A connection whose transactions are bound to a mission, to every one, or to nothing. With `warns`, and for
        every mission, its reads wait for no mission's long ones."""
        connection = await engine.connect()
        if engine.dialect.name == "postgresql":
            bind_next(connection, to)
        else:
            sqlite_loop.read_for(connection, to, ahead=warns or to == EVERY_MISSION)
        try:
            yield connection
        finally:
            await self._give_back(connection)

    async def _give_back(self, connection: AsyncConnection) -> None:
        """SQLAlchemy's context manager makes a task for it, against cancellation in between, and waits for that. On
        SQLite nothing waits. On PostgreSQL the transaction of a read ends on the server, which concerns nobody: on a
        busy loop that would keep an answer as long as a query does."""
        if connection.dialect.name == "sqlite":
            await connection.close()
            return
        returning = asyncio.ensure_future(connection.close())
        self._returning.add(returning)
        returning.add_done_callback(self._returned)

    def _returned(self, returning: asyncio.Future[None]) -> None:
        """A connection that was cut after what was read of it cannot end its transaction: the pool has dropped it."""
        self._returning.discard(returning)
        if not returning.cancelled():
            returning.exception()

    async def close(self) -> None:
        await asyncio.gather(*self._returning, return_exceptions=True)
        await asyncio.gather(self.writer.dispose(), self.reader.dispose())


class Database:
    """One database, which is used as one mission's or as that of every one: `of`, `of_every_mission`. Nothing connects
    before the first block.

    On SQLite one connection writes (the file allows one writer, and waiting for the connection is fair and has no
    time limit), others read concurrently under WAL; a commit is fsynced (`synchronous=FULL`).
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url: Final[URL] = async_url(url)
        self.dialect: Final[DialectName] = "sqlite" if self.url.get_backend_name() == "sqlite" else "postgresql"
        # An error must not contain the written values: it goes to logs and dead letters.
        options: dict[str, Any] = {"hide_parameters": True}
        options |= {"json_serializer": _dump_json, "json_deserializer": _load_json}
        apart = Apart()
        if self.dialect == "sqlite":
            if self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            writer = create_async_engine(self.url, pool_size=1, max_overflow=0, pool_timeout=3600, **options)
            # A long read keeps its connection while it waits for its thread: work that warns must find another one.
            reader = create_async_engine(self.url, pool_size=pool_size, max_overflow=4 * pool_size, **options)
            sqlite_loop.prepare(writer.sync_engine, apart, read_only=False)
            sqlite_loop.prepare(reader.sync_engine, apart, read_only=True)
            beside = create_engine(self.url.set(drivername="sqlite"), poolclass=NullPool, **options)
            self._engines = _Engines(writer, reader, apart, beside)
        else:
            server, tls = _with_tls(self.url)
            options |= {
                "pool_pre_ping": False,
                "pool_timeout": 10,
                "connect_args": {"connection_class": BoundConnection, **tls},
            }
            engine = create_async_engine(server, pool_size=pool_size, max_overflow=pool_size, **options)
            self._engines = _Engines(engine, engine, apart)

    def of(self, mission: str) -> BoundDatabase:
        """The database as one mission's: on PostgreSQL its transactions see and write rows of no other one, whatever
        their statements say. Raises Unbound for a name that is not one mission's."""
        return BoundDatabase(self._engines, mission_of(mission))

    def of_every_mission(self, why: str) -> BoundDatabase:
        """The database with the rows of all missions, for work that serves all of them: the relay, housekeeping, a
        worker that looks for what is due, a figure for the metrics. `why` is for the reader of the call. Raises Unbound
        without it. What then works for one mission is bound to that one."""
        if not why.strip():
            raise Unbound("say why this work needs the rows of every mission")
        return BoundDatabase(self._engines, EVERY_MISSION)

    async def session(self) -> AsyncConnection:
        """A connection of PostgreSQL outside the pool, for locks that end with it: each statement is a transaction of
        its own, bound to nothing. The caller closes it."""
        connection = await self._engines.writer.connect()
        try:
            bind_next(connection, None)
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.run_sync(Connection.detach)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def check(self) -> None:
        """Raise when the database does not answer. For readiness."""
        async with self._engines.connection(self._engines.reader) as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._engines.close()


class BoundDatabase:
    """A database whose transactions are bound to one mission, or to every one: made by `Database.of` and
    `Database.of_every_mission`, and the only way to a transaction."""

    __slots__ = ("_engines", "_to")

    def __init__(self, engines: _Engines, to: str) -> None:
        self._engines = engines
        self._to = to

    @asynccontextmanager
    async def read(self, *, warns: bool = False) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one consistent state and cannot write. `warns`: a warning waits for what is read, so
        that it waits for no long read of a list."""
        async with self._engines.connection(self._engines.reader, self._to, warns=warns) as connection:
            if connection.dialect.name == "postgresql":
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A write transaction. What its commit wakes runs before what follows the block: a warning leaves before the
        answer to its report is written."""
        async with self._engines.connection(self._engines.writer, self._to) as connection:
            async with connection.begin():
                transaction = Transaction(connection, self._to)
                yield transaction
            # Before the connection returns to its pool, which takes several turns of the loop: a warning must not wait.
            transaction.committed()
        await asyncio.sleep(0)

    async def measure(self, query: Select[*tuple[Any, ...]]) -> Sequence[Row[Any]]:
        """The rows of a query that reads many rows and returns few: counts for the metrics."""
        return await self.read_apart(lambda connection: connection.execute(query).all())

    async def read_apart(self, work: Callable[[Connection], Result]) -> Result:
        """The result of `work`, which reads many rows and returns few, in one consistent state. It only reads: on
        PostgreSQL it runs on the event loop, which what it makes of thousands of rows would hold.

        On SQLite it runs in a thread with its own connection, because it would block the event loop. On PostgreSQL a
        few run at once: what records and warns needs connections too.
        """
        engines = self._engines
        if engines.beside is not None:
            return await engines.apart.run(self._to, _read, engines.beside, work)
        async with engines.apart.place(self._to), self.read() as connection:
            # What is estimated to be long would be compiled first, which takes longer than it runs.
            await connection.execute(text("SET LOCAL jit = off"))
            return await connection.run_sync(work)


def async_url(url: str) -> URL:
    """The URL with the asynchronous driver that Clearway uses for its database.

    Raises ValueError for a database other than SQLite or PostgreSQL.
    """
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return parsed.set(drivername=sqlite_loop.DRIVER)
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+asyncpg")
        case other:
            raise ValueError(f"database {other!r} is not supported: use sqlite:// or postgresql://")


def _with_tls(url: URL) -> tuple[URL, dict[str, str]]:
    """The URL without libpq's parameters of TLS, such as `sslmode` and `sslrootcert`, and the options by which the
    driver gets them: it reads them in an address, as libpq does, and SQLAlchemy takes that address apart."""
    given = {name: value for name, value in url.query.items() if name.startswith(_TLS)}
    address = URL.create("postgresql", query=given).render_as_string()
    return url.difference_update_query(given), {"dsn": address} if given else {}


def insert(connection: AsyncConnection, table: Table | type[Any]) -> Any:
    """An INSERT that offers `on_conflict_do_nothing` and `on_conflict_do_update` on either database."""
    target = table if isinstance(table, Table) else table.__table__
    return _INSERTS[connection.dialect.name](target)


def on_either(build: Callable[[Any], Any], table: Table) -> dict[str, Any]:
    """A statement built once with each database's own INSERT, by the dialect's name."""
    return {name: build(make(table)) for name, make in _INSERTS.items()}


def one_or_many(rows: list[dict[str, Any]]) -> dict[str, Any] | list[dict[str, Any]]:
    """The parameters of a statement: a single row is faster without the list."""
    return rows[0] if len(rows) == 1 else rows


def is_transient(error: BaseException) -> bool:
    """Whether a retry may succeed: the database is away, busy or full, or ended a deadlock with this error; or a newer
    program wrote the state, which this one can read after an upgrade."""
    # While a server starts, it refuses connections with an error of the driver.
    state = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)
    if state is not None:
        return str(state).startswith(TRANSIENT_STATES)
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return isinstance(error, PoolTimeout | ConnectionError | TimeoutError | OSError | NewerState)


def _read(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    with engine.connect() as connection:
        for statement in ("PRAGMA query_only=ON", "BEGIN"):  # the driver begins a transaction only to write
            connection.exec_driver_sql(statement)
        return work(connection)


def _load_json(stored: str) -> Any:
    """What is no JSON is given as its text, which no reader takes for a state: so a damaged row fails where it is read,
    and not every row beside it."""
    # Not the standard library's, which takes three times as long: a third of the work for a list.
    try:
        return from_json(stored)
    except ValueError:
        return stored


_JSON: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _dump_json(value: Any) -> str:
    return value if isinstance(value, JsonText) else _JSON.encode(value)
