"""While it is looked for standing hazards of a mission, no incident of the mission is decided on.

An incident is decided on under a shared lock, so that incidents do not wait for each other. What looks for standing
hazards has the lock alone: what was decided before is then committed and seen, and what is decided after sees every
subscription that was committed before. So none is told twice, and none is lost between the two
(docs/adr/0030-standing-hazards.md). SQLite has one writer, and needs no lock.
"""

from typing import Final

from sqlalchemy import text

from clearway_platform.database.engines import Transaction

# The first of two numbers; no other lock of two numbers is taken. The second is the mission's.
_SPACE: Final = 0x77_61_72_6E
_SHARE: Final = text(f"SELECT pg_advisory_xact_lock_shared({_SPACE}, hashtext(:mission))")
_ALONE: Final = text(f"SELECT pg_advisory_xact_lock({_SPACE}, hashtext(:mission))")


async def share(transaction: Transaction, mission: str) -> None:
    """Until the commit nothing looks for the mission's standing hazards. Read nothing before: it may be outdated."""
    if transaction.connection.dialect.name == "postgresql":
        await transaction.connection.execute(_SHARE, {"mission": mission})


async def alone(transaction: Transaction, mission: str) -> None:
    """Until the commit no incident of the mission is decided on. Read nothing before: it may be outdated."""
    if transaction.connection.dialect.name == "postgresql":
        await transaction.connection.execute(_ALONE, {"mission": mission})
