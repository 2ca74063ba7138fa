"""Dead letters over HTTP: operators of a mission list, read, replay and discard messages that were not processed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final, Self
from uuid import UUID

import structlog
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from clearway_platform.auth.permissions import DEAD_LETTERS as PERMISSION
from clearway_platform.auth.permissions import RESTRICTED
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.forms import BoundedForm
from clearway_platform.messaging.dead_letter_contents import contents_of, may_be_read
from clearway_platform.messaging.dead_letters import (
    WAITING,
    DeadLetter,
    DeadLetters,
    DeadLetterState,
    Decided,
    NoSuchLetter,
)
from clearway_platform.refusals import Conflict, NotFound
from clearway_platform.service import Platform
from clearway_platform.web.access import require
from clearway_platform.web.audited import note_restricted_read
from clearway_platform.web.pages import Cursor, Limit, Page, decode_cursor, decode_moment, encode_cursor
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.problems import BadCursor
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write

log = structlog.get_logger(__name__)

Operator = Annotated[Principal, Depends(require(PERMISSION))]

DEAD_LETTERS: Final = {"Dead letters": "Messages that a service could not process: a person decides on each."}
"""The tag of these routes in the OpenAPI document."""

_DECIDED: Final = {
    DeadLetterState.REPLAYING: "This dead letter is being replayed. Wait until its state is `replayed` or `dead`.",
    DeadLetterState.REPLAYED: "This dead letter was replayed: its event is processed. No action is needed.",
    DeadLetterState.DISCARDED: "This dead letter was discarded. If its event is still needed, change the incident or "
    "the route again: every event carries the whole state.",
}


class LetterDecided(Conflict):
    """The letter is being replayed, was replayed, or was discarded."""

    def __init__(self, state: DeadLetterState) -> None:
        super().__init__(_DECIDED[state])


class DeadLetterView(BaseModel):
    """A message that a consumer could not process: its source, the error, and its state since."""

    letter_id: UUID
    state: DeadLetterState = Field(description="`dead` waits for a person, `replaying` for its consumer.")
    consumer: str
    topic: str
    published_at: datetime
    mission: str
    event_type: str | None = Field(description="The type in the message; null when it names none.")
    subject: str | None = Field(description="The id of the incident or route; null when the message names none.")
    error: str
    attempts: int
    failed_at: datetime
    reason: str | None = Field(description="The reason for which it was discarded.")
    changed_at: datetime

    @classmethod
    def of(cls, letter: DeadLetter, principal: Principal) -> Self:
        return cls.model_validate(_described(letter, principal))


class DeadLetterDetail(DeadLetterView):
    """A dead letter with its event."""

    headers: dict[str, str] = Field(description="The headers of the message.")
    event: Any = Field(description="The event's data; null when it is not JSON.")
    hidden: list[str] = Field(
        description=f"Fields of `event` that are null here because they need the permission {RESTRICTED} (narratives, "
        "nine-line reports, contacts), or because the event is marked for other readers: then all but the ids."
    )

    @classmethod
    def shown_to(cls, letter: DeadLetter, principal: Principal) -> Self:
        contents = contents_of(letter.record, principal.ceiling, restricted=principal.may(RESTRICTED))
        event = {"headers": contents.headers, "event": contents.data, "hidden": list(contents.hidden)}
        return cls.model_validate(_described(letter, principal) | event)


class DiscardBody(BoundedForm):
    """The reason for discarding the message."""

    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")
    ]


def dead_letter_router(platform: Platform, path: str) -> Router:
    """The routes of a service's dead letters, at `path`."""
    router = Router(prefix=path, tags=["Dead letters"])
    letters = platform.dead_letters
    name = path.rpartition("/")[2].replace("-", "_")

    @router.get("", operation_id=f"{name}.list", summary="List dead letters")
    async def list_dead_letters(
        principal: Operator,
        state: Annotated[
            DeadLetterState | None, Query(description="Only this state; by default `dead` and `replaying`.")
        ] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Page[DeadLetterView]:
        """The mission's dead letters, the latest failure first. A message that names no mission is not listed here, but
        on the command line (`clearway dead-letters list`)."""
        states = WAITING if state is None else (state,)
        page = await letters.page(principal.mission, states=states, after=_after(cursor), limit=limit)
        following = None if page.is_last else encode_cursor(*_sort_key(page.letters[-1]))
        return Page(items=[DeadLetterView.of(letter, principal) for letter in page.letters], next=following)

    @router.get("/{letter_id}", operation_id=f"{name}.get", summary="Read a dead letter")
    async def get_dead_letter(request: Request, letter_id: UUID, principal: Operator) -> DeadLetterDetail:
        """A dead letter with its event."""
        found = await letters.get(letter_id, principal.mission)
        if found is None:
            raise NotFound(letter_id, "dead letter")
        shown = DeadLetterDetail.shown_to(found, principal)
        if not shown.hidden:
            note_restricted_read(request, [f"dead letter {letter_id}"])
        return shown

    @router.post(
        "/{letter_id}/replay",
        operation_id=f"{name}.replay",
        summary="Replay a dead letter",
        status_code=202,
        response_model=DeadLetterView,
        responses=raises(LetterDecided),
    )
    async def replay_dead_letter(letter_id: UUID, principal: Operator, write: Write) -> Response:
        """Let the consumer process the message again, once. If that fails, the state is `dead` again."""

        return await write(partial(_replay, letters, letter_id, principal))

    @router.post(
        "/{letter_id}/discard",
        operation_id=f"{name}.discard",
        summary="Discard a dead letter",
        response_model=DeadLetterView,
        responses=raises(LetterDecided),
    )
    async def discard_dead_letter(letter_id: UUID, body: DiscardBody, principal: Operator, write: Write) -> Response:
        """Discard the message: it is never processed. It stays on record, with the reason, for 90 days."""

        return await write(partial(_discard, letters, letter_id, principal, body.reason))

    return router


async def _replay(letters: DeadLetters, letter_id: UUID, principal: Principal, transaction: Transaction) -> Reply:
    with _refusals(letter_id):
        letter = await letters.replay(transaction, letter_id, principal.mission)
    _log_decision(transaction, "dead_letter_replayed", letter)
    return Reply(202, DeadLetterView.of(letter, principal))


async def _discard(
    letters: DeadLetters, letter_id: UUID, principal: Principal, reason: str, transaction: Transaction
) -> Reply:
    with _refusals(letter_id):
        letter = await letters.discard(transaction, letter_id, reason, principal.mission)
    _log_decision(transaction, "dead_letter_discarded", letter)
    return Reply(200, DeadLetterView.of(letter, principal))


@contextmanager
def _refusals(letter_id: UUID) -> Iterator[None]:
    try:
        yield
    except NoSuchLetter as error:
        raise NotFound(letter_id, "dead letter") from error
    except Decided as error:
        raise LetterDecided(error.letter.state) from error


def _log_decision(transaction: Transaction, event: str, letter: DeadLetter) -> None:
    """The log names the key that decided, and the request's id: the row keeps the reason alone."""
    transaction.after_commit(lambda: log.info(event, letter=str(letter.id), consumer=letter.consumer))


def _described(letter: DeadLetter, principal: Principal) -> dict[str, Any]:
    named = {name: getattr(letter, name) for name in DeadLetterView.model_fields if hasattr(letter, name)}
    # What went wrong may repeat a part of the event; its kind does not.
    error = letter.error if may_be_read(letter.record, principal.ceiling) else letter.error.partition(":")[0]
    return named | {"letter_id": letter.id, "event_type": letter.type, "error": error}


def _sort_key(letter: DeadLetter) -> tuple[str, str]:
    return letter.failed_at.isoformat(), str(letter.id)


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    sort_key = decode_cursor(cursor, str, str)
    try:
        return None if sort_key is None else (decode_moment(sort_key[0]), UUID(sort_key[1]))
    except ValueError as error:
        raise BadCursor from error
