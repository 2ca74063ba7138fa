"""Group commit: statements that are written at the same time share one transaction and one fsync."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from clearway_platform.log.base import BrokerError, BrokerUnavailable
from clearway_platform.log.embedded.storage import connect

Result = TypeVar("Result")
Statement = Callable[[sqlite3.Connection], Result]


@dataclass(frozen=True, slots=True)
class _Pending:
    statement: Statement[Any]
    done: asyncio.Future[Any]
    on_commit: Callable[[Any], None] | None


class Journal:
    """The log's file: one thread writes and waits for the disk; reads run on the event loop.

    Under WAL no reader waits for a writer, and reading some records takes less time than handing the read to a thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = ThreadPoolExecutor(1, "clearway-log-write")
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._pending: list[_Pending] = []
        self._committing: asyncio.Future[list[Any]] | None = None

    async def open(self) -> None:
        """Raises BrokerError when the file is not a log or cannot be written."""
        loop = asyncio.get_running_loop()
        try:
            self._writer = await loop.run_in_executor(self._writing, lambda: connect(self._path, read_only=False))
            self._reader = connect(self._path, read_only=True)
        except sqlite3.Error as error:
            raise BrokerError(f"the embedded log {self._path} cannot be opened: {error}") from error

    async def close(self) -> None:
        """Finish the accepted statements, then close the file."""
        while self._committing is not None:
            await asyncio.wait([self._committing])
        if self._reader is not None:
            self._reader.close()
        if self._writer is not None:
            await asyncio.get_running_loop().run_in_executor(self._writing, self._writer.close)
        self._writing.shutdown(wait=True)
        self._reader = self._writer = None

    async def write(self, statement: Statement[Result], on_commit: Callable[[Result], None] | None = None) -> Result:
        """Run a statement in a transaction, which it may share, and return once it is on disk.

        Writes keep their order. `on_commit` is called with the result even when the caller was cancelled meanwhile.
        Raises BrokerUnavailable when the transaction did not commit.
        """
        connection, done = self._opened(self._writer), asyncio.get_running_loop().create_future()
        self._pending.append(_Pending(statement, done, on_commit))
        if self._committing is None:
            self._commit(connection)
        result: Result = await done
        return result

    async def read(self, statement: Statement[Result]) -> Result:
        """Run a statement that only reads. Raises BrokerUnavailable."""
        try:
            return statement(self._opened(self._reader))
        except sqlite3.Error as error:
            raise BrokerUnavailable(f"the embedded log {self._path}: {error}") from error

    def _commit(self, connection: sqlite3.Connection) -> None:
        """Start the transaction of all pending statements. The next one starts when it has ended."""
        batch, self._pending = self._pending, []
        statements = [pending.statement for pending in batch]
        self._committing = asyncio.get_running_loop().run_in_executor(self._writing, _commit, statements, connection)
        self._committing.add_done_callback(partial(self._committed, connection, batch))

    def _committed(
        self, connection: sqlite3.Connection, batch: Sequence[_Pending], committed: asyncio.Future[list[Any]]
    ) -> None:
        self._committing = None
        if self._pending:
            self._commit(connection)
        error = committed.exception()
        if isinstance(error, sqlite3.Error):
            error = BrokerUnavailable(f"the embedded log {self._path}: {error}")
        for number, pending in enumerate(batch):
            if error is None:
                _complete(pending, committed.result()[number])
            else:
                _fail(pending, error)

    def _opened(self, connection: sqlite3.Connection | None) -> sqlite3.Connection:
        if connection is None:
            raise BrokerUnavailable(f"the embedded log {self._path} is not open")
        return connection


def _commit(statements: Sequence[Statement[Any]], connection: sqlite3.Connection) -> list[Any]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        results = [statement(connection) for statement in statements]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results


def _complete(pending: _Pending, result: Any) -> None:
    if pending.on_commit is not None:
        pending.on_commit(result)
    if not pending.done.cancelled():
        pending.done.set_result(result)


def _fail(pending: _Pending, error: BaseException) -> None:
    if not pending.done.cancelled():
        pending.done.set_exception(error)
