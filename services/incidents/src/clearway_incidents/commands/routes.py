"""Keep the lines of the mission's routes, as analytics last registered them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from clearway_incidents.storage.tables import ROUTE_LINES
from clearway_platform.database.engines import Transaction, insert


async def keep_route(
    transaction: Transaction, mission: str, route_id: UUID, revision: int, line: Sequence[tuple[float, float]]
) -> None:
    """Store the line of this revision unless a newer one is known."""
    values = {"revision": revision, "line": [list(position) for position in line]}
    kept = insert(transaction.connection, ROUTE_LINES).values(mission=mission, route_id=route_id, **values)
    newer = kept.on_conflict_do_update(
        index_elements=["mission", "route_id"], set_=values, where=ROUTE_LINES.c.revision < revision
    )
    await transaction.connection.execute(newer)
