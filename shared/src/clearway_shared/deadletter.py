"""Dead letters: messages that a consumer could not take, kept until a person replays or discards them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import func, select, update

from clearway_shared.broker.base import Headers, Message, Record
from clearway_shared.clock import Clock
from clearway_shared.database import Database, Transaction, insert
from clearway_shared.events.topics import DEAD_LETTERS
from clearway_shared.outbox import Outbox
from clearway_shared.tables import DeadLetterRow

_ROWS = DeadLetterRow.__table__  # type: ignore[attr-defined]
_NAMESPACE: Final = UUID("8d7d2c5e-6f5c-4c0e-9a37-0b1f1a7e3f60")
_ERROR_CHARACTERS: Final = 2000


class DeadLetterState(StrEnum):
    DEAD = "dead"
    REPLAYING = "replaying"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was not taken: where it came from, why, after how many tries, and what became of it."""

    id: UUID
    consumer: str
    topic: str
    partition: int
    offset: int
    published_at: datetime
    key: bytes | None
    value: bytes | None
    headers: Headers
    mission: str | None
    type: str | None
    subject: str | None
    error: str
    attempts: int
    failed_at: datetime
    state: DeadLetterState
    reason: str | None
    changed_at: datetime

    @property
    def record(self) -> Record:
        """The message as it was consumed."""
        return Record(self.topic, self.partition, self.offset, self.published_at, self.key, self.value, self.headers)


class DeadLetters:
    """The dead letters of one service's consumers.

    They are kept in the service's database, in the transaction that marks the message as taken, and published
    through its outbox: none is lost while the broker is away.
    """

    def __init__(self, database: Database, outbox: Outbox, clock: Clock) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock
        self.replay_requested = asyncio.Event()

    async def add(
        self, transaction: Transaction, consumer: str, record: Record, error: BaseException, attempts: int
    ) -> UUID:
        """Keep `record`, and publish it to the dead-letter topic. Adding it again changes nothing."""
        values = _values(consumer, record, error, attempts, self._clock.now())
        statement = insert(transaction.connection, DeadLetterRow).on_conflict_do_nothing().returning(_ROWS.c.id)
        if (await transaction.connection.execute(statement, values)).first() is not None:
            await self._outbox.add_messages(transaction, [_message(values, record)])
        letter_id: UUID = values["id"]
        return letter_id

    async def list(
        self,
        mission: str | None = None,
        *,
        states: Sequence[DeadLetterState] = (DeadLetterState.DEAD, DeadLetterState.REPLAYING),
        limit: int = 100,
    ) -> Sequence[DeadLetter]:
        """The newest dead letters of a mission, or of all and of none when `mission` is None."""
        query = select(_ROWS).where(_ROWS.c.state.in_(states)).order_by(_ROWS.c.failed_at.desc(), _ROWS.c.id)
        if mission is not None:
            query = query.where(_ROWS.c.mission == mission)
        return await self._read(query.limit(limit))

    async def get(self, letter_id: UUID, mission: str | None = None) -> DeadLetter | None:
        """One dead letter; None when there is none, or when it is another mission's."""
        query = select(_ROWS).where(_ROWS.c.id == letter_id)
        if mission is not None:
            query = query.where(_ROWS.c.mission == mission)
        return next(iter(await self._read(query)), None)

    async def count(self) -> int:
        """How many wait for a person."""
        query = select(func.count()).select_from(_ROWS).where(_ROWS.c.state == DeadLetterState.DEAD)
        async with self._database.read() as connection:
            found: int = (await connection.execute(query)).scalar_one()
        return found

    async def replay(self, letter_id: UUID, mission: str | None = None) -> bool:
        """Ask the consumer to take the message again. False when there is no such letter that is dead."""
        moved = await self._move(letter_id, mission, DeadLetterState.REPLAYING, reason=None)
        if moved:
            self.replay_requested.set()
        return moved

    async def discard(self, letter_id: UUID, reason: str, mission: str | None = None) -> bool:
        """Give the message up, for a reason that stays on record. False when there is no such letter that is dead."""
        return await self._move(letter_id, mission, DeadLetterState.DISCARDED, reason)

    async def due(self, consumer: str, limit: int = 100) -> Sequence[DeadLetter]:
        """The letters that `consumer` was asked to take again, in the order in which they were published."""
        return await self._read(
            select(_ROWS)
            .where(_ROWS.c.consumer == consumer, _ROWS.c.state == DeadLetterState.REPLAYING)
            .order_by(_ROWS.c.topic, _ROWS.c.partition, _ROWS.c.offset)
            .limit(limit)
        )

    async def replayed(self, transaction: Transaction, letter: DeadLetter) -> bool:
        """Mark `letter` as taken, in the transaction of its effect. False when it was no longer to be taken."""
        return await self._update(
            transaction, letter.id, DeadLetterState.REPLAYING, {"state": DeadLetterState.REPLAYED}
        )

    async def failed_again(self, letter: DeadLetter, error: BaseException) -> None:
        """Lay `letter` back among the dead, with what went wrong this time."""
        values = {
            "state": DeadLetterState.DEAD,
            "error": _describe(error),
            "attempts": letter.attempts + 1,
            "failed_at": self._clock.now(),
        }
        async with self._database.write() as transaction:
            await self._update(transaction, letter.id, DeadLetterState.REPLAYING, values)

    async def _move(self, letter_id: UUID, mission: str | None, state: DeadLetterState, reason: str | None) -> bool:
        async with self._database.write() as transaction:
            values = {"state": state, "reason": reason}
            return await self._update(transaction, letter_id, DeadLetterState.DEAD, values, mission)

    async def _update(
        self,
        transaction: Transaction,
        letter_id: UUID,
        expected: DeadLetterState,
        values: dict[str, Any],
        mission: str | None = None,
    ) -> bool:
        statement = update(_ROWS).where(_ROWS.c.id == letter_id, _ROWS.c.state == expected)
        if mission is not None:
            statement = statement.where(_ROWS.c.mission == mission)
        result = await transaction.connection.execute(statement.values(**values, changed_at=self._clock.now()))
        return bool(result.rowcount)

    async def _read(self, query: Any) -> Sequence[DeadLetter]:
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings()
            return [DeadLetter(**{**row, "state": DeadLetterState(row["state"])}) for row in rows]


def _values(consumer: str, record: Record, error: BaseException, attempts: int, now: datetime) -> dict[str, Any]:
    headers = dict(record.headers)
    return {
        "id": _identity(consumer, record),
        "consumer": consumer,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "published_at": record.timestamp,
        "key": record.key,
        "value": record.value,
        "headers": record.headers,
        "mission": _text(headers.get("ce_mission")),
        "type": _text(headers.get("ce_type")),
        "subject": _text(headers.get("ce_subject")),
        "error": _describe(error),
        "attempts": attempts,
        "failed_at": now,
        "state": DeadLetterState.DEAD,
        "changed_at": now,
    }


def _identity(consumer: str, record: Record) -> UUID:
    """The same message at the same place is the same letter. The time tells a topic that was made anew apart."""
    place = f"{consumer}|{record.topic}|{record.partition}|{record.offset}|{record.timestamp.isoformat()}"
    return uuid5(_NAMESPACE, place)


def _message(values: dict[str, Any], record: Record) -> Message:
    origin = {
        "dl_id": values["id"],
        "dl_topic": record.topic,
        "dl_partition": record.partition,
        "dl_offset": record.offset,
        "dl_consumer": values["consumer"],
        "dl_error": values["error"],
        "dl_attempts": values["attempts"],
        "dl_time": values["failed_at"].isoformat(),
    }
    headers = tuple((name, str(value).encode()) for name, value in origin.items())
    # A log takes no message that has neither key nor value.
    value = b"" if record.key is None and record.value is None else record.value
    return Message(DEAD_LETTERS.name, record.key, value, record.headers + headers)


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".replace("\x00", "\\0")[:_ERROR_CHARACTERS]


def _text(value: bytes | None) -> str | None:
    """A header as text, or None when it is not: what cannot be read must not keep the letter from being stored."""
    if value is None or b"\x00" in value:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None
