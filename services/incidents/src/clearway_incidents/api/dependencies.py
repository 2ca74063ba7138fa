"""What the routes of this service are given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from clearway_contracts.incident import IncidentState
from clearway_incidents import permissions
from clearway_incidents.api.answers import reply_to_change
from clearway_incidents.api.reading_apart import ReadingApart
from clearway_incidents.commands.attaching import Attaching
from clearway_incidents.commands.held_texts import HeldTexts
from clearway_incidents.commands.imports import Imports
from clearway_incidents.commands.intake import Intake
from clearway_incidents.commands.lifecycle import Lifecycle
from clearway_incidents.commands.merging import Merging
from clearway_incidents.commands.proposals import Proposals
from clearway_incidents.commands.publishing import Publishing
from clearway_incidents.commands.revisions import Target, Written
from clearway_incidents.domain.life import Step
from clearway_incidents.photos.cleaning import Cleaning
from clearway_incidents.queries.public_feeds import PublicFeeds
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction
from clearway_platform.database.states import StateVersions
from clearway_platform.heavy import HeavyWork
from clearway_platform.web.access import require
from clearway_platform.web.conditional import IfMatch
from clearway_platform.web.large_bodies import Receiving
from clearway_platform.web.writes import Reply, Write, WriteRequest

Reader = Annotated[Principal, Depends(require(permissions.READ))]
Reporter = Annotated[Principal, Depends(require(permissions.REPORT))]
Importer = Annotated[Principal, Depends(require(permissions.IMPORT))]
Assessor = Annotated[Principal, Depends(require(permissions.ASSESS))]
TextReviewer = Annotated[Principal, Depends(require(permissions.REVIEW_TEXTS))]
Publisher = Annotated[Principal, Depends(require(permissions.PUBLISH))]


@dataclass(frozen=True, slots=True)
class Wiring:
    """The service's own parts, kept at `app.state.wiring`. `states` are the versions in which incidents are stored,
    `texts` where texts are read, and `distances` where they are measured, which may take longer than the loop should
    wait. `receiving` has the places of photos that arrive, `bulk` those of reports in bulk, which `reading` reads;
    `scan` raises for a photo that a scanner refuses, `photos` makes clean ones."""

    clock: Clock
    states: StateVersions[IncidentState]
    intake: Intake
    lifecycle: Lifecycle
    merging: Merging
    imports: Imports
    proposals: Proposals
    held_texts: HeldTexts
    texts: HeavyWork
    attaching: Attaching
    photos: Cleaning
    scan: Callable[[bytes], Awaitable[None]]
    receiving: Receiving
    bulk: Receiving
    publishing: Publishing
    public_feeds: PublicFeeds
    distances: HeavyWork
    reading: ReadingApart


async def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wiring)]

# A command that changes the incident in the address, with all but these three given.
Command = Callable[[Transaction, Principal, Target], Awaitable[Written]]


@dataclass(frozen=True, slots=True)
class Changing:
    """One change of the incident in the address, at the revision that the caller has seen."""

    wiring: Wiring
    principal: Principal
    target: Target
    write: WriteRequest

    async def apply(self, step: Step, reason: str | None = None) -> Response:
        """One step of the life."""
        return await self.run(partial(self.wiring.lifecycle.apply, step=step, reason=reason))

    async def run(self, command: Command) -> Response:
        """One command, and the incident after it."""
        return await self.write(partial(self._reply, command))

    async def _reply(self, command: Command, transaction: Transaction) -> Reply:
        written = await command(transaction, self.principal, self.target)
        return reply_to_change(written, self.principal, seen=self.target.revision)


async def _by_reporter(
    incident_id: UUID, expected: IfMatch, principal: Reporter, wiring: Wired, write: Write
) -> Changing:
    return Changing(wiring, principal, Target(incident_id, expected), write)


async def _by_assessor(
    incident_id: UUID, expected: IfMatch, principal: Assessor, wiring: Wired, write: Write
) -> Changing:
    return Changing(wiring, principal, Target(incident_id, expected), write)


Reported = Annotated[Changing, Depends(_by_reporter)]
Assessed = Annotated[Changing, Depends(_by_assessor)]
