"""What a transaction is bound to: one mission, or every one. On PostgreSQL the policies of the tables read it.

It is a setting of the transaction, `clearway.mission`: it ends with it, so a connection that returns to its pool is
bound to nothing. The driver sends it with BEGIN, as one request, so it costs no time of its own.
"""

from __future__ import annotations

from typing import Any, Final

import asyncpg
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

SETTING: Final = "clearway.mission"
# No mission has this name: a key cannot be made for it, and `mission_of` refuses it.
EVERY_MISSION: Final = "*"
# A statement that reads much leaves the server's other processors to whoever else asks.
_ONE_PROCESSOR: Final = "SET LOCAL max_parallel_workers_per_gather = 0"
_REBIND: Final = select(func.set_config(SETTING, bindparam("to"), True))


class Unbound(ValueError):
    """A transaction was asked for without the name of a mission, or without the reason why it needs every one."""


def mission_of(name: str) -> str:
    """The name of one mission. Raises Unbound for none, and for what stands for all of them."""
    if not name or name == EVERY_MISSION or "\0" in name:
        raise Unbound(f"{name!r} is not the name of one mission")
    return name


class BoundConnection(asyncpg.Connection):  # type: ignore[misc] # asyncpg has no types
    """A connection of the driver that binds each transaction where it begins.

    A driver that began transactions in another way would leave them unbound: they would see nothing.
    """

    bound_to: str | None = None

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        if self.bound_to is not None and query.startswith("BEGIN"):
            query = f"{query} SET LOCAL {SETTING} = {_quoted(self.bound_to)}; {_ONE_PROCESSOR};"
        status: str = await super().execute(query, *args, timeout=timeout)
        return status


def bind_next(connection: AsyncConnection, to: str | None) -> None:
    """Bind the transactions that begin on a connection of PostgreSQL from now on; None binds them to nothing."""
    driver = connection.sync_connection.connection.driver_connection if connection.sync_connection else None
    if not isinstance(driver, BoundConnection):
        raise Unbound("this connection of PostgreSQL was not opened by Database")
    driver.bound_to = to


async def bind_now(connection: AsyncConnection, to: str) -> None:
    """Bind the transaction that runs on a connection of PostgreSQL to something else."""
    await connection.execute(_REBIND, {"to": to})


def _quoted(text: str) -> str:
    """As a literal: SET takes no parameters."""
    return "'" + text.replace("'", "''") + "'"
