"""The map: each incident where they are few; where they are many, how many there are in each cell of a grid.

Both are read from one index, row for row as the reader may see them. Of an incident that is seen reduced, the place is
the cell of the fixed grid in which it is shown (`clearway_contracts.grid`), and nothing is computed from its point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
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
from clearway_incidents.domain.hazard import GRAVITY
from clearway_incidents.domain.life import HARMLESS
from clearway_incidents.domain.map_grid import Grid, grid_for
from clearway_incidents.queries.incidents import all_marks_of, at_revisions
from clearway_incidents.queries.narrowing import Box, Filter, narrowed_apart
from clearway_incidents.queries.readable import Marks, marks_in_columns, marks_in_state
from clearway_incidents.storage.tables import INCIDENTS, REVISIONS
from clearway_platform.auth.principals import Principal

# Up to here each incident is drawn: a browser draws so many symbols without a pause, and they are 60 kB, compressed.
MOST_DRAWN: Final = 2_000
BY_GRAVITY: Final = (*GRAVITY, *sorted(HARMLESS))
"""Every hazard state, the gravest first."""
_RANKS: Final = {state: place for place, state in enumerate(BY_GRAVITY)}
# A float, so that PostgreSQL does not count in decimals.
_A_DEGREE: Final = float(CELLS_A_DEGREE)

Conditions = Sequence[ColumnElement[bool]]

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


@dataclass(frozen=True, slots=True)
class _Source:
    """Incidents as they are read in one way: their columns, all their marks, and what more narrows them."""

    columns: Any
    marks: Sequence[Marks]
    exercise: ColumnElement[Any]
    uncertainty_m: ColumnElement[Any]
    conditions: Conditions = ()


def incident_map(connection: Connection, reader: Principal, wanted: Filter, zoom: int) -> IncidentMap:
    """The incidents in a box, as this reader may see them; clusters where they are more than MOST_DRAWN."""
    box = wanted.bbox or _WORLD
    width = box.east - box.west + (360 if box.west > box.east else 0)
    grid = grid_for(zoom, width, box.north - box.south)
    found = [_Found(source, reader, wanted) for source in _sources(reader.mission, wanted.as_of)]
    clusters = connection.execute(_clusters(found, grid, connection.dialect.name)).all()
    total = sum(cluster.incidents for cluster in clusters)
    if total > MOST_DRAWN:
        return IncidentMap(clusters, total, grid)
    drawn = union_all(*(part for one in found for part in one.drawn())).order_by("incident_id")
    return IncidentMap(connection.execute(drawn).all() if total else [], total, None)


def _sources(mission: str, as_of: datetime | None) -> Iterator[_Source]:
    """The incidents that this version wrote, and those that an older one wrote; as of a time those that are the same
    since, and the revisions that the others had then."""
    now, older = INCIDENTS.c, _older(mission).c
    is_current = now.marks_of == now.revision
    if as_of is None:
        yield _Source(now, [marks_in_columns(now)], now.exercise, now.uncertainty_m, [is_current])
        yield _Source(older, [marks_in_state(older)], *_stated(older))
        return
    same = [is_current, now.updated_at <= as_of]
    yield _Source(now, [marks_in_columns(now)], now.exercise, now.uncertainty_m, same)
    yield _Source(older, [marks_in_state(older)], *_stated(older), [older.updated_at <= as_of])
    then = _changed_since(mission, as_of).c
    yield _Source(then, all_marks_of(then), *_stated(then))


def _older(mission: str) -> FromClause:
    """Read first, from the index that has nothing else: SQLite would look for them through the whole map."""
    now = INCIDENTS.c
    rows = select(INCIDENTS).where(now.mission == mission, now.marks_of.is_distinct_from(now.revision))
    return rows.cte("older").prefix_with("MATERIALIZED")


def _changed_since(mission: str, as_of: datetime) -> FromClause:
    """The incidents that were changed since, as they were. Few as a rule, so each is looked up by its key."""
    now = INCIDENTS.c
    # What was made since had no revision then; of years there would be as many look-ups as incidents.
    made = select(now.incident_id).where(now.mission == mission, now.created_at > as_of)
    is_changed = (now.mission == mission) & (now.updated_at > as_of) & now.incident_id.not_in(made)
    changed = select(now.incident_id).where(is_changed).subquery()
    is_known = (REVISIONS.c.incident_id == changed.c.incident_id) & (REVISIONS.c.recorded_at <= as_of)
    last = select(func.max(REVISIONS.c.revision)).where(is_known).scalar_subquery()
    latest = select(changed.c.incident_id, last.label("revision")).subquery()
    return at_revisions(latest).cte("changed").prefix_with("MATERIALIZED")


def _stated(columns: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return columns.state["exercise"].as_boolean(), columns.state["location"]["uncertainty_m"].as_float()


class _Found:
    """The incidents of one source that a reader asks for and may see: the whole of them, or reduced."""

    def __init__(self, source: _Source, reader: Principal, wanted: Filter) -> None:
        columns = source.columns
        seen = narrowed_apart(columns, wanted, reader.ceiling, source.marks, source.exercise)
        own = [columns.mission == reader.mission, *source.conditions]
        self._source = source
        self._whole, self._reduced = ([*own, *some] if some is not None else None for some in seen)

    def drawn(self) -> Iterator[Select[Any]]:
        """Each of them, with `whole`: whether its reader sees the whole."""
        source, columns = self._source, self._source.columns
        for whole, conditions in ((1, self._whole), (0, self._reduced)):
            if conditions is not None:
                yield select(
                    *(columns[name] for name in _DRAWN),
                    source.exercise.label("exercise"),
                    source.uncertainty_m.label("uncertainty_m"),
                    literal(whole).label("whole"),
                ).where(*conditions)

    def counted(self, grid: Grid, dialect: str) -> Iterator[Select[Any]]:
        """How many there are in each cell of the grid, by the state of the hazard."""
        columns = self._source.columns
        if self._whole is not None:
            yield _counted_by_place(columns, self._whole, grid, dialect)
        if self._reduced is not None:
            yield _counted_by_shown_cell(columns, self._reduced, grid, dialect)


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


def _clusters(found: Sequence[_Found], grid: Grid, dialect: str) -> Select[*tuple[Any, ...]]:
    parts: FromClause = union_all(*(part for one in found for part in one.counted(grid, dialect))).subquery()
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
            (func.sum(of.x) / func.sum(count)).label("x"),
            (func.sum(of.y) / func.sum(count)).label("y"),
            func.min(of.west).label("west"),
            func.min(of.south).label("south"),
            func.max(of.east).label("east"),
            func.max(of.north).label("north"),
        )
        .group_by("cell")
        .order_by("cell")
    )


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
