"""How a process shows that it lives, and sees which others do not: by a lock that ends with its process.

A lease names its holder, so that the leases of a holder that is gone need not run out
(docs/adr/0046-a-fault-stays-where-it-is.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_platform.database.engines import Database
from clearway_platform.lock_file import LockFile

# A holder is gone when its lock was free for so long: one that lost its connection, which it sees when it looks next,
# has taken it again by then.
LOOK_SECONDS: Final = 0.1
GONE_SECONDS: Final = 0.4
# After its start a server gives holders so long to come back: all of them lost their locks with it.
RETURN_SECONDS: Final = 5
_CLOSE_SECONDS: Final = 1.0
_MEMORY: Final = ":memory:"

_TAKE: Final = text("SELECT pg_try_advisory_lock(:number)")
# Also shows that the connection, and with it the lock, is still there. A lock of one number is listed in two halves.
_FREE: Final = text(
    f"""
    SELECT number FROM lease_holder
    WHERE number <> :number
    AND pg_postmaster_start_time() < clock_timestamp() - interval '{RETURN_SECONDS} seconds'
    AND number NOT IN (
        SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
    """
)
_OTHERS: Final = text("SELECT number FROM lease_holder WHERE number <> :number")


class Presence(Protocol):
    """The lock of one holder."""

    async def hold(self) -> bool:
        """Take the lock, or see that it is still held. Raises what the database raises; then it is not held."""
        ...

    async def gone(self) -> AbstractSet[int]:
        """The holders that have ended. Asked while the lock is held."""
        ...

    async def end(self) -> None: ...


def presence_of(database: Database, number: int) -> Presence:
    return OnPostgresql(database, number) if database.dialect == "postgresql" else OnSqlite(database, number)


class OnPostgresql:
    """An advisory lock of a session, which the server ends with the connection."""

    def __init__(self, database: Database, number: int) -> None:
        self._database = database
        self._own = {"number": number}
        self._session: AsyncConnection | None = None
        self._free: AbstractSet[int] = frozenset()
        self._free_since: dict[int, float] = {}

    async def hold(self) -> bool:
        """A caller that is cancelled waits for the statement: to stop one, the driver opens a second connection, which
        it leaves open."""
        holding = asyncio.ensure_future(self._hold())
        try:
            return await asyncio.shield(holding)
        except asyncio.CancelledError:
            with suppress(Exception):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await holding
            raise

    async def _hold(self) -> bool:
        had_session = self._session is not None
        try:
            return await self._look()
        except Exception:
            if not had_session:
                raise
        # The connection ended, and its lock with it.
        return await self._look()

    async def _look(self) -> bool:
        try:
            if self._session is None:
                self._session = await self._database.session()
                if not (await self._session.execute(_TAKE, self._own)).scalar_one():
                    await self.end()  # the server has not noticed yet that the earlier connection ended
                    return False
            self._free = set((await self._session.execute(_FREE, self._own)).scalars())
        except BaseException:
            await self.end()
            raise
        return True

    async def gone(self) -> AbstractSet[int]:
        now = asyncio.get_running_loop().time()
        self._free_since = {number: self._free_since.get(number, now) for number in self._free}
        return {number for number, since in self._free_since.items() if now - since >= GONE_SECONDS}

    async def end(self) -> None:
        session, self._session, self._free, self._free_since = self._session, None, frozenset(), {}
        if session is not None:
            with suppress(Exception):  # it may be what ended
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await session.close()


class OnSqlite:
    """A lock file beside the database: who has it is the only holder, and every other one has ended."""

    def __init__(self, database: Database, number: int) -> None:
        self._holders = database.of_every_mission("a holder has leases of all missions")
        self._own = {"number": number}
        file = database.url.database
        self._lock = LockFile(Path(f"{file}.lock")) if file and file != _MEMORY else None
        # While the lock is held no other holder can begin.
        self._is_alone = False

    async def hold(self) -> bool:
        return self._lock is None or self._lock.take()

    async def gone(self) -> AbstractSet[int]:
        if self._is_alone:
            return frozenset()
        async with self._holders.read() as connection:
            others = set((await connection.execute(_OTHERS, self._own)).scalars())
        self._is_alone = not others
        return others

    async def end(self) -> None:
        self._is_alone = False
        if self._lock is not None:
            self._lock.release()
