"""Merging two incidents of one event, and undoing it."""

from functools import partial

from starlette.responses import Response

from clearway_incidents.api.answers import CHANGED, IncidentBody
from clearway_incidents.api.bodies import MergeBody, NoteBody
from clearway_incidents.api.dependencies import Assessed
from clearway_incidents.commands.merging import Merge
from clearway_platform.web.routing import Router

router = Router(prefix="/v1/incidents/{incident_id}", tags=["Assessing incidents"])


@router.post(
    "/merge",
    operation_id="incidents.merge",
    responses=CHANGED,
    summary="Merge into another incident",
    response_model=IncidentBody,
)
async def merge(assessed: Assessed, sent: MergeBody) -> Response:
    """Its address then answers 308 to the survivor, which rests on the reports of both."""
    order = Merge(sent.survivor_id, sent.casualties, sent.reason)
    return await assessed.run(partial(assessed.wiring.merging.merge, order=order))


@router.post(
    "/unmerge", operation_id="incidents.unmerge", responses=CHANGED, summary="Undo a merge", response_model=IncidentBody
)
async def unmerge(assessed: Assessed, sent: NoteBody) -> Response:
    """Restores the alias. The survivor loses the reports and the casualties that the merge brought."""
    return await assessed.run(partial(assessed.wiring.merging.unmerge, reason=sent.reason))
