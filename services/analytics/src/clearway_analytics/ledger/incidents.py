"""The latest revision of every incident that was applied."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.evidence import Evidence
from clearway_analytics.tables import INCIDENTS
from clearway_shared.database import insert


async def record(connection: AsyncConnection, evidence: Evidence) -> bool:
    """Keep a revision. False, and nothing changes, when the same or a later one is kept already."""
    values = asdict(evidence)
    statement = insert(connection, INCIDENTS).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["mission", "incident_id"],
        set_={name: statement.excluded[name] for name in values},
        where=INCIDENTS.c.revision < statement.excluded.revision,
    ).returning(INCIDENTS.c.revision)
    return (await connection.execute(statement)).first() is not None


async def of_mission(connection: AsyncConnection, mission: str) -> Sequence[Evidence]:
    rows = await connection.execute(select(INCIDENTS).where(INCIDENTS.c.mission == mission))
    return [_evidence(row) for row in rows]


def _evidence(row: Row[Any]) -> Evidence:
    return Evidence(**row._mapping)
