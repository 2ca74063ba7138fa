"""The analytics service, as a value for the runtime."""

from pathlib import Path
from typing import Final

from clearway_analytics.permissions import PERMISSIONS
from clearway_analytics.settings import AnalyticsSettings
from clearway_analytics.storage.tables import analytics_metadata
from clearway_analytics.wiring import build
from clearway_platform.database.tables import plumbing_metadata
from clearway_platform.service import Service, Storage

STORAGE: Final = Storage((plumbing_metadata, analytics_metadata), Path(__file__).parent / "storage/migrations")

service: Final = Service(
    name="analytics",
    mounts=(
        "/v1/routes",
        "/v1/route-events",
        "/v1/route-dead-letters",
        "/v1/route-status",
        "/v1/areas",
        "/v1/briefings",
        "/v1/risk-parameters",
    ),
    build=build,
    storage=STORAGE,
    settings=AnalyticsSettings,
    permissions=PERMISSIONS,
)
