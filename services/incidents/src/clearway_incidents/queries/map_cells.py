"""Incidents counted in the cells of a grid, for the database: those of a query, and those that the sums have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, false, func, literal, or_, select

from clearway_contracts.grid import CELLS_A_DEGREE
from clearway_contracts.vocabulary import HazardState
from clearway_incidents.domain.box import Box
from clearway_incidents.domain.hazard import GRAVITY
from clearway_incidents.domain.life import HARMLESS
from clearway_incidents.domain.map_grid import UNITS_A_DEGREE, Cells, Grid
from clearway_incidents.domain.map_sums import AS_SHOWN, BLOCK, BY_PLACE, block_of
from clearway_incidents.queries.narrowing import Filter, cells_of, narrowed_apart
from clearway_incidents.queries.readable import marks_in_columns
from clearway_incidents.queries.seen import Conditions, Source, seen_in
from clearway_incidents.storage.map_tables import MAP_KINDS, MAP_SUMS
from clearway_platform.auth.principals import Principal

BY_GRAVITY: Final = (*GRAVITY, *sorted(HARMLESS))
"""Every hazard state, the gravest first."""
RANKS: Final = {state: place for place, state in enumerate(BY_GRAVITY)}
# Floats, so that PostgreSQL does not count in decimals.
_A_DEGREE: Final = float(CELLS_A_DEGREE)
_UNITS: Final = float(UNITS_A_DEGREE)


@dataclass(frozen=True, slots=True)
class CellCounts:
    """What is counted: by the cells of `grid` that `box` touches, whole. So a cluster is the same wherever the box is,
    and the same from the sums. An incident that is seen reduced is counted in the middle of the cell in which it is
    shown, where the box touches that."""

    reader: Principal
    wanted: Filter
    box: Box
    grid: Grid
    dialect: str

    @property
    def shown_box(self) -> Box:
        return cells_of(self.box)

    def of(self, source: Source, sign: int = 1) -> Iterator[Select[Any]]:
        """The incidents of a source, one by one. With `sign` -1 they are taken away."""
        found = seen_in(source, self.reader, replace(self.wanted, bbox=self.grid.around(self.box)))
        columns, cells = found.columns, self.grid.touched(self.box)
        yield self._inside(self._by_place(columns, found.whole, sign), cells)
        wider = replace(self.wanted, bbox=self.grid.around(self.shown_box))
        reduced = seen_in(source, self.reader, wider).reduced
        if reduced is not None:
            yield self._inside(self._as_shown(columns, reduced, sign), self.grid.touched(self.shown_box))

    def of_sums(self) -> Iterator[Select[Any]]:
        """The same of what the sums have. They know kinds alone: `wanted` has to narrow by nothing else."""
        kinds, wanted = MAP_KINDS.c, replace(self.wanted, bbox=None)
        marks = [marks_in_columns(kinds)]
        whole, reduced = narrowed_apart(kinds, wanted, self.reader, marks, kinds.exercise)
        yield self._of_sums(0, BY_PLACE, whole, self.box)
        if reduced is not None:
            yield self._of_sums(1, AS_SHOWN, reduced, self.shown_box)

    @property
    def has_sums(self) -> bool:
        """Whether there are sums of this grid, or of a finer one."""
        return self.grid.zoom <= BY_PLACE[-1]

    def _by_place(self, columns: Any, conditions: Conditions, sign: int) -> Select[Any]:
        x, y = columns.longitude + 180.0, columns.latitude + 90.0
        return (
            select(
                *self._cell(x, y),
                _rank(columns).label("rank"),
                (literal(sign) * func.count()).label("incidents"),
                literal(0).label("reduced"),
                _sum(sign * self._whole_part(x * _UNITS)).label("x"),
                _sum(sign * self._whole_part(y * _UNITS)).label("y"),
            )
            .where(*conditions)
            .group_by("column_number", "row_number", "rank")
        )

    def _as_shown(self, columns: Any, conditions: Conditions, sign: int) -> Select[Any]:
        """Counted in the middle of the cells in which they are shown."""
        shown = (
            select(
                self._shown(columns.longitude, 180).label("x"),
                self._shown(columns.latitude, 90).label("y"),
                _rank(columns).label("rank"),
                (literal(sign) * func.count()).label("incidents"),
            )
            .where(*conditions)
            .group_by("x", "y", "rank")
            .subquery()
        ).c
        a_cell = UNITS_A_DEGREE // CELLS_A_DEGREE
        middles = [
            (one + limit * CELLS_A_DEGREE) * a_cell + a_cell // 2 for one, limit in ((shown.x, 180), (shown.y, 90))
        ]
        cells = self._cell(*(middle / _UNITS for middle in middles))
        incidents = shown.incidents
        return select(*cells, shown.rank, incidents, incidents, *(middle * incidents for middle in middles))

    def _of_sums(self, reduced: int, zooms: Sequence[int], conditions: Conditions, box: Box) -> Select[Any]:
        sums, kinds, grid = MAP_SUMS.c, MAP_KINDS.c, self.grid
        zoom = next((one for one in zooms if one >= grid.zoom), zooms[-1])
        # Closer than the finest sums a cell of them holds one middle.
        factor = 2 ** max(0, zoom - grid.zoom)
        touched = [_finer(cells, factor) for cells in Grid(min(zoom, grid.zoom)).touched(box)]
        if zoom >= grid.zoom:
            cell = [
                (sums.column_number // factor).label("column_number"),
                (sums.row_number // factor).label("row_number"),
            ]
        else:
            cell = self._cell(*((of // sums.incidents) / _UNITS for of in (sums.x, sums.y)))
        blocks = {block_of(*block) for cells in touched for block in cells.blocks(BLOCK)}
        return (
            select(
                *cell,
                _rank(kinds).label("rank"),
                sums.incidents,
                (sums.incidents * reduced).label("reduced"),
                sums.x,
                sums.y,
            )
            .join_from(MAP_SUMS, MAP_KINDS, sums.kind == kinds.kind)
            .where(
                sums.mission == self.reader.mission,
                kinds.mission == self.reader.mission,
                sums.reduced == reduced,
                sums.zoom == zoom,
                sums.block.in_(sorted(blocks)),
                _among(sums, touched),
                *conditions,
            )
        )

    def _inside(self, query: Select[Any], cells: Sequence[Cells]) -> Select[Any]:
        """Without what the box around the cells has beside them."""
        found = query.subquery()
        return select(found).where(_among(found.c, cells))

    def _cell(self, x: ColumnElement[Any], y: ColumnElement[Any]) -> list[ColumnElement[Any]]:
        """The column and the row of the grid's cell that contains a place, in degrees from the corner."""
        numbers = [self._whole_part(degrees * (1 / self.grid.side)) for degrees in (x, y)]
        return [number.label(name) for number, name in zip(numbers, ("column_number", "row_number"), strict=True)]

    def _shown(self, degrees: ColumnElement[Any], limit: int) -> ColumnElement[Any]:
        """The number of the fixed grid's cell that contains a place, as `cell_of` counts them."""
        least = limit * CELLS_A_DEGREE
        number = self._whole_part(degrees * CELLS_A_DEGREE + least) - least
        return case((number >= least, least - 1), (number / _A_DEGREE > degrees, number - 1), else_=number)

    def _whole_part(self, number: ColumnElement[Any]) -> ColumnElement[Any]:
        """Of a number that is not negative. SQLite may be built without `floor`, PostgreSQL rounds where it casts."""
        return cast(number if self.dialect == "sqlite" else func.floor(number), BigInteger)


def _finer(cells: Cells, factor: int) -> Cells:
    """The same cells in a grid whose cells are smaller."""
    return Cells(
        cells.west * factor, cells.south * factor, (cells.east + 1) * factor - 1, (cells.north + 1) * factor - 1
    )


def _among(columns: Any, touched: Sequence[Cells]) -> ColumnElement[bool]:
    return or_(
        false(),
        *(
            and_(
                columns.column_number.between(cells.west, cells.east),
                columns.row_number.between(cells.south, cells.north),
            )
            for cells in touched
        ),
    )


def _sum(numbers: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.sum(numbers), BigInteger)


def _rank(columns: Any) -> ColumnElement[int]:
    """The place of the hazard's state among all, by gravity. A state of a newer version may be anything."""
    ranks = {state.value: place for state, place in RANKS.items()}
    return case(ranks, value=columns.hazard_state, else_=RANKS[HazardState.UNKNOWN])
