"""The chains of audit records, as a check reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, select

from clearway_platform.audit.binding import of_chain
from clearway_platform.audit.canonical import chained
from clearway_platform.audit.links import Head, Link, Stray
from clearway_platform.audit.records import Entry, Record, RecordKind
from clearway_platform.audit.tables import HEADS, RECORDS
from clearway_platform.database.engines import Database


class AuditChains:
    """The records in the database of the keys."""

    name = "audit"

    async def heads(self, database: Database) -> Mapping[str, Head]:
        """The end of each chain. Where its row is missing, the last record is the end."""
        last = select(RECORDS.c.mission, func.max(RECORDS.c.sequence).label("sequence")).group_by(RECORDS.c.mission)
        everything = database.of_every_mission("the ends of all chains")
        async with everything.read() as connection:
            stored = {row.mission: Head(row.sequence, row.hash) for row in await connection.execute(select(HEADS))}
        found = {row.mission: Head(row.sequence, None) for row in await everything.measure(last)}
        return found | stored

    async def last(self, database: Database, mission: str) -> int:
        query = select(func.max(RECORDS.c.sequence)).where(RECORDS.c.mission == mission)
        async with of_chain(database, mission).read() as connection:
            return (await connection.execute(query)).scalar() or 0

    async def hashes(self, database: Database, mission: str, first: int, until: int, every: int) -> Sequence[str]:
        columns = RECORDS.c
        query = select(columns.hash).where(columns.mission == mission, columns.sequence.between(first, until))
        query = query.where((columns.sequence - first) % every == 0).order_by(columns.sequence)
        async with of_chain(database, mission).read() as connection:
            return (await connection.execute(query)).scalars().all()

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
