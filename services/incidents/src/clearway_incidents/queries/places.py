"""The incidents along a line or in areas: boxes in the database first, then the exact place of each, in a thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import Connection, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_contracts.grid import Cell, cell_of
from clearway_incidents.domain.along import NearLine, Position
from clearway_incidents.domain.area import Areas
from clearway_incidents.domain.box import Box
from clearway_incidents.queries.among import Ids, listed
from clearway_incidents.queries.narrowing import Filter
from clearway_incidents.queries.seen import seen_sources
from clearway_incidents.storage.tables import ROUTE_LINES
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import BoundDatabase
from clearway_platform.heavy import HeavyWork

# An area may hold all that is on record. The driver makes rows on the event loop, and waits after so many.
_ROWS_AT_ONCE: Final = 2_000


class Ground(Protocol):
    """A part of the earth."""

    def has_point(self, longitude: float, latitude: float) -> bool: ...

    def has_cell(self, cell: Cell) -> bool:
        """Whether any place of the cell is in it."""

    def boxes(self) -> Sequence[Box]:
        """Boxes that together hold all of it."""


async def route_line(connection: AsyncConnection, mission: str, route_id: UUID) -> tuple[Position, ...] | None:
    """The line of a route, as this service knows it; None when it knows none."""
    columns = ROUTE_LINES.c
    query = select(columns.line).where(columns.mission == mission, columns.route_id == route_id)
    line = (await connection.execute(query)).scalar_one_or_none()
    return None if line is None else tuple((longitude, latitude) for longitude, latitude in line)


async def narrowed_by_place(database: BoundDatabase, heavy: HeavyWork, reader: Principal, wanted: Filter) -> Filter:
    """The filter, where it has a line or areas narrowed to the incidents that its reader sees there.

    Of one that is seen reduced the cell in which it is shown is compared, and never its point. It is asked for after
    the cursor of an answer was taken, so that no later change is missed."""
    if wanted.along is None and not wanted.area:
        return wanted
    grounds = await heavy.run(_grounds, wanted)
    placed = replace(wanted, along=None, area=())
    boxed = replace(placed, boxes=tuple(grounds[0].boxes()))
    rows = await database.read_apart(lambda connection: _inside(connection, reader, boxed))
    return replace(placed, only=await heavy.run(_found, grounds, rows))


def _grounds(wanted: Filter) -> Sequence[Ground]:
    """The line first, around which the boxes are narrow."""
    near = [] if wanted.along is None else [NearLine(wanted.along.line, wanted.along.within_m)]
    return [*near, Areas(wanted.area)] if wanted.area else near


def _inside(connection: Connection, reader: Principal, wanted: Filter) -> Sequence[tuple[Any, ...]]:
    parts = [
        select(
            one.columns.incident_id, one.columns.longitude, one.columns.latitude, literal(whole).label("whole")
        ).where(*conditions)
        for one in seen_sources(reader, wanted)
        for whole, conditions in ((1, one.whole), (0, one.reduced))
        if conditions is not None
    ]
    rows = connection.execute(union_all(*parts), execution_options={"yield_per": _ROWS_AT_ONCE})
    return [tuple(row) for row in rows]


def _found(grounds: Sequence[Ground], rows: Iterable[tuple[Any, ...]]) -> Ids:
    found = []
    for incident_id, longitude, latitude, whole in rows:
        if whole:
            is_there = all(ground.has_point(longitude, latitude) for ground in grounds)
        else:
            cell = cell_of(longitude, latitude)
            is_there = all(ground.has_cell(cell) for ground in grounds)
        if is_there:
            found.append(incident_id)
    return listed(sorted(found))
