"""The route that issues stream tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from clearway_platform.auth.permissions import STREAM_TICKETS
from clearway_platform.auth.principals import Principal
from clearway_platform.web.access import platform_of, require
from clearway_platform.web.problems import Problem

RETRY_SECONDS: Final = 10

router: Final = APIRouter(prefix="/v1/stream-tickets", tags=["Streams"])


class StreamTicket(BaseModel):
    """A key to one stream, for one opening."""

    ticket: str = Field(description="Send it as `ticket` in the query of a stream's address.")
    expires_at: datetime = Field(description="The stream must be opened before; it then stays open as any other.")


@router.post(
    "",
    status_code=201,
    operation_id="stream_tickets.create",
    summary="Get a stream ticket",
    responses={429: {"description": "Too many wait to be used."}},
)
async def create_stream_ticket(
    request: Request,
    response: Response,
    principal: Annotated[Principal, Depends(require(STREAM_TICKETS))],
) -> StreamTicket:
    """A ticket with which a plain `EventSource` opens any one stream that the key may read, once, within a minute. It
    does nothing else. Nothing of it is left when it was used; a stream that ends is opened again with a new ticket,
    and `since` with the last event id. When the key is revoked, the streams that its tickets opened end in seconds."""
    issued = await platform_of(request).keys.tickets.issue(principal)
    if issued is None:
        raise Problem(
            429,
            "Too many tickets of this key wait to be used. Get one when a stream is opened, not before.",
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    response.headers["Cache-Control"] = "no-store"
    return StreamTicket(ticket=issued.ticket, expires_at=issued.expires_at)
