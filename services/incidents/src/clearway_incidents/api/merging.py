"""Merging two incidents that tell of one event, and parting them again."""

from fastapi import APIRouter
from starlette.responses import Response

from clearway_incidents.api.answers import IncidentBody, reply
from clearway_incidents.api.assessing import Assessed
from clearway_incidents.api.bodies import MergeBody, NoteBody
from clearway_incidents.commands import changes
from clearway_platform.database.engines import Transaction
from clearway_platform.web.document import REVISED
from clearway_platform.web.writes import Reply

router = APIRouter(prefix="/v1/incidents/{incident_id}", tags=["Assessing incidents"])


@router.post(
    "/merge",
    operation_id="incidents.merge",
    responses=REVISED,
    summary="Merge into another incident",
    response_model=IncidentBody,
)
async def merge(assessed: Assessed, sent: MergeBody) -> Response:
    """Its address then answers 308 to the survivor, which rests on the reports of both."""

    async def command(transaction: Transaction) -> Reply:
        state = await changes.merge_into(
            assessed.ledger,
            transaction,
            assessed.principal,
            assessed.incident_id,
            assessed.expected,
            sent.survivor_id,
            sent.casualties,
            sent.reason,
        )
        return reply(state, assessed.principal)

    return await assessed.write(command)


@router.post(
    "/unmerge", operation_id="incidents.unmerge", responses=REVISED, summary="Undo a merge", response_model=IncidentBody
)
async def unmerge(assessed: Assessed, sent: NoteBody) -> Response:
    """The alias is again what it was; the survivor gives back its reports, and the casualties that were chosen."""

    async def command(transaction: Transaction) -> Reply:
        state = await changes.unmerge(
            assessed.ledger, transaction, assessed.principal, assessed.incident_id, assessed.expected, sent.reason
        )
        return reply(state, assessed.principal)

    return await assessed.write(command)
