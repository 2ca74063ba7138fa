"""Everything of the incidents service is constructed here, from what the runtime gives."""

import os
from collections.abc import Sequence
from typing import Final

from clearway_contracts.incident import IncidentState
from clearway_contracts.incidents import INCIDENT_EVENTS
from clearway_incidents import permissions
from clearway_incidents.api import (
    assessing,
    attaching,
    bulk,
    clearing,
    comparing,
    counting,
    duplicates,
    feeds,
    held_texts,
    importing,
    mapping,
    merging,
    nine_line,
    ogc,
    proposing,
    public_areas,
    public_feeds,
    reading,
    relating,
    reporting,
    tiles,
)
from clearway_incidents.api.amendments import reconciled
from clearway_incidents.api.dependencies import Wiring
from clearway_incidents.api.listing import list_router
from clearway_incidents.api.reading_apart import ReadingApart
from clearway_incidents.commands.attaching import Attaching, Room
from clearway_incidents.commands.backlog import COUNTING, INDEXING, Backlog
from clearway_incidents.commands.editions import Editions
from clearway_incidents.commands.erasing import Erasing
from clearway_incidents.commands.held_texts import HeldTexts
from clearway_incidents.commands.imports import Imports
from clearway_incidents.commands.intake import Intake
from clearway_incidents.commands.lifecycle import Lifecycle
from clearway_incidents.commands.linking import Linking
from clearway_incidents.commands.merging import Merging
from clearway_incidents.commands.proposals import Proposals
from clearway_incidents.commands.publishing import Publishing
from clearway_incidents.commands.retention import Retention
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.consumers import consumer
from clearway_incidents.domain.content_guard import ContentGuard
from clearway_incidents.domain.sight import shown_event
from clearway_incidents.exchange.exports.format import JSON_PAGES, Format
from clearway_incidents.exchange.exports.geojson import GEOJSON
from clearway_incidents.exchange.exports.tables import CSV, NDJSON
from clearway_incidents.exchange.public.feeds import feeds_of
from clearway_incidents.photos.cleaning import Cleaning
from clearway_incidents.photos.scanning import Scanner
from clearway_incidents.photos.stores.opening import store_of
from clearway_incidents.queries.public_changes import changes
from clearway_incidents.queries.public_feeds import PublicFeeds
from clearway_incidents.settings import IncidentsSettings
from clearway_incidents.storage.states import INCIDENT
from clearway_platform.database.states import StateVersions
from clearway_platform.heavy import HeavyWork
from clearway_platform.service import Parts, Platform
from clearway_platform.web import audit, keys
from clearway_platform.web.app import create_app
from clearway_platform.web.dead_letters import DEAD_LETTERS, dead_letter_router
from clearway_platform.web.large_bodies import Receiving
from clearway_platform.web.status import STATUS, status_router
from clearway_platform.web.stream import tickets
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.route import event_types, stream_router

DESCRIPTION: Final = (
    "The record of incidents with explosive hazards: reported once, corrected in the open, verified by someone else, "
    "never deleted. Every change is a revision that stays readable, and `as_of` answers what was known at a time."
)

TAGS: Final = {
    "Reporting incidents": "What people in the field send: a report, a correction, the state of the hazard.",
    "Reading incidents": "The record: as it is, as it was known at a time, and how it came to be.",
    "OGC API – Features": "The same incidents for QGIS, GDAL and other geographic systems, by the standard of the OGC.",
    "Clearing hazards": "What makes a hazard less: one principal claims it, another one confirms it.",
    "Photos of incidents": "Photos, cleaned of what a camera writes into them, for those who read the whole incident.",
    "Assessing incidents": "What verifiers decide: review, grade, verify, dispute, close, merge, retract.",
    "Reviewing texts": "Texts that are withheld because they read like instructions for making something.",
    "Publishing": "What everyone may read without a key: coarse areas, and risk education for civilians.",
    "Importing incidents": "Many reports of another system at once, and what its newer editions no longer have.",
}


# Beside the list, whose routes depend on the formats.
PARTS: Final = (
    importing,
    bulk,
    nine_line,
    proposing,
    held_texts,
    reporting,
    reading,
    comparing,
    relating,
    mapping,
    tiles,
    counting,
    feeds,
    ogc,
    attaching,
    public_areas,
    public_feeds,
    clearing,
    assessing,
    duplicates,
    merging,
)

# The formats in which lists of incidents are given out, the usual one first. A new one is an entry here.
FORMATS: Final = (JSON_PAGES, GEOJSON, CSV, NDJSON)


def build(
    platform: Platform, states: StateVersions[IncidentState] = INCIDENT, formats: Sequence[Format] = FORMATS
) -> Parts:
    """`states`: the versions in which incidents are stored."""
    app = create_app(
        title="Clearway incidents",
        description=DESCRIPTION,
        platform=platform,
        tags=TAGS | keys.KEYS | audit.AUDIT | DEAD_LETTERS | STATUS,
    )
    own = platform.settings_of(IncidentsSettings)
    revisions = Revisions(platform.clock, platform.outbox, states, ContentGuard(own.terms()))
    wiring = app.state.wiring = _wiring(platform, revisions)
    retention = Retention(revisions, platform.database)
    editions = Editions(platform.clock, platform.database, changes, feeds_of)
    linking = Linking(platform.database, platform.feed, platform.precedence.after)
    backlogs = {
        name: Backlog(task, platform.database, platform.feed, platform.precedence.after)
        for name, task in (("indexing", INDEXING), ("counting", COUNTING))
    }
    hub = Hub(platform.feed, "incidents", shown_event)
    types = event_types(INCIDENT_EVENTS)
    stream = stream_router(platform, hub, "/v1/incident-events", permissions.READ, types, snapshot="/v1/incidents")
    for router in (
        stream,
        tickets.router,
        keys.router,
        audit.router,
        dead_letter_router(platform, "/v1/incident-dead-letters"),
        status_router(platform, "/v1/incident-status", hub),
        list_router(formats),
        *(part.router for part in PARTS),
    ):
        app.include_router(router)
    workers = {
        "consumer": consumer(platform).run,
        "stream": hub.run,
        "retention": retention.run,
        "editions": editions.run,
        **{name: backlog.run for name, backlog in backlogs.items()},
    }
    if (store := wiring.attaching.store) is not None:
        workers["erasing"] = Erasing(platform.clock, platform.database, store).run
    return Parts(
        app,
        workers=workers,
        audit_workers={"linking": linking.run},
        on_shutdown=(hub.close, wiring.reading.close),
        large_bodies=(attaching.large_body(own.attachment_bytes), bulk.LARGE_BODY),
    )


def _wiring(platform: Platform, revisions: Revisions) -> Wiring:
    own = platform.settings_of(IncidentsSettings)
    room = Room(own.incident_attachments, own.mission_attachment_bytes)
    scanner = own.attachment_scanner
    return Wiring(
        clock=platform.clock,
        states=revisions.states,
        intake=Intake(revisions),
        lifecycle=Lifecycle(revisions),
        merging=Merging(revisions),
        imports=Imports(revisions, reconciled),
        proposals=Proposals(revisions),
        held_texts=HeldTexts(revisions),
        texts=HeavyWork("texts"),
        publishing=Publishing(platform.clock, revisions.guard),
        public_feeds=PublicFeeds(platform.database),
        attaching=Attaching(revisions, platform.database, store_of(platform.settings, own), room),
        photos=Cleaning(),
        scan=_not_scanned
        if scanner is None
        else Scanner(scanner.get_secret_value(), own.attachment_scanner_seconds).scan,
        receiving=Receiving(),
        bulk=Receiving(),
        distances=HeavyWork("distances"),
        # Another process stores the newest versions, and a second processor is what it is for.
        reading=ReadingApart(own.terms(), is_of_use=revisions.states is INCIDENT and (os.cpu_count() or 1) > 1),
    )


async def _not_scanned(_sent: bytes) -> None:
    """Where the operator has no scanner."""
