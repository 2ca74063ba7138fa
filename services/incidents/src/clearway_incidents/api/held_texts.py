"""Held texts: withheld because they read like instructions for making something, for a person to decide on."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import Row
from starlette.responses import Response

from clearway_incidents.api.bodies import ReasonBody
from clearway_incidents.api.dependencies import TextReviewer, Wired
from clearway_incidents.api.texts import Form, Narrative, Text
from clearway_incidents.commands.held_texts import TextDecision
from clearway_incidents.domain.errors import NotNow, NotYours, TextDecided, TextReplaced, UnknownHeldText
from clearway_incidents.domain.held_texts import HeldTextState
from clearway_incidents.queries import held_texts as queries
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.web.audited import note_restricted_read
from clearway_platform.web.conditional import IfMatch, etag
from clearway_platform.web.document import REVISED, header
from clearway_platform.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.problems import BadCursor
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write

router = Router(prefix="/v1/held-texts", tags=["Reviewing texts"])

States = Annotated[list[HeldTextState], Query(alias="state", max_length=10, description="By default `open` alone.")]


class HeldTextBody(BaseModel):
    """A text that is withheld from an incident, or was. The incident has "withheld: under review" in its place."""

    held_id: UUID
    revision: int
    state: HeldTextState
    incident_id: UUID
    incident_revision: int = Field(description="The revision of the incident that it came with.")
    field: str = Field(description="Its dotted name in the incident; a report is named by its id. Or `reason`.")
    why: list[str] = Field(description="The rules because of which it is held.")
    sent_by: str
    organisation: str | None = Field(description="That of the report that it came with.")
    held_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None = Field(description="Why it was released or removed.")

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls.model_validate(dict(row._mapping))


class WholeHeldText(HeldTextBody):
    """A held text, with the text itself."""

    text: str
    redacted: str | None = Field(description="What a person put in its place when it was released.")


class TextReleaseBody(Form):
    """Release the text as it is, or give a redacted one, which is put there instead."""

    text: Annotated[Narrative, Field(min_length=1)] | None = Field(
        default=None, description="Instead of the text. It must fit into the field."
    )
    reason: Annotated[Text | None, Field(description="A note for the history.")] = None


@router.get("", operation_id="held_texts.list", summary="List texts that are withheld")
async def listing(
    principal: TextReviewer,
    reading: Reading,
    states: States = [],  # noqa: B006 - read by FastAPI, never changed
    incident_id: Annotated[UUID | None, Query(description="Only those of this incident.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[HeldTextBody]:
    """Those that are open first, and of each the newest first. Only those of incidents that the key may read whole, and
    without the texts."""
    wanted = states or [HeldTextState.OPEN]
    found = await queries.held_texts(reading, principal, wanted, incident_id, _end(cursor), limit + 1)
    items = [HeldTextBody.of(row) for row in found[:limit]]
    following = _cursor(items[-1]) if len(found) > limit else None
    return Page(items=items, next=following)


@router.get(
    "/{held_id}",
    operation_id="held_texts.get",
    summary="Read a text that is withheld",
    responses={200: {"headers": header("ETag")}},
)
async def one(
    request: Request, held_id: UUID, principal: TextReviewer, reading: Reading, response: Response
) -> WholeHeldText:
    """With the text itself: the audit notes who reads it."""
    row = await queries.held_text(reading, principal, held_id)
    if row is None:
        raise UnknownHeldText(held_id)
    note_restricted_read(request, [f"held text {held_id}"])
    response.headers["ETag"] = etag(row.revision)
    return WholeHeldText.of(row)


@router.post(
    "/{held_id}/release",
    operation_id="held_texts.release",
    summary="Put a withheld text into its incident",
    response_model=HeldTextBody,
    responses=REVISED | raises(TextDecided, TextReplaced, NotNow, NotYours),
)
async def release(
    held_id: UUID, expected: IfMatch, sent: TextReleaseBody, principal: TextReviewer, wiring: Wired, write: Write
) -> Response:
    """Makes a revision of the incident; nobody is warned about it. Not by the person who sent the text. A released
    `reason` is shown in the history from then on."""
    decision = TextDecision(held_id, expected, HeldTextState.RELEASED, sent.reason, sent.text)
    return await write(partial(_decide, wiring, principal, decision))


@router.post(
    "/{held_id}/remove",
    operation_id="held_texts.remove",
    summary="Leave a withheld text out for good",
    response_model=HeldTextBody,
    responses=REVISED | raises(TextDecided),
)
async def remove(
    held_id: UUID, expected: IfMatch, sent: ReasonBody, principal: TextReviewer, wiring: Wired, write: Write
) -> Response:
    """The incident stays as it is. The text is kept with the decision until the retention of the incident ends."""
    decision = TextDecision(held_id, expected, HeldTextState.REMOVED, sent.reason)
    return await write(partial(_decide, wiring, principal, decision))


async def _decide(wiring: Wired, principal: Principal, decision: TextDecision, transaction: Transaction) -> Reply:
    row = await wiring.held_texts.decide(transaction, principal, decision)
    return Reply(200, HeldTextBody.of(row), {"ETag": etag(row.revision)})


def _cursor(last: HeldTextBody) -> str:
    return encode_cursor(int(last.state is not HeldTextState.OPEN), str(last.held_id))


def _end(cursor: str | None) -> queries.Place | None:
    """Where the page before ended. Raises a 400 problem."""
    end = decode_cursor(cursor, int, str)
    if end is None:
        return None
    try:
        return bool(end[0]), UUID(end[1])
    except ValueError as error:
        raise BadCursor from error
