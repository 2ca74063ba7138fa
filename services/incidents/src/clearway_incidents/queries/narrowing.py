"""What a list is narrowed to, for the database: by what its reader asks for, and by what it may see.

A reader may not find by its filters what it may not read: of an incident that it sees reduced, the cell and the day are
compared, as they are shown, and its words find it for nobody else than those who see it whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, or_

from clearway_contracts.grid import cell_of
from clearway_contracts.vocabulary import Category, HazardState, Inclusion, LocationPrecision, Outcome, Status
from clearway_incidents.domain.along import Along
from clearway_incidents.domain.area import Ring
from clearway_incidents.domain.box import Box, places_of
from clearway_incidents.domain.life import LIVE
from clearway_incidents.domain.words import Search
from clearway_incidents.queries.among import Ids, among
from clearway_incidents.queries.readable import Marks, is_readable, is_whole
from clearway_incidents.storage.words import found_by
from clearway_platform.auth.principals import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a list is narrowed to; what is empty does not narrow. Without `status` a list shows live incidents."""

    bbox: Box | None = None
    since: datetime | None = None
    until: datetime | None = None
    begun_after: datetime | None = None
    """What `until` leaves out, for what is counted the other way round."""
    category: tuple[Category, ...] = ()
    status: tuple[Status, ...] = ()
    outcome: tuple[Outcome, ...] = ()
    hazard_state: tuple[HazardState, ...] = ()
    exercises: Inclusion = Inclusion.INCLUDE
    as_of: datetime | None = None
    text: Search | None = None
    grade: tuple[str, ...] = ()
    """B2, or B with any information, or 2 from any source."""
    precision: tuple[LocationPrecision, ...] = ()
    along: Along | None = None
    area: tuple[Ring, ...] = ()
    """Any of them. What `queries/places.py` turns into `only`, as it does `along`."""
    boxes: tuple[Box, ...] = ()
    """Any of them, beside `bbox`."""
    only: Ids | None = None
    """None but these, which were found by what is seen of them."""


def narrowed(
    columns: Any, wanted: Filter, reader: Principal, marks: Sequence[Marks], exercise: ColumnElement[Any]
) -> list[ColumnElement[bool]]:
    """What narrows a list, for a reader. `marks`: all that decide who may see a row; `exercise`: whether it is one."""
    ceiling = reader.ceiling
    exact, chosen = _conditions(columns, wanted, reader), _of_exercises(exercise, wanted.exercises)
    if ceiling.is_unlimited:
        return [*chosen, *exact]
    readable = [is_readable(one, ceiling) for one in marks]
    whole = and_(*(is_whole(one, ceiling) for one in marks))
    if wanted.text is not None:
        return [*readable, *chosen, whole, *exact]
    coarse = _coarse(wanted)
    if coarse == wanted:
        return [*readable, *chosen, *exact]
    return [*readable, *chosen, *_conditions(columns, coarse, reader), or_(~whole, and_(*exact))]


def narrowed_apart(
    columns: Any, wanted: Filter, reader: Principal, marks: Sequence[Marks], exercise: ColumnElement[Any]
) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]] | None]:
    """The same in two: the rows of which the whole is seen, and those that are seen reduced, where there can be any."""
    ceiling = reader.ceiling
    chosen = _of_exercises(exercise, wanted.exercises)
    if ceiling.is_unlimited:
        return [*chosen, *_conditions(columns, wanted, reader)], None
    whole = and_(*(is_whole(one, ceiling) for one in marks))
    readable = [*chosen, *(is_readable(one, ceiling) for one in marks)]
    seen_whole = [*_conditions(columns, wanted, reader), whole, *readable]
    if wanted.text is not None:
        return seen_whole, None
    return seen_whole, [*_conditions(columns, _coarse(wanted), reader), ~whole, *readable]


def _of_exercises(exercise: ColumnElement[Any], wanted: Inclusion) -> list[ColumnElement[bool]]:
    match wanted:
        case Inclusion.INCLUDE:
            return []
        case Inclusion.EXCLUDE:
            return [exercise.is_not(True)]
        case Inclusion.ONLY:
            return [exercise.is_(True)]


def _coarse(wanted: Filter) -> Filter:
    """The filter with its box widened to the cells, and its times to the days, that it touches."""
    box, since = wanted.bbox, wanted.since
    return replace(
        wanted,
        bbox=None if box is None else cells_of(box),
        boxes=tuple(cells_of(one) for one in wanted.boxes),
        since=since and since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        until=_end_of_day(wanted.until),
        begun_after=_end_of_day(wanted.begun_after),
    )


def _end_of_day(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(UTC).replace(hour=23, minute=59, second=59, microsecond=999_999)


def cells_of(box: Box) -> Box:
    """All cells of the fixed grid that a box touches: where those are shown who lie in it and are seen reduced."""
    first, last = (places_of(cell_of(*corner)) for corner in ((box.west, box.south), (box.east, box.north)))
    if box.west > box.east and last.east > first.west:
        return replace(box, west=-180, south=first.south, east=180, north=last.north)
    return Box(west=first.west, south=first.south, east=last.east, north=last.north)


def _conditions(columns: Any, wanted: Filter, reader: Principal) -> list[ColumnElement[bool]]:
    if wanted.along is not None or wanted.area:
        raise LookupError("what is along a line or in an area has to be found before: see queries/places.py")
    conditions: list[ColumnElement[bool]] = [columns.status.in_([item.value for item in wanted.status or sorted(LIVE)])]
    if wanted.category:
        conditions.append(columns.category.in_([word for item in wanted.category for word in item.written_as]))
    named = {name: getattr(wanted, name) for name in ("outcome", "hazard_state")}
    conditions += [columns[name].in_([item.value for item in values]) for name, values in named.items() if values]
    if wanted.since is not None:
        conditions.append(columns.latest >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.earliest <= wanted.until)
    if wanted.begun_after is not None:
        # Nothing ends before it begins: this finds the few, by an index, that the other one is looked at for.
        conditions += [columns.latest > wanted.begun_after, columns.earliest > wanted.begun_after]
    if wanted.bbox is not None:
        conditions += _inside(columns, wanted.bbox)
    if wanted.boxes:
        conditions.append(or_(*(and_(*_inside(columns, box)) for box in wanted.boxes)))
    if wanted.only is not None:
        conditions.append(among(columns.incident_id, wanted.only))
    if wanted.text is not None:
        conditions.append(columns.incident_id.in_(found_by(wanted.text, reader.mission, wanted.as_of)))
    # What is in no column comes last: what the others leave is read.
    if wanted.precision:
        precision = columns.state["location"]["precision"].as_string()
        conditions.append(precision.in_([item.value for item in wanted.precision]))
    if wanted.grade:
        conditions.append(_graded(columns.state["grading"], wanted.grade))
    return conditions


def _graded(grading: Any, wanted: Sequence[str]) -> ColumnElement[bool]:
    names = ("source_reliability", "info_credibility")
    source, information = (cast(grading[name].as_string(), Text) for name in names)
    return or_((source + information).in_(wanted), source.in_(wanted), information.in_(wanted))


def _inside(columns: Any, box: Box) -> list[ColumnElement[bool]]:
    latitude = columns.latitude.between(box.south, box.north)
    if box.west <= box.east:
        return [latitude, columns.longitude.between(box.west, box.east)]
    return [latitude, or_(columns.longitude >= box.west, columns.longitude <= box.east)]
