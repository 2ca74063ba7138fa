"""Dead letters over HTTP: a mission's operators list, read, replay and discard what a service could not take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field, StringConstraints

from clearway_platform.auth.permissions import DEAD_LETTERS as PERMISSION
from clearway_platform.auth.permissions import RESTRICTED
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.messaging.dead_letter_contents import contents_of
from clearway_platform.messaging.dead_letters import WAITING, DeadLetter, DeadLetterState, Decided, NoSuchLetter
from clearway_platform.service import Platform
from clearway_platform.web.access import require
from clearway_platform.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from clearway_platform.web.problems import BadCursor, conflict, not_found
from clearway_platform.web.writes import Reply, Write

log = structlog.get_logger(__name__)

Operator = Annotated[Principal, Depends(require(PERMISSION))]

DEAD_LETTERS: Final = {"Dead letters": "Messages that a service could not take, which wait for a person to decide."}
"""How the documents describe these routes."""

_DECIDED: Final = {
    DeadLetterState.REPLAYING: "This letter is being replayed. Wait until it is replayed, or waits for a person again.",
    DeadLetterState.REPLAYED: "This letter was replayed: its event has been taken. No action is needed.",
    DeadLetterState.DISCARDED: "This letter was discarded. If its event is needed all the same, change the incident "
    "or the route once more: every event carries the whole state.",
}


class DeadLetterView(BaseModel):
    """A message that a consumer could not take: where it stands in the log, why it failed, what became of it."""

    letter_id: UUID
    state: DeadLetterState = Field(description="`dead` waits for a person, `replaying` for its consumer.")
    consumer: str
    topic: str
    partition: int
    offset: int
    published_at: datetime
    mission: str
    event_type: str | None = Field(description="As the message says it; null when it does not.")
    subject: str | None = Field(description="The id of the incident or route; null when the message does not say it.")
    error: str
    attempts: int
    failed_at: datetime
    reason: str | None = Field(description="Why it was discarded.")
    changed_at: datetime

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        return cls.model_validate(_described(letter))


class DeadLetterDetail(DeadLetterView):
    """A dead letter with its event."""

    headers: dict[str, str] = Field(description="The event's attributes, as the message carries them.")
    event: Any = Field(description="The event's data; null when it is no JSON.")
    hidden: list[str] = Field(
        description=f"Fields of `event` that are null here because they need the permission "
        f"{RESTRICTED}: narratives, nine-line reports, contacts."
    )

    @classmethod
    def shown_to(cls, letter: DeadLetter, principal: Principal) -> Self:
        contents = contents_of(letter.record, restricted=principal.may(RESTRICTED))
        event = {"headers": contents.headers, "event": contents.data, "hidden": list(contents.hidden)}
        return cls.model_validate(_described(letter) | event)


class DiscardBody(BaseModel, extra="forbid"):
    """Why the message is given up."""

    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")
    ]


def dead_letter_router(platform: Platform, path: str) -> APIRouter:
    """The routes of a service's dead letters, at `path`."""
    router = APIRouter(prefix=path, tags=["Dead letters"])
    letters = platform.dead_letters
    name = path.rpartition("/")[2].replace("-", "_")

    @router.get("", operation_id=f"{name}.list", summary="List dead letters")
    async def list_dead_letters(
        principal: Operator,
        state: Annotated[
            DeadLetterState | None, Query(description="Only those; by default what is dead or being replayed.")
        ] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Page[DeadLetterView]:
        """The mission's dead letters, those that failed last first. One that names no mission is not here: it is for
        the command line (`clearway dead-letters list`)."""
        states = WAITING if state is None else (state,)
        found = await letters.list(principal.mission, states=states, after=_place(cursor), limit=limit + 1)
        following = encode_cursor(*_ended(found[limit - 1])) if len(found) > limit else None
        return Page(items=[DeadLetterView.of(each) for each in found[:limit]], next=following)

    @router.get("/{letter_id}", operation_id=f"{name}.get", summary="Read a dead letter")
    async def get_dead_letter(letter_id: UUID, principal: Operator) -> DeadLetterDetail:
        """A dead letter with its event."""
        found = await letters.get(letter_id, principal.mission)
        if found is None:
            raise not_found("dead letter", letter_id)
        return DeadLetterDetail.shown_to(found, principal)

    @router.post(
        "/{letter_id}/replay",
        operation_id=f"{name}.replay",
        summary="Replay a dead letter",
        status_code=202,
        response_model=DeadLetterView,
    )
    async def replay_dead_letter(letter_id: UUID, principal: Operator, write: Write) -> Response:
        """Let the consumer take the message again, once. When it fails again the letter is `dead` again."""

        async def command(transaction: Transaction) -> Reply:
            with _refusals(letter_id):
                letter = await letters.replay(transaction, letter_id, principal.mission)
            _logged(transaction, "dead_letter_replayed", letter)
            return Reply(202, DeadLetterView.of(letter))

        return await write(command)

    @router.post(
        "/{letter_id}/discard",
        operation_id=f"{name}.discard",
        summary="Discard a dead letter",
        response_model=DeadLetterView,
    )
    async def discard_dead_letter(letter_id: UUID, body: DiscardBody, principal: Operator, write: Write) -> Response:
        """Give the message up. The letter and the reason stay on record for 90 days."""

        async def command(transaction: Transaction) -> Reply:
            with _refusals(letter_id):
                letter = await letters.discard(transaction, letter_id, body.reason, principal.mission)
            _logged(transaction, "dead_letter_discarded", letter)
            return Reply(200, DeadLetterView.of(letter))

        return await write(command)

    return router


@contextmanager
def _refusals(letter_id: UUID) -> Iterator[None]:
    try:
        yield
    except NoSuchLetter as error:
        raise not_found("dead letter", letter_id) from error
    except Decided as error:
        raise conflict(_DECIDED[error.letter.state]) from error


def _logged(transaction: Transaction, event: str, letter: DeadLetter) -> None:
    """Who decided is in the log, with the request's id: the letter keeps the reason alone."""
    transaction.after_commit(lambda: log.info(event, letter=str(letter.id), consumer=letter.consumer))


def _described(letter: DeadLetter) -> dict[str, Any]:
    named = {name: getattr(letter, name) for name in DeadLetterView.model_fields if hasattr(letter, name)}
    return named | {"letter_id": letter.id, "event_type": letter.type}


def _ended(letter: DeadLetter) -> tuple[str, str]:
    return letter.failed_at.isoformat(), str(letter.id)


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    place = decode_cursor(cursor, str, str)
    try:
        return None if place is None else (_aware(place[0]), UUID(place[1]))
    except (ValueError, OverflowError) as error:
        raise BadCursor from error


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)
