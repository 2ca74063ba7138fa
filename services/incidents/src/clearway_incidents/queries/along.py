"""The incidents along a line: boxes in the database first, then the exact distance of each, in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_contracts.grid import cell_of
from clearway_incidents.domain.along import NearLine, Position
from clearway_incidents.queries.narrowing import Filter
from clearway_incidents.queries.seen import seen_sources
from clearway_incidents.storage.tables import ROUTE_LINES
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import BoundDatabase
from clearway_platform.heavy import HeavyWork


async def route_line(connection: AsyncConnection, mission: str, route_id: UUID) -> tuple[Position, ...] | None:
    """The line of a route, as this service knows it; None when it knows none."""
    columns = ROUTE_LINES.c
    query = select(columns.line).where(columns.mission == mission, columns.route_id == route_id)
    line = (await connection.execute(query)).scalar_one_or_none()
    return None if line is None else tuple((longitude, latitude) for longitude, latitude in line)


async def narrowed_along(database: BoundDatabase, heavy: HeavyWork, reader: Principal, wanted: Filter) -> Filter:
    """The filter, where it has a line narrowed to the incidents that its reader sees within the distance.

    Of one that is seen reduced the cell in which it is shown is measured, and never its point. It is asked for after
    the cursor of an answer was taken, so that no later change is missed."""
    if wanted.along is None:
        return wanted
    near = await heavy.run(NearLine, wanted.along.line, wanted.along.within_m)
    boxed = replace(wanted, along=None, boxes=near.boxes())
    rows = await database.read_apart(lambda connection: _inside(connection, reader, boxed))
    return replace(wanted, along=None, only=await heavy.run(_near, near, rows))


def _inside(connection: Connection, reader: Principal, wanted: Filter) -> Sequence[Row[Any]]:
    parts = [
        select(
            one.columns.incident_id, one.columns.longitude, one.columns.latitude, literal(whole).label("whole")
        ).where(*conditions)
        for one in seen_sources(reader, wanted)
        for whole, conditions in ((1, one.whole), (0, one.reduced))
        if conditions is not None
    ]
    return connection.execute(union_all(*parts)).all()


def _near(near: NearLine, rows: Sequence[Row[Any]]) -> tuple[UUID, ...]:
    found = []
    for incident_id, longitude, latitude, whole in map(tuple, rows):
        is_near = near.has_point(longitude, latitude) if whole else near.has_cell(cell_of(longitude, latitude))
        if is_near:
            found.append(incident_id)
    return tuple(sorted(found))
