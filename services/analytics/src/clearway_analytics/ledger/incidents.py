"""The latest revision of every incident that was applied."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.evidence import Evidence
from clearway_analytics.tables import INCIDENTS
from clearway_platform.database.engines import on_either


def _record(new: Any) -> Any:
    later = new.on_conflict_do_update(
        index_elements=["mission", "incident_id"],
        set_={name: new.excluded[name] for name in _COLUMNS},
        where=INCIDENTS.c.revision < new.excluded.revision,
    )
    return later.returning(INCIDENTS.c.revision)


_COLUMNS: Final = tuple(column.name for column in INCIDENTS.columns)
_RECORD: Final = on_either(_record, INCIDENTS)


async def record(connection: AsyncConnection, evidence: Evidence) -> bool:
    """Keep a revision. False, and nothing changes, when the same or a later one is kept already."""
    values = {name: getattr(evidence, name) for name in _COLUMNS}
    return (await connection.execute(_RECORD[connection.dialect.name], values)).first() is not None


async def of_mission(connection: AsyncConnection, mission: str) -> Sequence[Evidence]:
    rows = await connection.execute(select(INCIDENTS).where(INCIDENTS.c.mission == mission))
    return [_evidence(row) for row in rows]


def _evidence(row: Row[Any]) -> Evidence:
    return Evidence(**row._mapping)
