"""Which hazards stand in a mission, read in parts of bounded size through the index that holds no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.storage.states import read_incident
from clearway_alerts.storage.tables import INCIDENT_VIEW, IS_STANDING
from clearway_alerts.storage.unreadable import RowKind, UnreadableRows, why_unreadable

# Of so many rows at most a part is made. They are read on the loop in a few milliseconds.
ROWS_AT_ONCE: Final = 200
_FIRST: Final = (UUID(int=0), 0)
_NEWER: Final = INCIDENT_VIEW.alias("newer")
_IS_NEWEST: Final = ~exists().where(
    _NEWER.c.mission == INCIDENT_VIEW.c.mission,
    _NEWER.c.incident_id == INCIDENT_VIEW.c.incident_id,
    _NEWER.c.revision > INCIDENT_VIEW.c.revision,
)
_KEY: Final = (INCIDENT_VIEW.c.incident_id, INCIDENT_VIEW.c.revision)


def _part(dialect: str) -> Select[Any]:
    after = tuple_(
        bindparam("incident", type_=INCIDENT_VIEW.c.incident_id.type),
        bindparam("revision", type_=INCIDENT_VIEW.c.revision.type),
    )
    return (
        select(*_KEY, INCIDENT_VIEW.c.incident, _IS_NEWEST.label("is_newest"))
        .where(INCIDENT_VIEW.c.mission == bindparam("mission"), IS_STANDING[dialect], tuple_(*_KEY) > after)
        .order_by(*_KEY)
        .limit(ROWS_AT_ONCE)
    )


_PART: Final = {dialect: _part(dialect) for dialect in IS_STANDING}
_NEWEST: Final = select(*_KEY, INCIDENT_VIEW.c.incident).where(
    INCIDENT_VIEW.c.mission == bindparam("mission"),
    INCIDENT_VIEW.c.incident_id.in_(bindparam("incidents", expanding=True)),
    _IS_NEWEST,
)


@dataclass(frozen=True, slots=True)
class StandingPart:
    """Incidents at their newest revision, and the key that the next part begins after; None after the last part."""

    incidents: list[IncidentView]
    last: tuple[UUID, int] | None


async def part_of_standing(
    connection: AsyncConnection, mission: str, after: tuple[UUID, int] | None, unreadable: UnreadableRows
) -> StandingPart:
    """The hazards of the mission that stand, in the order of their ids. What cannot be read is noted and left out."""
    incident, revision = after or _FIRST
    asked = {"mission": mission, "incident": incident, "revision": revision}
    rows = (await connection.execute(_PART[connection.dialect.name], asked)).all()
    found = _read([row for row in rows if row.is_newest], unreadable)
    last = (rows[-1].incident_id, rows[-1].revision) if len(rows) == ROWS_AT_ONCE else None
    return StandingPart(list(found.values()), last)


async def newest_of(
    connection: AsyncConnection, mission: str, incidents: Sequence[UUID], unreadable: UnreadableRows
) -> Mapping[UUID, IncidentView]:
    """The newest revision of each of the incidents that can be read."""
    asked = {"mission": mission, "incidents": list(incidents)}
    return _read((await connection.execute(_NEWEST, asked)).all(), unreadable)


def _read(rows: Sequence[Row[*tuple[Any, ...]]], unreadable: UnreadableRows) -> dict[UUID, IncidentView]:
    found: dict[UUID, IncidentView] = {}
    for row in rows:
        try:
            found[row.incident_id] = read_incident(row.incident)
        except Exception as error:  # whatever it is, it is about this revision alone
            unreadable.note(RowKind.INCIDENT_VIEW, (row.incident_id, row.revision), why_unreadable(error))
    return found
