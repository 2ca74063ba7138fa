"""Whether a search finds every incident."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_incidents.domain.errors import WordsNotReady
from clearway_incidents.storage.tables import INCIDENTS, UNINDEXED


async def check_indexed(connection: AsyncConnection, mission: str) -> None:
    """Raise WordsNotReady while incidents of the mission cannot be found by their words."""
    query = select(INCIDENTS.c.incident_id).where(UNINDEXED, INCIDENTS.c.mission == mission).limit(1)
    if (await connection.execute(query)).first() is not None:
        raise WordsNotReady
