"""The incidents service: built here, from what the runtime gives."""

from pathlib import Path
from typing import Final

from clearway_contracts.incidents import INCIDENT_EVENTS
from clearway_incidents import permissions
from clearway_incidents.api import assessing, importing, merging, reading, reporting
from clearway_incidents.api.dependencies import install_refusals
from clearway_incidents.commands.revisions import Ledger
from clearway_incidents.storage.tables import incidents_metadata
from clearway_platform.database.tables import plumbing_metadata
from clearway_platform.service import Parts, Platform, Service, Storage
from clearway_platform.web.app import create_app
from clearway_platform.web.stream import tickets
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.route import event_types, stream_router

DESCRIPTION: Final = (
    "The record of incidents with explosive hazards: reported once, corrected in the open, verified by someone else, "
    "never deleted. Every change is a revision that stays readable, and `as_of` answers what was known at a time."
)

TAGS: Final = {
    "Reporting incidents": "What people in the field send: a report, a correction, what became of the hazard.",
    "Reading incidents": "The record: as it is, as it was known at a time, and how it came to be.",
    "Assessing incidents": "What verifiers decide: review, grade, verify, dispute, close, merge, retract.",
    "Importing incidents": "Many reports of another system at once.",
}


def build(platform: Platform) -> Parts:
    app = create_app(title="Clearway incidents", description=DESCRIPTION, platform=platform, tags=TAGS)
    app.state.ledger = Ledger(platform.clock, platform.outbox)
    install_refusals(app)
    hub = Hub(platform.feed, "incidents")
    types = event_types(INCIDENT_EVENTS)
    stream = stream_router(platform, hub, "/v1/incident-events", permissions.READ, types, snapshot="/v1/incidents")
    for router in (
        stream,
        tickets.router,
        *(part.router for part in (importing, reporting, reading, assessing, merging)),
    ):
        app.include_router(router)
    return Parts(app, workers={"stream": hub.run}, on_shutdown=(hub.close,))


STORAGE: Final = Storage((plumbing_metadata, incidents_metadata), Path(__file__).parent / "storage/migrations")

service: Final = Service(
    name="incidents",
    # Tickets are for the streams of every service, and their table is in the directory of keys: any service could issue
    # them, and one has to answer at their address.
    mounts=(
        "/v1/incidents",
        "/v1/incident-events",
        "/v1/incident-imports",
        "/v1/retracted-incidents",
        "/v1/stream-tickets",
    ),
    build=build,
    storage=STORAGE,
    permissions=permissions.PERMISSIONS,
)
