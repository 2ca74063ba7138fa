"""What the routes of this service depend on, and how a refusal of the domain reads as a problem."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from starlette.responses import Response

from clearway_incidents import permissions
from clearway_incidents.commands.revisions import Ledger
from clearway_incidents.domain.errors import InvalidFact, NotYours, Refusal, StaleRevision, UnknownIncident
from clearway_platform.auth.principals import Principal
from clearway_platform.codes import Code
from clearway_platform.refusals import Refusal as Answer
from clearway_platform.web.access import require
from clearway_platform.web.problems import (
    Problem,
    conflict,
    invalid,
    not_found,
    precondition_failed,
    problem_response,
    request_id_of,
)

Reader = Annotated[Principal, Depends(require(permissions.READ))]
Reporter = Annotated[Principal, Depends(require(permissions.REPORT))]
Assessor = Annotated[Principal, Depends(require(permissions.ASSESS))]


async def _ledger(request: Request) -> Ledger:
    ledger: Ledger = request.app.state.ledger
    return ledger


LedgerOf = Annotated[Ledger, Depends(_ledger)]


def problem_of(refusal: Refusal, place: str = "body.") -> Answer:
    """The refusal as its sender should read it. `place` says where the facts were sent."""
    match refusal:
        case InvalidFact(field=field):
            return invalid(place + field, refusal.problem, refusal.remedy)
        case UnknownIncident(field=None):
            return not_found("incident", refusal.incident_id)
        case UnknownIncident(field=str(field)):
            return invalid(field, refusal.problem, refusal.remedy)
        case StaleRevision():
            return precondition_failed(refusal.current)
        case NotYours():
            return Problem(403, str(refusal), code=Code.NOT_YOURS)
        case _:
            return conflict(str(refusal))


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return problem_response(problem_of(error), path=request.url.path, request_id=request_id_of(request))


def install_refusals(app: FastAPI) -> None:
    """Answer every refusal of the domain as a problem."""
    app.add_exception_handler(Refusal, _on_refusal)
