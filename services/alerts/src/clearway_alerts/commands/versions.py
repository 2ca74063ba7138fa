"""The number of a mission's last change, by which every process knows that its watchlist is stale."""

from clearway_alerts.tables import MISSION
from clearway_shared.database import Transaction, insert


async def next_version(tx: Transaction, mission: str) -> int:
    """Draw the next number. The row stays locked until the commit, so numbers and commits have one order."""
    drawn = insert(tx.connection, MISSION).values(mission=mission, version=1)
    drawn = drawn.on_conflict_do_update(index_elements=["mission"], set_={"version": MISSION.c.version + 1})
    version: int = (await tx.connection.execute(drawn.returning(MISSION.c.version))).scalar_one()
    return version
