"""The route that issues stream tickets."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request, Response

from clearway_platform.auth.permissions import STREAM_TICKETS
from clearway_platform.auth.principals import Principal, StreamTicket
from clearway_platform.codes import Code
from clearway_platform.refusals import Refusal
from clearway_platform.web.access import platform_of, require
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.routing import Router

RETRY_SECONDS: Final = 10

router: Final = Router(prefix="/v1/stream-tickets", tags=["Streams"])


class TooManyTickets(Refusal):
    """The key has too many unused tickets."""

    code = Code.TOO_MANY_REQUESTS
    detail = "This key has too many unused tickets. Get a ticket when a stream is opened, not before."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": str(RETRY_SECONDS)})


@router.post(
    "",
    status_code=201,
    operation_id="stream_tickets.create",
    summary="Get a stream ticket",
    responses=raises(TooManyTickets),
)
async def create_stream_ticket(
    request: Request,
    response: Response,
    principal: Annotated[Principal, Depends(require(STREAM_TICKETS))],
) -> StreamTicket:
    """A ticket opens one stream that the key may read, once, within a minute, and does nothing else. A plain
    `EventSource` can use it. A stream that has ended is opened again with a new ticket, and `since` with the last event
    id. When the key ends, the streams that its tickets opened end at once."""
    issued = await platform_of(request).keys.tickets.issue(principal)
    if issued is None:
        raise TooManyTickets
    response.headers["Cache-Control"] = "no-store"
    return issued
