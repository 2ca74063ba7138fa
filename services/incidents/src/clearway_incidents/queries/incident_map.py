"""The map: each incident where they are few; where they are many, how many there are in each cell of a grid.

Both are of what `seen` finds for the reader. Of an incident that is seen reduced, the place is
the cell of the fixed grid in which it is shown (`clearway_contracts.grid`), and nothing is computed from its point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)

from clearway_contracts.grid import CELLS_A_DEGREE
from clearway_contracts.vocabulary import HazardState
from clearway_incidents.domain.box import Box
from clearway_incidents.domain.hazard import GRAVITY
from clearway_incidents.domain.life import HARMLESS
from clearway_incidents.domain.map_grid import Grid, grid_for
from clearway_incidents.queries.narrowing import Filter
from clearway_incidents.queries.seen import Conditions, SeenSource, seen_sources
from clearway_platform.auth.principals import Principal

# Up to here each incident is drawn: a browser draws so many symbols without a pause, and they are 60 kB, compressed.
MOST_DRAWN: Final = 2_000
BY_GRAVITY: Final = (*GRAVITY, *sorted(HARMLESS))
"""Every hazard state, the gravest first."""
_RANKS: Final = {state: place for place, state in enumerate(BY_GRAVITY)}
# A float, so that PostgreSQL does not count in decimals.
_A_DEGREE: Final = float(CELLS_A_DEGREE)

# A degree of so little is less than the width of an atom.
_NOTHING: Final = 1e-12

_WORLD: Final = Box(west=-180, south=-90, east=180, north=90)
_DRAWN: Final = (
    *("incident_id", "revision", "category", "status", "hazard_state", "outcome"),
    *("earliest", "longitude", "latitude"),
)


@dataclass(frozen=True, slots=True)
class IncidentMap:
    """Rows of clusters, counted in the cells of `grid`; where it is None, rows of incidents. `total` is the number of
    incidents, which no form leaves out."""

    rows: Sequence[Row[Any]]
    total: int
    grid: Grid | None


def incident_map(connection: Connection, reader: Principal, wanted: Filter, zoom: int) -> IncidentMap:
    """The incidents in a box, as this reader may see them; clusters where they are more than MOST_DRAWN."""
    box = wanted.bbox or _WORLD
    width = box.east - box.west + (360 if box.west > box.east else 0)
    grid = grid_for(zoom, width, box.north - box.south)
    found = list(seen_sources(reader, wanted))
    clusters = connection.execute(_clusters(found, grid, connection.dialect.name)).all()
    total = sum(cluster.incidents for cluster in clusters)
    if total > MOST_DRAWN:
        return IncidentMap(clusters, total, grid)
    drawn = union_all(*(part for one in found for part in _drawn(one))).order_by("incident_id")
    return IncidentMap(connection.execute(drawn).all() if total else [], total, None)


def _drawn(one: SeenSource) -> Iterator[Select[Any]]:
    """Each of them, with `whole`: whether its reader sees the whole."""
    for whole, conditions in ((1, one.whole), (0, one.reduced)):
        if conditions is not None:
            yield select(
                *(one.columns[name] for name in _DRAWN),
                one.exercise.label("exercise"),
                one.uncertainty_m.label("uncertainty_m"),
                literal(whole).label("whole"),
            ).where(*conditions)


def _counted(one: SeenSource, grid: Grid, dialect: str) -> Iterator[Select[Any]]:
    """How many there are in each cell of the grid, by the state of the hazard."""
    yield _counted_by_place(one.columns, one.whole, grid, dialect)
    if one.reduced is not None:
        yield _counted_by_shown_cell(one.columns, one.reduced, grid, dialect)


def _counted_by_place(columns: Any, conditions: Conditions, grid: Grid, dialect: str) -> Select[Any]:
    x, y = columns.longitude, columns.latitude
    return (
        select(
            (_cell(x, y, grid, dialect) * len(BY_GRAVITY) + _rank(columns)).label("part"),
            func.count().label("incidents"),
            literal(0).label("reduced"),
            func.sum(x).label("x"),
            func.sum(y).label("y"),
            func.min(x).label("west"),
            func.min(y).label("south"),
            func.max(x).label("east"),
            func.max(y).label("north"),
        )
        .where(*conditions)
        .group_by("part")
    )


def _counted_by_shown_cell(columns: Any, conditions: Conditions, grid: Grid, dialect: str) -> Select[Any]:
    """Counted in the middle of the cells in which they are shown."""
    shown = (
        select(
            _shown(columns.longitude, 180, dialect).label("column_number"),
            _shown(columns.latitude, 90, dialect).label("row_number"),
            _rank(columns).label("rank"),
            func.count().label("incidents"),
        )
        .where(*conditions)
        .group_by("column_number", "row_number", "rank")
        .subquery()
    )
    column, row, incidents = shown.c.column_number, shown.c.row_number, shown.c.incidents
    x, y = (column + 0.5) / _A_DEGREE, (row + 0.5) / _A_DEGREE
    return select(
        _cell(x, y, grid, dialect) * len(BY_GRAVITY) + shown.c.rank,
        incidents,
        incidents,
        x * incidents,
        y * incidents,
        column / _A_DEGREE,
        row / _A_DEGREE,
        (column + 1) / _A_DEGREE,
        (row + 1) / _A_DEGREE,
    )


def _clusters(found: Sequence[SeenSource], grid: Grid, dialect: str) -> Select[*tuple[Any, ...]]:
    parts: FromClause = union_all(*(part for one in found for part in _counted(one, grid, dialect))).subquery()
    of, count = parts.c, parts.c.incidents

    # One number stands for the cell and the state of the hazard: both databases sort numbers faster than words.
    cell, rank = of.part // len(BY_GRAVITY), of.part % len(BY_GRAVITY)

    def number(those: ColumnElement[bool]) -> ColumnElement[int]:
        return cast(func.sum(case((those, count), else_=0)), BigInteger)

    return (
        select(
            cast(func.sum(count), BigInteger).label("incidents"),
            number(rank < len(GRAVITY)).label("hazardous"),
            number(rank == _RANKS[HazardState.ACTIVE]).label("active"),
            number(rank == _RANKS[HazardState.UNKNOWN]).label("unknown"),
            cell.label("cell"),
            cast(func.sum(of.reduced), BigInteger).label("reduced"),
            func.min(rank).label("gravest"),
            _mean(of.x, count).label("x"),
            _mean(of.y, count).label("y"),
            func.min(of.west).label("west"),
            func.min(of.south).label("south"),
            func.max(of.east).label("east"),
            func.max(of.north).label("north"),
        )
        .group_by("cell")
        .order_by("cell")
    )


def _mean(degrees: ColumnElement[Any], count: ColumnElement[int]) -> ColumnElement[Any]:
    """PostgreSQL refuses to divide what is nearly nothing: the quotient would be less than a number can be."""
    total = func.sum(degrees)
    return case((func.abs(total) < _NOTHING, 0.0), else_=total / func.sum(count))


def _rank(columns: Any) -> ColumnElement[int]:
    """The place of the hazard's state among all, by gravity. A state of a newer version may be anything."""
    ranks = {state.value: place for state, place in _RANKS.items()}
    return case(ranks, value=columns.hazard_state, else_=_RANKS[HazardState.UNKNOWN])


def _cell(x: ColumnElement[Any], y: ColumnElement[Any], grid: Grid, dialect: str) -> ColumnElement[Any]:
    """The number of the grid's cell that contains a place."""
    column, row = ((degrees + limit) * (1 / grid.side) for degrees, limit in ((x, 180.0), (y, 90.0)))
    return _whole_part(column, dialect) * grid.rows + _whole_part(row, dialect)


def _shown(degrees: ColumnElement[Any], limit: int, dialect: str) -> ColumnElement[Any]:
    """The number of the fixed grid's cell that contains a place, as `cell_of` counts them."""
    least = limit * CELLS_A_DEGREE
    number = _whole_part(degrees * CELLS_A_DEGREE + least, dialect) - least
    return case((number >= least, least - 1), (number / _A_DEGREE > degrees, number - 1), else_=number)


def _whole_part(number: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Of a number that is not negative. SQLite may be built without `floor`, and PostgreSQL rounds where it casts."""
    return cast(number if dialect == "sqlite" else func.floor(number), BigInteger)
