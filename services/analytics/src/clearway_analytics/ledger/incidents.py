"""The latest revision of every incident that was applied."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.incident_view import IncidentView
from clearway_analytics.storage.tables import INCIDENTS
from clearway_platform.database.engines import on_either


def _record(new: Any) -> Any:
    later = new.on_conflict_do_update(
        index_elements=["mission", "incident_id"],
        set_={name: new.excluded[name] for name in _COLUMNS},
        where=INCIDENTS.c.revision < new.excluded.revision,
    )
    return later.returning(INCIDENTS.c.revision)


_COLUMNS: Final = tuple(column.key for column in INCIDENTS.columns)
_ALL: Final = select(*(column.label(column.key) for column in INCIDENTS.columns))
_RECORD: Final = on_either(_record, INCIDENTS)


async def record(connection: AsyncConnection, incident: IncidentView) -> bool:
    """Keep a revision. False, and nothing changes, when the same or a later one is kept already."""
    values = {name: getattr(incident, name) for name in _COLUMNS}
    return (await connection.execute(_RECORD[connection.dialect.name], values)).first() is not None


async def of_mission(connection: AsyncConnection, mission: str) -> Sequence[IncidentView]:
    rows = await connection.execute(_ALL.where(INCIDENTS.c.mission == mission))
    return [_view(row) for row in rows]


def _view(row: Row[Any]) -> IncidentView:
    return IncidentView(**row._mapping)
