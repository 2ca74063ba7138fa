from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from clearway_analytics import tables
from clearway_shared.clock import new_id
from clearway_shared.database import Database
from clearway_shared.migrations import upgrade
from clearway_shared.testing.manual_clock import ManualClock

from .desk import Desk

MIGRATIONS: Final = Path(tables.__file__).parent / "migrations"


@pytest.fixture
async def desk(database_url: str, clock: ManualClock) -> AsyncIterator[Desk]:
    """On SQLite and on PostgreSQL."""
    await upgrade(database_url, MIGRATIONS)
    database = Database(database_url)
    yield Desk.on(database, clock)
    await database.close()


@pytest.fixture
def route_id() -> UUID:
    return new_id()


@pytest.fixture
def incident_id() -> UUID:
    return new_id()
