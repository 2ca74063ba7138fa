"""Clearing a hazard under four eyes: one principal claims it, another one confirms it."""

from functools import partial

from starlette.responses import Response

from clearway_incidents.api.answers import CHANGED, IncidentBody
from clearway_incidents.api.bodies import ClearanceBody, ConfirmationBody, ReasonBody
from clearway_incidents.api.dependencies import Assessed, Reported
from clearway_incidents.domain.errors import NotNow, NotYours
from clearway_incidents.domain.hazard import claim
from clearway_platform.web.document import REVISED
from clearway_platform.web.never_limited import NEVER_LIMITED
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.routing import Router

router = Router(prefix="/v1/incidents/{incident_id}", tags=["Clearing hazards"])


@router.post(
    "/clearance",
    operation_id="incidents.claim_clearance",
    responses=CHANGED,
    summary="Claim that the hazard is cleared",
    response_model=IncidentBody,
)
async def claim_clearance(reported: Reported, sent: ClearanceBody) -> Response:
    """The hazard stands, and those who were warned are told that it is reported cleared and not confirmed. It falls
    when another principal confirms the claim."""
    return await reported.apply(partial(claim, claimed=sent.in_domain()), sent.reason)


@router.post(
    "/confirm-clearance",
    operation_id="incidents.confirm_clearance",
    openapi_extra=NEVER_LIMITED,
    responses=REVISED | raises(NotNow, NotYours),
    summary="Confirm a clearance",
    response_model=IncidentBody,
)
async def confirm_clearance(assessed: Assessed, sent: ConfirmationBody) -> Response:
    """The hazard becomes what was claimed, and those who were warned are told. By a verifier other than the claimant;
    with `override_reason` also by the claimant, and then everything says "cleared, by one person"."""
    command = partial(
        assessed.wiring.lifecycle.confirm_clearance, override_reason=sent.override_reason, reason=sent.reason
    )
    return await assessed.run(command)


@router.post(
    "/dismiss-clearance",
    operation_id="incidents.dismiss_clearance",
    openapi_extra=NEVER_LIMITED,
    responses=REVISED | raises(NotNow, NotYours),
    summary="Withdraw or refuse a claim",
    response_model=IncidentBody,
)
async def dismiss_clearance(reported: Reported, sent: ReasonBody) -> Response:
    """By its claimant, or by a verifier. The hazard stands, and those who were warned are told that the claim fell."""
    return await reported.run(partial(reported.wiring.lifecycle.dismiss_clearance, reason=sent.reason))
