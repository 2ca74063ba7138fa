"""The number of a mission's last change, by which every process knows that its watchlist is stale."""

from typing import Any, Final

from sqlalchemy import bindparam

from clearway_alerts.storage.tables import MISSION
from clearway_platform.database.engines import Transaction, on_either


def _drawing(insert: Any) -> Any:
    first = insert.values(mission=bindparam("mission"), version=1)
    following = first.on_conflict_do_update(index_elements=["mission"], set_={"version": MISSION.c.version + 1})
    return following.returning(MISSION.c.version)


_DRAW: Final = on_either(_drawing, MISSION)


async def next_version(transaction: Transaction, mission: str) -> int:
    """Draw the next number. The row stays locked until the commit, so numbers and commits have one order."""
    drawn = await transaction.connection.execute(_DRAW[transaction.connection.dialect.name], {"mission": mission})
    version: int = drawn.scalar_one()
    return version
