"""The alerts service, as the runtime finds it."""

from pathlib import Path
from typing import Final

from clearway_alerts.storage.tables import alerts_metadata
from clearway_alerts.wiring import build
from clearway_platform.database.tables import plumbing_metadata
from clearway_platform.service import Service

service: Final = Service(
    name="alerts",
    prefixes=("alerts", "alert-events", "alert-dead-letters", "subscriptions"),
    metadata=(plumbing_metadata, alerts_metadata),
    migrations=Path(__file__).parent / "storage/migrations",
    build=build,
)
