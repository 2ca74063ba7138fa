"""The analytics service's commands on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from clearway_analytics.main import STORAGE
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Database
from clearway_testing.manual_clock import ManualClock

from .desk import Desk


@pytest.fixture
def scripts_run() -> Path:
    """A fresh database has the tables of the service."""
    return STORAGE.migrations


@pytest.fixture
async def desk(database_url: str, clock: ManualClock) -> AsyncIterator[Desk]:
    """On SQLite and on PostgreSQL."""
    database = Database(database_url)
    yield Desk.on(database, clock)
    await database.close()


@pytest.fixture
def route_id() -> UUID:
    return new_id()


@pytest.fixture
def incident_id() -> UUID:
    return new_id()
