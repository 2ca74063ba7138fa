"""The analytics service as the runtime finds it."""

from pathlib import Path
from typing import Final

from clearway_analytics.storage.tables import analytics_metadata
from clearway_analytics.wiring import build
from clearway_platform.database.tables import plumbing_metadata
from clearway_platform.service import Service

service: Final = Service(
    name="analytics",
    prefixes=("routes", "route-events", "route-dead-letters"),
    metadata=(plumbing_metadata, analytics_metadata),
    migrations=Path(__file__).parent / "storage" / "migrations",
    build=build,
)
