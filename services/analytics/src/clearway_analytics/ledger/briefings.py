"""Briefings that were handed out, as rows: each can be read again unchanged."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.storage.tables import BRIEFINGS
from clearway_platform.database.engines import insert


@dataclass(frozen=True, slots=True)
class Briefing:
    """One briefing: its canonical JSON, the hash of that, and who asked for it first."""

    mission: str
    briefing_id: UUID
    route_id: UUID
    as_of: datetime
    sha256: str
    content: str
    made_by: str
    made_at: datetime

    @classmethod
    def of(cls, mission: str, route_id: UUID, as_of: datetime, content: str, by: str, now: datetime) -> Briefing:
        """The same content has the same id: to ask twice makes one briefing."""
        digest = hashlib.sha256(content.encode()).hexdigest()
        briefing_id = uuid5(NAMESPACE_URL, f"clearway:briefing:{mission}:{digest}")
        return cls(mission, briefing_id, route_id, as_of, digest, content, by, now)


async def keep(connection: AsyncConnection, briefing: Briefing) -> Briefing:
    """Store a briefing, unless it is stored already. Returns the stored one."""
    await connection.execute(insert(connection, BRIEFINGS).values(asdict(briefing)).on_conflict_do_nothing())
    return await find(connection, briefing.mission, briefing.briefing_id) or briefing


async def find(connection: AsyncConnection, mission: str, briefing_id: UUID) -> Briefing | None:
    """One briefing of the mission, or None."""
    query = select(BRIEFINGS).where(BRIEFINGS.c.mission == mission, BRIEFINGS.c.briefing_id == briefing_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Briefing(**row._mapping)
