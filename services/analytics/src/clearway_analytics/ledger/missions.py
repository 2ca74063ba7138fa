"""Missions: their parameters, and the lock that keeps routes and incidents from missing each other.

A handler of an incident holds the mission's row shared while it finds the routes nearby; whoever registers a route
holds it alone while the incidents nearby are found. One of the two always sees the other's work.
"""

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.risk.parameters import SPARSE, Parameters
from clearway_analytics.tables import MISSIONS
from clearway_shared.database import insert

_PARAMETERS: Final = TypeAdapter(Parameters)


@dataclass(frozen=True, slots=True)
class Mission:
    """`version` is 0 for a mission that nothing is kept of yet."""

    name: str
    version: int
    parameters: Parameters


async def read(connection: AsyncConnection, name: str) -> Mission:
    """The mission as it is; with the defaults when nothing is kept of it yet."""
    return await _find(connection, name) or Mission(name, 0, SPARSE)


async def hold_shared(connection: AsyncConnection, name: str) -> Mission:
    """The mission, whose routes cannot change before the transaction ends."""
    return await _hold(connection, name, shared=True)


async def hold_alone(connection: AsyncConnection, name: str) -> Mission:
    """The mission at its next version, in which nobody else can apply an incident or change a route."""
    mission = await _hold(connection, name, shared=False)
    version = mission.version + 1
    await connection.execute(update(MISSIONS).where(MISSIONS.c.mission == name).values(version=version))
    return Mission(name, version, mission.parameters)


async def names(connection: AsyncConnection) -> list[str]:
    return list((await connection.execute(select(MISSIONS.c.mission).order_by(MISSIONS.c.mission))).scalars())


async def _hold(connection: AsyncConnection, name: str, *, shared: bool) -> Mission:
    held = await _find(connection, name, shared)
    if held is None:
        # The parameters are written down with the first sums that are made by them: a later default is not theirs.
        values = {"mission": name, "version": 0, "parameters": _PARAMETERS.dump_python(SPARSE, mode="json")}
        await connection.execute(insert(connection, MISSIONS).values(values).on_conflict_do_nothing())
        held = await _find(connection, name, shared)
    if held is None:
        raise RuntimeError("a mission's row was removed while it was being made")
    return held


async def _find(connection: AsyncConnection, name: str, shared: bool | None = None) -> Mission | None:
    """`shared`: how the row is locked; None: not at all. SQLite has one writer and needs no row locks."""
    query = select(MISSIONS.c.version, MISSIONS.c.parameters).where(MISSIONS.c.mission == name)
    if shared is not None:
        query = query.with_for_update(read=shared)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Mission(name, row.version, _PARAMETERS.validate_python(row.parameters))
