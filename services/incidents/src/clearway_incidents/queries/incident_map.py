"""The map: each incident where they are few; where they are many, how many there are in each cell of a grid.

Both are of what `seen` finds for the reader. Of an incident that is seen reduced, the place is
the cell of the fixed grid in which it is shown (`clearway_contracts.grid`), and nothing is computed from its point.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, nextafter
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, Select, case, cast, func, literal, select, union_all

from clearway_contracts.grid import cell_of
from clearway_contracts.vocabulary import HazardState
from clearway_incidents.domain.box import Box
from clearway_incidents.domain.hazard import GRAVITY
from clearway_incidents.domain.map_grid import UNITS_A_DEGREE, Grid, grid_for
from clearway_incidents.queries.map_cells import BY_GRAVITY, RANKS, CellCounts
from clearway_incidents.queries.narrowing import Filter
from clearway_incidents.queries.seen import (
    SeenSource,
    counted_before,
    seen_sources,
    sources_of,
    uncounted,
    uncounted_source,
)
from clearway_incidents.storage.tables import INCIDENTS, UNCOUNTED
from clearway_platform.auth.principals import Principal

# Up to here each incident is drawn: a browser draws so many symbols without a pause, and they are 60 kB, compressed.
MOST_DRAWN: Final = 2_000
# Where more are not in the sums (an import, an upgrade), all are counted: that is as fast.
MOST_UNCOUNTED: Final = 5_000
# So many that began later are counted and taken away, rather than all that began before are counted.
MOST_LATER: Final = 20_000

_WORLD: Final = Box(west=-180, south=-90, east=180, north=90)
_DRAWN: Final = (
    *("incident_id", "revision", "category", "status", "hazard_state", "outcome"),
    *("earliest", "longitude", "latitude"),
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The incidents in one cell. `x` and `y` are degrees: their mean. `box` has all inside that is shown of them."""

    incidents: int
    hazardous: int
    active: int
    unknown: int
    reduced: int
    gravest: HazardState
    x: float
    y: float
    box: Box


@dataclass(frozen=True, slots=True)
class IncidentMap:
    """Incidents, or, where there is a `grid`, clusters in its cells. `total`: how many incidents these are."""

    incidents: Sequence[Row[Any]]
    clusters: Sequence[Cluster]
    total: int
    grid: Grid | None


def incident_map(connection: Connection, reader: Principal, wanted: Filter, zoom: int) -> IncidentMap:
    """The incidents in a box, as this reader may see them; clusters where more than MOST_DRAWN are in the cells that it
    touches."""
    box = wanted.bbox or _WORLD
    width = box.east - box.west + (360 if box.west > box.east else 0)
    counts = CellCounts(reader, wanted, box, grid_for(zoom, width, box.north - box.south), connection.dialect.name)
    clusters = [_cluster(row, counts.grid) for row in connection.execute(_clusters(_parts(connection, counts)))]
    total = sum(cluster.incidents for cluster in clusters)
    if total > MOST_DRAWN:
        return IncidentMap([], clusters, total, counts.grid)
    drawn = union_all(*(part for one in seen_sources(reader, wanted) for part in _drawn(one))).order_by("incident_id")
    incidents = connection.execute(drawn).all() if total else []
    return IncidentMap(incidents, [], len(incidents), None)


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


def _parts(connection: Connection, counts: CellCounts) -> Iterator[Select[Any]]:
    """What the incidents are counted from: the sums and what is not in them yet, all in one statement; or all, one by
    one."""
    mission, wanted = counts.reader.mission, counts.wanted
    if not (counts.has_sums and _are_quicker(connection, mission, wanted)):
        for source in sources_of(mission, wanted.as_of):
            yield from counts.of(source)
        return
    rows = uncounted(mission, MOST_UNCOUNTED)
    current, older = sources_of(mission, None)
    always = replace(counts, wanted=replace(wanted, until=None))
    yield from always.of_sums()
    yield from always.of(uncounted_source(rows))
    yield from always.of(older)
    yield from always.of(counted_before(mission, rows), sign=-1)
    if wanted.until is not None:
        later = replace(counts, wanted=replace(wanted, until=None, begun_after=wanted.until))
        for source in (current, older):
            yield from later.of(source, sign=-1)


def _are_quicker(connection: Connection, mission: str, wanted: Filter) -> bool:
    """Whether the sums have what a filter asks for, but for a few."""
    kinds = {
        name: getattr(wanted, name)
        for name in ("bbox", "until", "category", "status", "outcome", "hazard_state", "exercises")
    }
    until = wanted.until
    return (
        wanted == Filter(**kinds)
        and _are_few(connection, mission, UNCOUNTED, MOST_UNCOUNTED)
        and (until is None or _are_few(connection, mission, INCIDENTS.c.latest > until, MOST_LATER))
    )


def _are_few(connection: Connection, mission: str, those: ColumnElement[bool], most: int) -> bool:
    some = select(INCIDENTS.c.incident_id).where(INCIDENTS.c.mission == mission, those).limit(most + 1).subquery()
    found: int = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return found <= most


def _clusters(parts: Iterable[Select[Any]]) -> Select[*tuple[Any, ...]]:
    counted = union_all(*parts).subquery()
    of = counted.c
    # First by the state of the hazard too: only so it is known which states are there after what is taken away.
    states = (
        select(
            of.column_number,
            of.row_number,
            of.rank,
            *(cast(func.sum(of[name]), BigInteger).label(name) for name in ("incidents", "reduced", "x", "y")),
        )
        .group_by(of.column_number, of.row_number, of.rank)
        .having(func.sum(of.incidents) > 0)
        .subquery()
    ).c
    rank, count = states.rank, states.incidents

    def number(those: ColumnElement[bool]) -> ColumnElement[int]:
        return cast(func.sum(case((those, count), else_=0)), BigInteger)

    return (
        select(
            states.column_number,
            states.row_number,
            *(cast(func.sum(states[name]), BigInteger).label(name) for name in ("incidents", "reduced", "x", "y")),
            number(rank < len(GRAVITY)).label("hazardous"),
            number(rank == RANKS[HazardState.ACTIVE]).label("active"),
            number(rank == RANKS[HazardState.UNKNOWN]).label("unknown"),
            func.min(rank).label("gravest"),
        )
        .group_by(states.column_number, states.row_number)
        .order_by(states.column_number, states.row_number)
    )


def _with_shown(box: Box) -> Box:
    """With the cells in which those are shown that are seen reduced: their middles are in the box, whose eastern and
    northern sides belong to the next one."""
    first, last = cell_of(box.west, box.south), cell_of(nextafter(box.east, -inf), nextafter(box.north, -inf))
    return Box(west=first.west, south=first.south, east=last.east, north=last.north)


def _cluster(row: Row[Any], grid: Grid) -> Cluster:
    box = grid.box(row.column_number, row.row_number)
    count = row.incidents
    return Cluster(
        count,
        row.hazardous,
        row.active,
        row.unknown,
        row.reduced,
        BY_GRAVITY[row.gravest],
        # The middle of the unit, which begins at its number.
        (row.x / count + 0.5) / UNITS_A_DEGREE - 180,
        (row.y / count + 0.5) / UNITS_A_DEGREE - 90,
        _with_shown(box) if row.reduced else box,
    )
