"""The events of one incident that streams can still send to those who catch up."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select, update

from clearway_platform.database.engines import Transaction
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import FeedRow

_FEED: Final = table_of(FeedRow)
_EVENTS: Final = select(_FEED.c.position, _FEED.c.data).where(
    _FEED.c.mission == bindparam("in_mission"), _FEED.c.subject == bindparam("about")
)
_REWRITE: Final = update(_FEED).where(_FEED.c.position == bindparam("at"))


async def rewrite_events(
    transaction: Transaction, mission: str, incident_id: UUID, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Change the data of each. Their positions stay, so that no cursor has a gap."""
    named = {"in_mission": mission, "about": str(incident_id)}
    found = (await transaction.connection.execute(_EVENTS, named)).all()
    rows = [{"at": row.position, "data": _compact(change(json.loads(row.data)))} for row in found]
    if rows:
        await transaction.connection.execute(_REWRITE, rows)


def _compact(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)
