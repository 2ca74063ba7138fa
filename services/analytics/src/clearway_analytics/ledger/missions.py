"""Missions: their parameters, and the lock under which every other row of a mission is changed.

A transaction that applies an incident, registers a route or publishes a risk locks the mission's row until it ends.
So a route that is registered while incidents arrive misses none, and no two transactions change the same sums. There
is one lock for a mission and not one for each route: a consumer applies many incidents in one transaction, and two such
transactions that lock the same routes in different orders would wait for each other.
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
    MISSIONS.c.version,
    MISSIONS.c.parameters_revision,
    MISSIONS.c.gain,
    cast(MISSIONS.c.parameters, Text).label("parameters"),
).where(MISSIONS.c.mission == bindparam("mission"))
# SQLite has one writer, and no row locks.
_LOCK: Final = _FIND.with_for_update()


@dataclass(frozen=True, slots=True)
class Mission:
    """A mission, its parameters in use and its corridor gain. `version` grows with each change of its routes; 0: it has
    no row yet."""

    name: str
    version: int
    parameters: Parameters
    parameters_revision: int = FIRST_PARAMETERS
    gain: float = 1.0


async def read(connection: AsyncConnection, name: str) -> Mission:
    """The mission; with the default parameters when it has no row yet."""
    return await _find(connection, _FIND, name) or Mission(name, 0, SPARSE)


async def lock(connection: AsyncConnection, name: str) -> Mission:
    """The mission, locked: no other transaction changes anything of it before this one ends."""
    locked = await _find(connection, _LOCK, name)
    if locked is None:
        # The parameters are stored before the first sums are computed with them: a later default must not apply here.
        values = {"mission": name, "version": 0, "parameters": PARAMETERS.write(SPARSE)}
        await connection.execute(insert(connection, MISSIONS).values(values).on_conflict_do_nothing())
        locked = await _find(connection, _LOCK, name)
    if locked is None:
        raise RuntimeError("a mission's row was deleted after it was inserted")
    return locked


async def lock_next(connection: AsyncConnection, name: str) -> Mission:
    """The mission, locked, with its next version: the caller changes a route."""
    locked = await lock(connection, name)
    version = locked.version + 1
    await connection.execute(update(MISSIONS).where(MISSIONS.c.mission == name).values(version=version))
    return replace(locked, version=version)


async def use(connection: AsyncConnection, mission: Mission) -> None:
    """Store the mission's parameters as those in use. The mission is locked, and its sums are computed with them."""
    values = {
        "parameters": PARAMETERS.write(mission.parameters),
        "parameters_revision": mission.parameters_revision,
    }
    await connection.execute(update(MISSIONS).where(MISSIONS.c.mission == mission.name).values(values))


async def names(connection: AsyncConnection) -> list[str]:
    """The names of all missions that have a row."""
    return list((await connection.execute(select(MISSIONS.c.mission).order_by(MISSIONS.c.mission))).scalars())


async def _find(connection: AsyncConnection, query: Select[Any], name: str) -> Mission | None:
    row = (await connection.execute(query, {"mission": name})).one_or_none()
    if row is None:
        return None
    return Mission(name, row.version, _read(row.parameters), row.parameters_revision, row.gain)


@lru_cache(maxsize=1024)
def _read(parameters: str) -> Parameters:
    """Cached: the text stays the same until a person changes the parameters."""
    return PARAMETERS.read(from_json(parameters))
