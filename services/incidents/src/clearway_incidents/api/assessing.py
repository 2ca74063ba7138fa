"""Assessing: review, grading, verification, and how an incident ends."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from clearway_incidents.api.answers import IncidentBody, reply
from clearway_incidents.api.bodies import CloseBody, NoteBody, ReasonBody, RetractBody
from clearway_incidents.api.dependencies import Assessor, LedgerOf
from clearway_incidents.api.reports import GradingForm
from clearway_incidents.commands import changes
from clearway_incidents.domain import life
from clearway_incidents.domain.life import Step
from clearway_platform.database.engines import Transaction
from clearway_platform.web.conditional import IfMatch
from clearway_platform.web.document import REVISED
from clearway_platform.web.writes import Reply, Write

router = APIRouter(prefix="/v1/incidents/{incident_id}", tags=["Assessing incidents"])


class Assessment:
    """One assessment of the incident in the address, at the revision that the caller has seen."""

    def __init__(
        self, incident_id: UUID, expected: IfMatch, principal: Assessor, ledger: LedgerOf, write: Write
    ) -> None:
        self.incident_id = incident_id
        self.expected = expected
        self.principal = principal
        self.ledger = ledger
        self.write = write

    async def take(self, step: Step) -> Response:
        async def command(transaction: Transaction) -> Reply:
            state = await changes.apply(self.ledger, transaction, self.principal, self.incident_id, self.expected, step)
            return reply(state, self.principal, seen=self.expected)

        return await self.write(command)


Assessed = Annotated[Assessment, Depends()]


@router.post(
    "/review",
    operation_id="incidents.start_review",
    responses=REVISED,
    summary="Take it up for review",
    response_model=IncidentBody,
)
async def review(assessed: Assessed) -> Response:
    """From reported, or from disputed back to review."""
    return await assessed.take(life.review)


@router.post(
    "/grade",
    operation_id="incidents.grade",
    responses=REVISED,
    summary="Grade source and information",
    response_model=IncidentBody,
)
async def grade(assessed: Assessed, sent: GradingForm) -> Response:
    """The Admiralty grades: the source A–F, the information 1–6, independently of each other."""
    return await assessed.take(life.grade(sent.source_reliability, sent.info_credibility))


@router.post(
    "/verify", operation_id="incidents.verify", responses=REVISED, summary="Verify", response_model=IncidentBody
)
async def verify(assessed: Assessed, sent: NoteBody) -> Response:
    """From under_review. Needs credibility 1–2 or two independent reports, and someone who gave none of them."""

    async def command(transaction: Transaction) -> Reply:
        state = await changes.verify(
            assessed.ledger, transaction, assessed.principal, assessed.incident_id, assessed.expected, sent.reason
        )
        return reply(state, assessed.principal, seen=assessed.expected)

    return await assessed.write(command)


@router.post(
    "/dispute",
    operation_id="incidents.dispute",
    responses=REVISED,
    summary="Put it in doubt",
    response_model=IncidentBody,
)
async def dispute(assessed: Assessed, sent: ReasonBody) -> Response:
    """From under_review; a new review ends the dispute."""
    return await assessed.take(life.dispute(sent.reason))


@router.post("/close", operation_id="incidents.close", responses=REVISED, summary="Close", response_model=IncidentBody)
async def close(assessed: Assessed, sent: CloseBody) -> Response:
    """From verified. The hazard must be cleared or none, or `override_reason` says why it is closed all the same."""
    return await assessed.take(life.close(sent.override_reason))


@router.post(
    "/reopen", operation_id="incidents.reopen", responses=REVISED, summary="Reopen", response_model=IncidentBody
)
async def reopen(assessed: Assessed, sent: ReasonBody) -> Response:
    """From closed back to review."""
    return await assessed.take(life.reopen(sent.reason))


@router.post(
    "/retract", operation_id="incidents.retract", responses=REVISED, summary="Retract", response_model=IncidentBody
)
async def retract(assessed: Assessed, sent: RetractBody) -> Response:
    """Final, from any live state: everyone who was warned is told."""
    return await assessed.take(life.retract(sent.reason, sent.note))
