"""Reporting and correcting incidents."""

from functools import partial
from typing import Annotated, Any, Final

from fastapi import Body, Query
from starlette.responses import Response

from clearway_incidents import permissions
from clearway_incidents.api.amendments import patched
from clearway_incidents.api.answers import CHANGED, IncidentBody, reply_to_report
from clearway_incidents.api.bodies import HazardBody
from clearway_incidents.api.dependencies import Reported, Reporter, Wired
from clearway_incidents.api.facts import FactsForm
from clearway_incidents.api.reports import NewReport, ReportForm
from clearway_incidents.api.texts import Text
from clearway_incidents.domain import life
from clearway_incidents.domain.errors import IdTaken, InvalidFact, NotNow
from clearway_incidents.domain.hazard import change_hazard
from clearway_platform.database.engines import Transaction
from clearway_platform.web.document import header
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write

router = Router(prefix="/v1/incidents", tags=["Reporting incidents"])

_PATCH = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {
                "schema": {"type": "object", "description": "Any of the facts, as in a new report; null clears one."},
                "example": {"outcome": "found_cleared", "location": {"place_name": "Culvert at km 12"}},
            }
            for kind in ("application/merge-patch+json", "application/json")
        },
    }
}


_AGAIN: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": IncidentBody,
        "description": "It was reported already, with the same content.",
        "headers": header("ETag") | header("Location"),
    },
    201: {"headers": header("ETag") | header("Location")},
}


@router.post(
    "",
    operation_id="incidents.report",
    summary="Report an incident",
    status_code=201,
    response_model=IncidentBody,
    responses=_AGAIN | raises(NotNow, IdTaken),
)
async def report(sent: NewReport, principal: Reporter, wiring: Wired, write: Write) -> Response:
    """A 201 means that the incident and its event are on disk. The same `incident_id`, or the same
    external reference, with the same content gives the first answer again (200)."""
    if sent.grading is not None and not principal.may(permissions.ASSESS):
        raise InvalidFact("grading", "is set by a verifier, not by a reporter", "Leave it out.")

    async def command(transaction: Transaction) -> Reply:
        accepted = await wiring.intake.report(transaction, principal, sent.submission(wiring.clock.now()))
        return reply_to_report(accepted, principal)

    return await write(command)


@router.patch(
    "/{incident_id}",
    operation_id="incidents.correct",
    responses=CHANGED,
    summary="Correct facts",
    response_model=IncidentBody,
    openapi_extra=_PATCH,
)
async def correct(
    reported: Reported,
    patch: Annotated[dict[str, Any], Body(max_length=len(FactsForm.model_fields), include_in_schema=False)],
    reason: Annotated[Text | None, Query(description="Why; it stays in the history.")] = None,
) -> Response:
    """A JSON merge patch (RFC 7396). Makes a new revision; every earlier one stays readable. A verified incident goes
    back to review when its place (beyond its uncertainty), its time (beyond its span), category, outcome or exercise is
    corrected; it stays verified when a verifier corrects it and gives a `reason`."""
    facts_of = partial(patched, patch=patch)
    return await reported.run(partial(reported.wiring.lifecycle.correct, facts_of=facts_of, reason=reason))


@router.post(
    "/{incident_id}/reports",
    operation_id="incidents.add_report",
    responses=CHANGED,
    summary="Add another report of it",
    response_model=IncidentBody,
)
async def add_report(reported: Reported, sent: ReportForm) -> Response:
    """Add another report. Reports of two principals, of different organisations where both are known, allow the
    incident to be verified."""
    return await reported.apply(partial(life.add_report, report=sent.in_domain(reported.wiring.clock.now())))


@router.post(
    "/{incident_id}/hazard",
    operation_id="incidents.set_hazard",
    responses=CHANGED,
    summary="Change the state of the hazard",
    response_model=IncidentBody,
)
async def hazard(reported: Reported, sent: HazardBody) -> Response:
    """Warnings depend on it. A hazard that stands becomes cleared or none by a clearance alone; that it stands ends a
    claim that it does not."""
    return await reported.apply(partial(change_hazard, state=sent.hazard_state), sent.reason)
