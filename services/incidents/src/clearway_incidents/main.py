"""The incidents service, as the runtime finds it."""

from pathlib import Path
from typing import Final

from clearway_incidents import permissions
from clearway_incidents.photos.stores.opening import files_of
from clearway_incidents.queries.chains import RevisionChains
from clearway_incidents.settings import IncidentsSettings
from clearway_incidents.storage.tables import incidents_metadata
from clearway_incidents.wiring import build
from clearway_platform.database.tables import plumbing_metadata
from clearway_platform.service import Service, Storage

STORAGE: Final = Storage((plumbing_metadata, incidents_metadata), Path(__file__).parent / "storage/migrations")

service: Final = Service(
    name="incidents",
    # Keys and tickets are for every service, and their tables are in the directory of keys: any service could answer
    # for them, and one has to.
    mounts=(
        "/v1/audit",
        "/v1/feeds",
        "/v1/held-texts",
        "/v1/incidents",
        "/v1/incidents:bulk",
        "/v1/incidents:nine-line",
        "/v1/incident-counts",
        "/v1/incident-dead-letters",
        "/v1/incident-duplicates",
        "/v1/incident-events",
        "/v1/incident-imports",
        "/v1/incident-map",
        "/v1/incident-status",
        "/v1/incident-tiles",
        "/v1/keys",
        "/v1/ogc",
        "/v1/proposals",
        "/v1/public",
        "/v1/public-areas",
        "/v1/retracted-incidents",
        "/v1/session",
        "/v1/stream-tickets",
    ),
    build=build,
    storage=STORAGE,
    settings=IncidentsSettings,
    permissions=permissions.PERMISSIONS,
    chains=RevisionChains(),
    files=files_of,
)
