"""The latest applied revision of every incident."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.incident_view import (
    CLEARING,
    FOUND,
    NO_HAZARD_CATEGORIES,
    NO_HAZARD_OUTCOMES,
    IncidentView,
)
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.storage.tables import INCIDENTS
from clearway_platform.database.engines import on_either, one_or_many


def _record(new: Any) -> Any:
    later = new.on_conflict_do_update(
        index_elements=["mission", "incident_id"],
        set_={name: new.excluded[name] for name in _COLUMNS},
        where=INCIDENTS.c.revision < new.excluded.revision,
    )
    return later.returning(INCIDENTS.c.incident_id)


_READ_AT_ONCE: Final = 500
_COLUMNS: Final = tuple(column.key for column in INCIDENTS.columns)
_FIELDS: Final = tuple(name for name in _COLUMNS if name != "complete_revision")
# What an older program does not store: it belongs to another revision after a change by one.
_ADDED: Final = frozenset(
    {
        *("source_reliability", "info_credibility", "activity", "latest", "updated_at"),
        *("tlp", "classification", "releasable_to"),
    }
)
_OLDER_FIELDS: Final = tuple(name for name in _FIELDS if name not in _ADDED)
SELECTED: Final = select(*(column.label(column.key) for column in INCIDENTS.columns))
_RECORD: Final = on_either(_record, INCIDENTS)


async def record(connection: AsyncConnection, incidents: Sequence[IncidentView]) -> set[UUID]:
    """Store a revision of each of the incidents. Returns the ids of those that are stored: where the same or a later
    one was there already, nothing changes."""
    rows = [
        {name: getattr(incident, name) for name in _FIELDS} | {"complete_revision": incident.revision}
        for incident in incidents
    ]
    stored = await connection.execute(_RECORD[connection.dialect.name], one_or_many(rows))
    return set(stored.scalars())


async def among(
    connection: AsyncConnection, mission: str, incidents: Sequence[UUID] | Select[Any]
) -> list[IncidentView]:
    """The incidents whose ids are given, or selected by a query."""
    query = SELECTED.where(INCIDENTS.c.mission == mission, INCIDENTS.c.incident_id.in_(incidents))
    found: list[IncidentView] = []
    # There may be very many: other work of the event loop runs between two parts.
    for rows in (await connection.execute(query)).partitions(_READ_AT_ONCE):
        found += [view(row) for row in rows]
        await asyncio.sleep(0)
    return found


async def of_mission(connection: AsyncConnection, mission: str) -> Sequence[IncidentView]:
    """All incidents of a mission."""
    rows = await connection.execute(SELECTED.where(INCIDENTS.c.mission == mission))
    return [view(row) for row in rows]


def counted(mission: Mission, since: datetime, until: datetime) -> Select[Any]:
    """The query for the number of incidents of a span that have a weight with the parameters in use."""
    weighted = [status for status, weight in mission.parameters.status_weights.items() if weight > 0]
    return select(func.count().label("incidents")).where(
        INCIDENTS.c.mission == mission.name,
        INCIDENTS.c.occurred.between(since, until),
        INCIDENTS.c.exercise.is_(False),
        INCIDENTS.c.category.not_in(NO_HAZARD_CATEGORIES),
        INCIDENTS.c.outcome.not_in(NO_HAZARD_OUTCOMES),
        or_(INCIDENTS.c.activity != CLEARING, INCIDENTS.c.outcome.not_in(FOUND)),
        INCIDENTS.c.status.in_(weighted),
    )


def view(row: Row[Any]) -> IncidentView:
    """The incident of a row that has the columns of `SELECTED`."""
    known = _FIELDS if row.complete_revision == row.revision else _OLDER_FIELDS
    fields = {name: row._mapping[name] for name in known}
    named = fields.get("releasable_to")
    return IncidentView(**fields | {"releasable_to": None if named is None else tuple(named)})
