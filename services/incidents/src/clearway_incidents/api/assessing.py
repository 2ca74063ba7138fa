"""Assessing: review, grading, verification, and how an incident ends."""

from functools import partial

from starlette.responses import Response

from clearway_incidents.api.answers import CHANGED, IncidentBody
from clearway_incidents.api.bodies import CloseBody, NoteBody, ReasonBody, RetractBody
from clearway_incidents.api.dependencies import Assessed
from clearway_incidents.api.reports import GradingForm
from clearway_incidents.domain import life
from clearway_incidents.domain.errors import NotNow, NotYours
from clearway_platform.web.document import REVISED
from clearway_platform.web.never_limited import NEVER_LIMITED
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.routing import Router

router = Router(prefix="/v1/incidents/{incident_id}", tags=["Assessing incidents"])


@router.post(
    "/review",
    operation_id="incidents.start_review",
    responses=CHANGED,
    summary="Start a review",
    response_model=IncidentBody,
)
async def review(assessed: Assessed) -> Response:
    """From reported, or from disputed back to review."""
    return await assessed.apply(life.review)


@router.post(
    "/grade",
    operation_id="incidents.grade",
    responses=CHANGED,
    summary="Grade source and information",
    response_model=IncidentBody,
)
async def grade(assessed: Assessed, sent: GradingForm) -> Response:
    """The Admiralty grades: the source A–F, the information 1–6, independently of each other."""
    return await assessed.apply(
        partial(life.grade, reliability=sent.source_reliability, credibility=sent.info_credibility)
    )


@router.post(
    "/verify",
    operation_id="incidents.verify",
    responses=REVISED | raises(NotNow, NotYours),
    summary="Verify",
    response_model=IncidentBody,
)
async def verify(assessed: Assessed, sent: NoteBody) -> Response:
    """From under_review. Needs credibility 1–2 or two independent reports, and a verifier who gave none of them,
    corrected no decisive fact and is not the only one who graded it. All keys of one person count as one."""
    return await assessed.run(partial(assessed.wiring.lifecycle.verify, reason=sent.reason))


@router.post(
    "/dispute",
    operation_id="incidents.dispute",
    responses=CHANGED,
    summary="Dispute",
    response_model=IncidentBody,
)
async def dispute(assessed: Assessed, sent: ReasonBody) -> Response:
    """From reported, under_review or verified; a new review ends the dispute."""
    return await assessed.apply(life.dispute, sent.reason)


@router.post(
    "/close",
    operation_id="incidents.close",
    openapi_extra=NEVER_LIMITED,
    responses=CHANGED,
    summary="Close",
    response_model=IncidentBody,
)
async def close(assessed: Assessed, sent: CloseBody) -> Response:
    """From verified. The hazard must be cleared or none, or `override_reason` says why it is closed regardless."""
    return await assessed.apply(life.close, sent.override_reason)


@router.post(
    "/reopen", operation_id="incidents.reopen", responses=CHANGED, summary="Reopen", response_model=IncidentBody
)
async def reopen(assessed: Assessed, sent: ReasonBody) -> Response:
    """From closed back to review."""
    return await assessed.apply(life.reopen, sent.reason)


@router.post(
    "/retract",
    operation_id="incidents.retract",
    openapi_extra=NEVER_LIMITED,
    responses=CHANGED,
    summary="Retract",
    response_model=IncidentBody,
)
async def retract(assessed: Assessed, sent: RetractBody) -> Response:
    """Final, from any live state. Every subscription that received an alert receives the cancellation."""
    return await assessed.apply(partial(life.retract, reason=sent.reason), sent.note)
