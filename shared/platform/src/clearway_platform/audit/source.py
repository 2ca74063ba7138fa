"""The chains of audit records, as a check reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from clearway_platform.audit.binding import of_chain
from clearway_platform.audit.canonical import chained
from clearway_platform.audit.links import Link, Stray
from clearway_platform.audit.records import Entry, Record, RecordKind
from clearway_platform.audit.stored_chains import StoredChains
from clearway_platform.audit.tables import HEADS, RECORDS
from clearway_platform.database.engines import Database


class AuditChains(StoredChains):
    """The records in the database of the keys."""

    name = "audit"

    def __init__(self) -> None:
        super().__init__(RECORDS, HEADS)

    async def links(self, database: Database, mission: str, after: int, limit: int) -> Sequence[Link]:
        columns = RECORDS.c
        query = select(RECORDS).where(columns.mission == mission, columns.sequence > after)
        async with of_chain(database, mission).read() as connection:
            rows = (await connection.execute(query.order_by(columns.sequence).limit(limit))).all()
        return [_link(row) for row in rows]

    async def strays(self, database: Database, mission: str) -> Sequence[Stray]:
        """None: each record is its own link."""
        return ()


def record_of(row: Row[Any]) -> Record:
    """A stored record. Its kind stays a text where this version does not know it."""
    kind = RecordKind(row.kind) if row.kind in set(RecordKind) else row.kind
    detail = row.detail if isinstance(row.detail, dict) else {"unreadable": str(row.detail)}
    entry = Entry(row.mission, kind, row.at, row.actor, row.subject, row.request_id, detail)
    return Record(row.sequence, entry, row.previous, row.hash)


def _link(row: Row[Any]) -> Link:
    record = record_of(row)
    entry = record.entry
    name = f"{entry.kind} of {entry.at:%Y-%m-%d %H:%M:%S} UTC" + (f" ({entry.subject})" if entry.subject else "")
    return Link(record.sequence, record.previous, record.hash, chained(entry.sealed_part(), record.previous), name)
