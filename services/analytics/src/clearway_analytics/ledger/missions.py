"""Missions: their parameters, and the lock under which all that is kept of one is changed.

A transaction that applies an incident, registers a route or announces a risk holds the mission's row until its end.
So a route that is registered while incidents arrive misses none, and sums are never changed by two at once. One lock
a mission, and not one a route: a consumer applies many incidents in one transaction, and two of those that locked
routes as they came to them would wait for each other.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import Select, Text, bindparam, cast, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.risk.parameters import SPARSE, Parameters
from clearway_analytics.storage.states import PARAMETERS
from clearway_analytics.storage.tables import MISSIONS
from clearway_platform.database.engines import insert

FIRST_PARAMETERS: Final = 1

_FIND: Final = select(
    MISSIONS.c.version, MISSIONS.c.parameters_revision, cast(MISSIONS.c.parameters, Text).label("parameters")
).where(MISSIONS.c.mission == bindparam("mission"))
# SQLite has one writer, and takes no row locks.
_HOLD: Final = _FIND.with_for_update()


@dataclass(frozen=True, slots=True)
class Mission:
    """`version` is 0 for a mission that nothing is kept of yet. The parameters are those in use."""

    name: str
    version: int
    parameters: Parameters
    parameters_revision: int = FIRST_PARAMETERS


async def read(connection: AsyncConnection, name: str) -> Mission:
    """The mission as it is; with the defaults when nothing is kept of it yet."""
    return await _find(connection, _FIND, name) or Mission(name, 0, SPARSE)


async def hold(connection: AsyncConnection, name: str) -> Mission:
    """The mission, which no other transaction changes before this one ends."""
    held = await _find(connection, _HOLD, name)
    if held is None:
        # The parameters are written down with the first sums that are made by them: a later default is not theirs.
        values = {"mission": name, "version": 0, "parameters": PARAMETERS.write(SPARSE)}
        await connection.execute(insert(connection, MISSIONS).values(values).on_conflict_do_nothing())
        held = await _find(connection, _HOLD, name)
    if held is None:
        raise RuntimeError("a mission's row was removed while it was being made")
    return held


async def hold_next(connection: AsyncConnection, name: str) -> Mission:
    """The mission, held, at its next version: its routes are about to change."""
    held = await hold(connection, name)
    version = held.version + 1
    await connection.execute(update(MISSIONS).where(MISSIONS.c.mission == name).values(version=version))
    return replace(held, version=version)


async def use(connection: AsyncConnection, mission: Mission) -> None:
    """Keep the mission's parameters as those in use; the mission is held, and its risks are made by them."""
    values = {
        "parameters": PARAMETERS.write(mission.parameters),
        "parameters_revision": mission.parameters_revision,
    }
    await connection.execute(update(MISSIONS).where(MISSIONS.c.mission == mission.name).values(values))


async def names(connection: AsyncConnection) -> list[str]:
    return list((await connection.execute(select(MISSIONS.c.mission).order_by(MISSIONS.c.mission))).scalars())


async def _find(connection: AsyncConnection, query: Select[Any], name: str) -> Mission | None:
    row = (await connection.execute(query, {"mission": name})).one_or_none()
    return None if row is None else Mission(name, row.version, _read(row.parameters), row.parameters_revision)


@lru_cache(maxsize=1024)
def _read(parameters: str) -> Parameters:
    """They are the same text every time until a person changes them, and are validated once."""
    return PARAMETERS.read(from_json(parameters))
