"""To what a transaction on one chain is bound."""

from __future__ import annotations

from clearway_platform.audit.records import NO_MISSION
from clearway_platform.database.engines import BoundDatabase, Database


def of_chain(database: Database, mission: str) -> BoundDatabase:
    """The database as that of one mission, or of the chain that belongs to none."""
    if mission == NO_MISSION:
        return database.of_every_mission("the chain is of no mission")
    return database.of(mission)
