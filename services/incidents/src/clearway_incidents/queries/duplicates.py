"""Incidents that may be the same event as another one, the likeliest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_contracts.geometry import Point
from clearway_contracts.vocabulary import Category, Outcome
from clearway_incidents.domain.duplicates import (
    LEAST,
    LONGEST_APART,
    LONGEST_SPAN,
    WIDEST_M,
    Compared,
    Likeness,
    likeness,
)
from clearway_incidents.queries.incidents import Found, States, found_in, known_at
from clearway_incidents.queries.narrowing import Filter
from clearway_incidents.queries.seen import SeenSource, seen_sources
from clearway_incidents.storage.tables import REVISIONS
from clearway_platform.auth.principals import Principal
from clearway_platform.database.states import State
from clearway_platform.heavy import of_each

# Of more within reach, those are compared whose spans end last: as after an import of many reports of one day.
MOST_COMPARED: Final = 2_000
MOST_SUGGESTED: Final = 20
_METRES_PER_DEGREE: Final = 111_195.0
_NEAR_A_POLE: Final = 85.0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An incident that may be the same event, and how alike the two are."""

    found: Found
    likeness: Likeness


async def duplicates(
    connection: AsyncConnection, states: States, reader: Principal, state: State, as_of: datetime | None = None
) -> Sequence[Suggestion]:
    """Live incidents that may be the same event as this one, of those whose whole the reader may see: as they are, or
    as they were on record at a time, as this one is.

    Two that name each other as related are known to be different, and are not suggested.
    """
    one = _compared_state(state)
    if one.latest - one.earliest > LONGEST_SPAN or one.uncertainty_m > WIDEST_M:
        return []
    rows = (await connection.execute(_within_reach(reader, UUID(state["incident_id"]), one, as_of))).all()
    alike = await of_each(lambda row: (likeness(one, _compared(row)), row.incident_id), rows)
    scored = {other: like for like, other in alike if like is not None and like.score >= LEAST}
    best = sorted(scored, key=lambda other: (-scored[other].score, other))
    whole = await _states(connection, states, reader, best[: 2 * MOST_SUGGESTED], as_of)
    suggested = [Suggestion(whole[other], scored[other]) for other in best if other in whole]
    return [one for one in suggested if not _are_related(state, one.found.state)][:MOST_SUGGESTED]


def _within_reach(reader: Principal, incident_id: UUID, one: Compared, as_of: datetime | None) -> Any:
    parts = (_part(source, incident_id, one) for source in seen_sources(reader, Filter(as_of=as_of)))
    found = union_all(*parts).subquery()
    return select(found).order_by(found.c.latest.desc(), found.c.incident_id).limit(MOST_COMPARED)


def _part(source: SeenSource, incident_id: UUID, one: Compared) -> Select[Any]:
    columns = source.columns
    names = ("incident_id", "longitude", "latitude", "earliest", "latest", "category", "outcome")
    known = (source.uncertainty_m.label("off"), source.exercise.label("exercise"))
    return select(*(columns[name] for name in names), *known).where(
        *source.whole,
        columns.incident_id != incident_id,
        columns.latest.between(one.earliest - LONGEST_APART, one.latest + LONGEST_APART + LONGEST_SPAN),
        columns.earliest <= one.latest + LONGEST_APART,
        *_near(columns, one.point),
    )


def _near(columns: Any, point: Point) -> list[ColumnElement[bool]]:
    """A box that holds every point within reach."""
    reach = WIDEST_M / _METRES_PER_DEGREE
    near = columns.latitude.between(point.latitude - reach, point.latitude + reach)
    if abs(point.latitude) + reach > _NEAR_A_POLE:
        return [near]
    across = reach / cos(radians(abs(point.latitude) + reach))
    west, east = point.longitude - across, point.longitude + across
    if west < -180:
        return [near, or_(columns.longitude >= west + 360, columns.longitude <= east)]
    if east > 180:
        return [near, or_(columns.longitude >= west, columns.longitude <= east - 360)]
    return [near, columns.longitude.between(west, east)]


def _compared(row: Row[Any]) -> Compared:
    return Compared(
        point=Point(coordinates=(row.longitude, row.latitude)),
        uncertainty_m=row.off,
        earliest=row.earliest,
        latest=row.latest,
        category=Category(row.category),
        outcome=Outcome(row.outcome),
        exercise=bool(row.exercise),
    )


def _compared_state(state: State) -> Compared:
    location, time = state["location"], state["time"]
    return Compared(
        point=Point(coordinates=tuple(location["point"]["coordinates"])),
        uncertainty_m=location["uncertainty_m"],
        earliest=datetime.fromisoformat(time["earliest"]),
        latest=datetime.fromisoformat(time["latest"]),
        category=Category(state["category"]),
        outcome=Outcome(state["outcome"]),
        exercise=state["exercise"],
    )


async def _states(
    connection: AsyncConnection, states: States, reader: Principal, ids: Sequence[UUID], as_of: datetime | None
) -> Mapping[UUID, Found]:
    columns = known_at(reader.mission, as_of, REVISIONS.c.incident_id.in_(ids)).c
    present = [columns.present] if "present" in columns else []
    query = select(columns.incident_id, columns.state, *present).where(
        columns.mission == reader.mission, columns.incident_id.in_(ids)
    )
    rows: Sequence[Any] = (await connection.execute(query)).all()
    found = await of_each(lambda row: found_in(row, states), rows)
    return {row.incident_id: one for row, one in zip(rows, found, strict=True)}


def _are_related(one: State, other: State) -> bool:
    return other["incident_id"] in one["links"]["related"] or one["incident_id"] in other["links"]["related"]
