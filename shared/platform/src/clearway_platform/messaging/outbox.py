"""The outbox: the messages of a transaction, which are published once it is committed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from opentelemetry import context, propagate
from sqlalchemy import insert

from clearway_contracts.codec import Check, Encoded, encode
from clearway_contracts.envelope import Envelope, Event, EventData
from clearway_contracts.topics import TOPICS
from clearway_platform.clock import Clock, new_id
from clearway_platform.database.engines import Transaction
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow
from clearway_platform.log.base import Message, MessageTooLarge
from clearway_platform.log.size import message_bytes

_ADD: Final = insert(table_of(OutboxRow))
_LIMITS: Final = {topic.name: topic.max_message_bytes for topic in TOPICS}


class Outbox:
    """Adds messages to the transaction of the change that they describe.

    `wake` is set when such a transaction has committed in this process; the relay waits for it.
    `check` is called with every encoded event: tests validate it against the contract.
    """

    def __init__(self, clock: Clock, check: Check | None = None) -> None:
        self._clock = clock
        self._check = check
        self.wake = asyncio.Event()

    def event(
        self,
        data: EventData,
        *,
        subject: str,
        source: str,
        occurred: datetime,
        causation: UUID | None = None,
        document: Mapping[str, Any] | None = None,
    ) -> Event:
        """An event about `subject` (the aggregate's id) that occurred at `occurred`, in the current trace. `document`:
        the same data as JSON values, where they are there."""
        envelope = Envelope(
            id=new_id(),
            source=source,
            subject=subject,
            mission=data.mission,
            time=occurred,
            recorded_time=self._clock.now(),
            causation_id=causation,
            traceparent=current_trace().get("traceparent"),
        )
        return Event(envelope=envelope, data=data, document=document)

    async def add(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Publish `events`, in order per subject, if and only if the transaction commits.

        Lock or version-check the aggregate first: the order of the calls is the order of its events.
        Raises MessageTooLarge, InvalidEvent; the caller must not commit then.
        """
        await self.add_rows(transaction, [self.row_of(event) for event in events])

    def row_of(self, event: Event) -> dict[str, Any]:
        """The row of an event, as plain values. Raises MessageTooLarge, InvalidEvent."""
        return _event_row(event, self._check)

    async def add_rows(self, transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """As `add`, of events whose rows are made."""
        await self._insert(transaction, rows)

    async def add_apart(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Publish events that do not enter the feed: no client follows them."""
        await self.add_messages(transaction, [_message(encode(event, check=self._check)) for event in events])

    async def add_messages(self, transaction: Transaction, messages: Sequence[Message]) -> None:
        """Publish messages that are not events of this service. They do not enter its feed."""
        now = self._clock.now()
        await self._insert(
            transaction, [_message_row(message) | {"time": now, "recorded_at": now} for message in messages]
        )

    async def _insert(self, transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            await transaction.connection.execute(_ADD, rows)
            transaction.after_commit(self.wake.set)


def current_trace() -> dict[str, str]:
    """The trace of the work that is done now, as another process can continue it."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier


def continue_trace(trace: Mapping[str, str]) -> None:
    """From now on the events of this task are in that trace."""
    context.attach(propagate.extract(trace))


def _event_row(event: Event, check: Check | None) -> dict[str, Any]:
    encoded, envelope = encode(event, check=check), event.envelope
    return _message_row(_message(encoded)) | {
        "event_id": envelope.id,
        "mission": envelope.mission,
        "type": event.data.event_type,
        "subject": envelope.subject,
        "time": envelope.time,
        "recorded_at": envelope.recorded_time,
    }


def _message(encoded: Encoded) -> Message:
    return Message(encoded.topic, encoded.key, encoded.value, encoded.headers)


def _message_row(message: Message) -> dict[str, Any]:
    """The row of a message. Raises MessageTooLarge: in the outbox such a message would stop all later ones."""
    size, limit = message_bytes(message), _LIMITS[message.topic]
    if size > limit:
        raise MessageTooLarge(f"a message of {size} bytes is over the {limit} bytes of {message.topic}")
    return {"topic": message.topic, "key": message.key, "value": message.value, "headers": message.headers}
