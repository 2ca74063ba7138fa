"""Contaminated areas, as rows: every revision, the last of which is the present one; and the routes they touch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy import Row, Select, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.area import Area, Box, Rings
from clearway_analytics.domain.line import Stretch
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger import routes
from clearway_analytics.ledger.routes import MissionRoutes
from clearway_analytics.risk.arrays import Floats
from clearway_analytics.risk.touching import Polygons, around, box_of
from clearway_analytics.storage.states import POLYGON, stored_polygon
from clearway_analytics.storage.tables import AREAS
from clearway_platform.heavy import HeavyWork, of_each

# Between two parts of so many routes, other work uses the thread.
_ROUTES_AT_ONCE: Final = 50
_OWN: Final = ("present", "west", "south", "east", "north")
_COLUMNS: Final = tuple(column.name for column in AREAS.columns if column.name not in _OWN)


@dataclass(frozen=True, slots=True)
class TouchedArea:
    """An area that stands, and the stretches of a route's corridor that it touches, metres along the line."""

    area: Area
    stretches: Sequence[Stretch]


@dataclass(frozen=True, slots=True)
class TouchedRoute:
    """A live route, and the stretches of its corridor that polygons touch, metres along its line."""

    route: Route
    stretches: Sequence[Stretch]


async def add(connection: AsyncConnection, area: Area) -> None:
    """Store a revision as the present one; the mission is locked."""
    if area.revision > 1:
        its_rows = (AREAS.c.mission == area.mission, AREAS.c.area_id == area.area_id, AREAS.c.present.is_(True))
        await connection.execute(update(AREAS).where(*its_rows).values(present=False))
    box = dict(zip(("west", "south", "east", "north"), area.box, strict=True))
    values = asdict(area) | box | {"present": True, "polygon": stored_polygon(area.polygon)}
    await connection.execute(insert(AREAS), values)


async def find(connection: AsyncConnection, mission: str, area_id: UUID) -> Area | None:
    """The present revision of an area, or None."""
    query = _of(mission).where(AREAS.c.area_id == area_id, AREAS.c.present.is_(True))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _area(row)


async def revisions(connection: AsyncConnection, mission: str, area_id: UUID) -> list[Area]:
    """All revisions of an area, the last one first; none when the mission has no such area."""
    query = _of(mission).where(AREAS.c.area_id == area_id).order_by(AREAS.c.revision.desc())
    return [_area(row) for row in await connection.execute(query)]


def listed(mission: str, after: UUID | None, *, released: bool) -> Select[Any]:
    """The query for the areas after an id; with those that were released only where `released`."""
    query = _of(mission).where(AREAS.c.present.is_(True))
    if not released:
        query = query.where(AREAS.c.released.is_(False))
    return query if after is None else query.where(AREAS.c.area_id > after)


async def near(connection: AsyncConnection, mission: str, box: Box, *, until: datetime | None = None) -> list[Area]:
    """The areas that stand and whose bounding boxes meet `box`; `until`: as they were recorded at that moment."""
    query = _of(mission).where(AREAS.c.present.is_(True)) if until is None else _recorded_until(mission, until)
    west, south, east, north = box
    query = query.where(
        AREAS.c.released.is_(False),
        AREAS.c.west <= east,
        AREAS.c.east >= west,
        AREAS.c.south <= north,
        AREAS.c.north >= south,
    )
    return await of_each(_area, await connection.execute(query.order_by(AREAS.c.area_id)))


async def on_route(
    connection: AsyncConnection, route: Route, heavy: HeavyWork, *, until: datetime | None = None
) -> list[TouchedArea]:
    """The areas that stand and touch the route's corridor, by their first kilometre; `until`: as they were recorded at
    that moment."""
    known = await near(connection, route.mission, _box_around([route]), until=until)
    return await heavy.run(_touching, route, known) if known else []


async def number_on(connection: AsyncConnection, drawn: Sequence[Route], heavy: HeavyWork) -> dict[UUID, int]:
    """How many areas stand and touch the corridor of each of some routes of one mission, by route id."""
    known = await near(connection, drawn[0].mission, _box_around(drawn)) if drawn else []
    return await heavy.run(_numbers, drawn, known)


async def touched_routes(
    connection: AsyncConnection, mission: str, known: MissionRoutes, polygons: Sequence[Rings], heavy: HeavyWork
) -> AsyncIterator[list[TouchedRoute]]:
    """The live routes whose corridors the polygons touch, some at a time."""
    ids = await heavy.run(_near, known, polygons)
    for start in range(0, len(ids), _ROUTES_AT_ONCE):
        drawn = await routes.find_many(connection, mission, ids[start : start + _ROUTES_AT_ONCE])
        yield await heavy.run(_touched, drawn, polygons)


def _touching(route: Route, areas: Sequence[Area]) -> list[TouchedArea]:
    touched = Polygons.of([area.polygon for area in areas]).touched(route.line, route.half_width_m)
    found = [TouchedArea(areas[i], stretches) for i, stretches in touched.items()]
    return sorted(found, key=lambda one: (one.stretches[0], one.area.area_id))


def _numbers(drawn: Sequence[Route], areas: Sequence[Area]) -> dict[UUID, int]:
    polygons = Polygons.of([area.polygon for area in areas])
    return {route.route_id: len(polygons.touched(route.line, route.half_width_m)) for route in drawn}


def _near(known: MissionRoutes, polygons: Sequence[Rings]) -> list[UUID]:
    """The routes whose bounding boxes, with their corridors, a polygon touches."""
    footprints = known.footprints.values()
    boxes = np.array([footprint.box for footprint in footprints]).reshape(-1, 4)
    widths = np.array([footprint.corridor.half_width_m for footprint in footprints])
    return [known.ids[number] for number in Polygons.of(polygons).near(around(boxes, widths)).tolist()]


def _touched(drawn: Sequence[Route], polygons: Sequence[Rings]) -> list[TouchedRoute]:
    shapes = Polygons.of(polygons)
    found = [(route, shapes.touched(route.line, route.half_width_m)) for route in drawn]
    return [TouchedRoute(route, sorted(chain(*touched.values()))) for route, touched in found if touched]


def _box_around(drawn: Sequence[Route]) -> Box:
    """A bounding box of all their corridors."""
    boxes: Floats = np.concatenate([around(box_of(route.line), route.half_width_m) for route in drawn])
    (west, south), (east, north) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def area_of(row: Row[Any]) -> Area:
    """The area of a row that `listed` selects."""
    return _area(row)


def _of(mission: str) -> Select[Any]:
    return select(AREAS).where(AREAS.c.mission == mission)


def _recorded_until(mission: str, moment: datetime) -> Select[Any]:
    """The last revision that each area had at a moment."""
    last = (
        select(AREAS.c.area_id, func.max(AREAS.c.revision).label("revision"))
        .where(AREAS.c.mission == mission, AREAS.c.recorded_at <= moment)
        .group_by(AREAS.c.area_id)
        .subquery()
    )
    same = and_(AREAS.c.area_id == last.c.area_id, AREAS.c.revision == last.c.revision)
    return select(AREAS).join(last, same).where(AREAS.c.mission == mission)


def _area(row: Row[Any]) -> Area:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return Area(**{**values, "polygon": POLYGON.read(row.polygon)})
