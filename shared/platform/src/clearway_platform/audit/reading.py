"""Reading the audit of a mission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from clearway_platform.audit.binding import of_chain
from clearway_platform.audit.records import Record
from clearway_platform.audit.source import record_of
from clearway_platform.audit.tables import RECORDS
from clearway_platform.database.engines import Database


@dataclass(frozen=True, slots=True)
class Wanted:
    """What narrows a list of records."""

    kind: str | None = None
    actor: str | None = None
    subject: str | None = None


async def records(
    database: Database, mission: str, wanted: Wanted, *, before: int | None, limit: int
) -> Sequence[Record]:
    """The records of a mission, the last one first."""
    columns = RECORDS.c
    query = select(RECORDS).where(columns.mission == mission).order_by(columns.sequence.desc()).limit(limit)
    for column, value in (
        (columns.kind, wanted.kind),
        (columns.actor, wanted.actor),
        (columns.subject, wanted.subject),
    ):
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(columns.sequence < before)
    async with of_chain(database, mission).read() as connection:
        return [record_of(row) for row in await connection.execute(query)]
