"""The alerts service, as the runtime finds it."""

from pathlib import Path
from typing import Final

from clearway_alerts.permissions import PERMISSIONS
from clearway_alerts.settings import AlertsSettings
from clearway_alerts.storage.tables import alerts_metadata
from clearway_alerts.wiring import build
from clearway_platform.database.tables import plumbing_metadata
from clearway_platform.service import Service, Storage

STORAGE: Final = Storage((plumbing_metadata, alerts_metadata), Path(__file__).parent / "storage/migrations")

service: Final = Service(
    name="alerts",
    mounts=(
        "/v1/alerts",
        "/v1/alert-events",
        "/v1/alert-dead-letters",
        "/v1/alert-status",
        "/v1/subscriptions",
        "/v1/subscription-previews",
        "/v1/sources",
    ),
    build=build,
    storage=STORAGE,
    settings=AlertsSettings,
    permissions=PERMISSIONS,
)
