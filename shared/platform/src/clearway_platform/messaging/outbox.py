"""The outbox: what a transaction will have said to the others once it is committed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from opentelemetry import propagate
from sqlalchemy import insert

from clearway_contracts.codec import Check, encode
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
    """Adds messages to the transaction of the change that they tell of.

    `wake` is set when such a transaction has committed in this process; the relay waits for it.
    `check` sees every event as it will be published: tests hold it against the contract there.
    """

    def __init__(self, clock: Clock, check: Check | None = None) -> None:
        self._clock = clock
        self._check = check
        self.wake = asyncio.Event()

    def event(
        self, data: EventData, *, subject: str, source: str, occurred: datetime, causation: UUID | None = None
    ) -> Event:
        """An event about `subject` (the aggregate's id) that occurred at `occurred`, in the trace that is going on."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        envelope = Envelope(
            id=new_id(),
            source=source,
            subject=subject,
            mission=data.mission,
            time=occurred,
            recorded_time=self._clock.now(),
            causation_id=causation,
            traceparent=carrier.get("traceparent"),
        )
        return Event(envelope=envelope, data=data)

    async def add(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Publish `events`, in order per subject, if and only if the transaction commits.

        Lock or version-check the aggregate before: the order of the calls is the order of its events.
        Raises MessageTooLarge, InvalidEvent; then nothing may be committed.
        """
        await self._insert(transaction, [_event_row(event, self._check) for event in events])

    async def add_messages(self, transaction: Transaction, messages: Sequence[Message]) -> None:
        """Publish messages that are no events of this service: they do not enter its feed."""
        now = self._clock.now()
        await self._insert(
            transaction, [_message_row(message) | {"time": now, "recorded_at": now} for message in messages]
        )

    async def _insert(self, transaction: Transaction, rows: list[dict[str, Any]]) -> None:
        if rows:
            await transaction.connection.execute(_ADD, rows)
            transaction.after_commit(self.wake.set)


def _event_row(event: Event, check: Check | None) -> dict[str, Any]:
    encoded, envelope = encode(event, check=check), event.envelope
    return _message_row(Message(encoded.topic, encoded.key, encoded.value, encoded.headers)) | {
        "event_id": envelope.id,
        "mission": envelope.mission,
        "type": event.data.event_type,
        "subject": envelope.subject,
        "time": envelope.time,
        "recorded_at": envelope.recorded_time,
    }


def _message_row(message: Message) -> dict[str, Any]:
    """Refuses here what the log would refuse later: a message that can never be published would stop all behind it."""
    size, limit = message_bytes(message), _LIMITS[message.topic]
    if size > limit:
        raise MessageTooLarge(f"a message of {size} bytes is over the {limit} bytes of {message.topic}")
    return {"topic": message.topic, "key": message.key, "value": message.value, "headers": message.headers}
