"""The incidents that have to do with another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_incidents.domain.words import search_for_related
from clearway_incidents.queries.incidents import Found, States, all_marks_of, found_in, known_at
from clearway_incidents.queries.readable import is_readable
from clearway_incidents.storage.tables import REVISIONS
from clearway_incidents.storage.words import found_by
from clearway_platform.auth.principals import Principal
from clearway_platform.database.states import State
from clearway_platform.heavy import of_each
from clearway_platform.paging import part_of


class Relation(StrEnum):
    """What one incident is to another."""

    RELATED = "related"
    NAMED_BY = "named_by"
    MERGED_INTO = "merged_into"
    MERGED_FROM = "merged_from"


@dataclass(frozen=True, slots=True)
class Related:
    """An incident, and what it is to the one that was asked for."""

    found: Found
    relations: Sequence[Relation]


@dataclass(frozen=True, slots=True)
class RelatedPage:
    """Related incidents, and whether others follow."""

    related: Sequence[Related]
    is_last: bool


_LINKS: Final = {
    Relation.RELATED: "related",
    Relation.MERGED_FROM: "merged_from",
}


async def related(
    connection: AsyncConnection,
    states: States,
    reader: Principal,
    state: State,
    as_of: datetime | None,
    after: UUID | None,
    limit: int,
) -> RelatedPage:
    """Those of which the reader may see something, in the order of their ids: now, or as of a time, as `state` is."""
    own = UUID(state["incident_id"])
    naming = found_by(search_for_related(own), reader.mission, as_of)
    ids = sorted({UUID(other) for named in _named(state).values() for other in named} - {own})

    def are_linked(incident_id: ColumnElement[Any]) -> ColumnElement[bool]:
        return or_(incident_id.in_(ids), incident_id.in_(naming))

    columns = known_at(reader.mission, as_of, are_linked(REVISIONS.c.incident_id)).c
    present = [columns.present] if "present" in columns else []
    query = select(columns.state, columns.incident_id, *present).where(
        columns.mission == reader.mission,
        columns.incident_id != own,
        are_linked(columns.incident_id),
        *(is_readable(marks, reader.ceiling) for marks in all_marks_of(columns)),
    )
    if after is not None:
        query = query.where(columns.incident_id > after)
    part = await part_of(connection, query, ["incident_id"], heavy="state", limit=limit, newest_first=False)
    found = await of_each(lambda row: found_in(row, states), part.rows)
    return RelatedPage([Related(one, _relations(state, one.state)) for one in found], part.is_last)


def _named(state: State) -> dict[Relation, Sequence[str]]:
    """The ids that an incident names."""
    links = state["links"]
    into = links["merged_into"]
    named = {relation: links[name] for relation, name in _LINKS.items()}
    return named | {Relation.MERGED_INTO: [] if into is None else [into]}


def _relations(state: State, other: State) -> list[Relation]:
    found = [relation for relation, named in _named(state).items() if other["incident_id"] in named]
    if state["incident_id"] in other["links"]["related"]:
        found.append(Relation.NAMED_BY)
    return sorted(found)
