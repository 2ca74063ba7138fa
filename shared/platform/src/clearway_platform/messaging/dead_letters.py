"""Dead letters: messages that a consumer could not process, kept until a person replays or discards them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

from pydantic import ValidationError
from sqlalchemy import Row, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_contracts.topics import DEAD_LETTERS
from clearway_platform.clock import Clock
from clearway_platform.database.engines import BoundDatabase, Database, Transaction, insert
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import DeadLetterRow
from clearway_platform.log.base import Headers, Message, Record
from clearway_platform.messaging.dead_letter_contents import mission_of, text_of
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.paging import part_of

_ROWS = table_of(DeadLetterRow)
_NAMESPACE: Final = UUID("8d7d2c5e-6f5c-4c0e-9a37-0b1f1a7e3f60")
_ERROR_CHARACTERS: Final = 2000


class DeadLetterState(StrEnum):
    """The state of a dead letter: waiting for a person (dead), for its consumer (replaying), or settled."""

    DEAD = "dead"
    REPLAYING = "replaying"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


WAITING: Final = (DeadLetterState.DEAD, DeadLetterState.REPLAYING)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was not processed: its source, the error, the attempts, and its state since."""

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


@dataclass(frozen=True, slots=True)
class LetterPage:
    """Dead letters, and whether no others follow."""

    letters: Sequence[DeadLetter]
    is_last: bool


class NoSuchLetter(LookupError):
    """There is no such dead letter in the mission."""


class Decided(Exception):
    """The dead letter was decided already: `letter` has its state."""

    def __init__(self, letter: DeadLetter) -> None:
        super().__init__(f"the letter is {letter.state} since {letter.changed_at.isoformat()}")
        self.letter = letter


class DeadLetters:
    """The dead letters of one service's consumers.

    They are stored in the service's database, in the transaction that marks the message as taken, and published
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
        """Store `record`, and publish it to the dead-letter topic. A repeat changes nothing."""
        values = _values(consumer, record, error, attempts, self._clock.now())
        statement = insert(transaction.connection, DeadLetterRow).on_conflict_do_nothing().returning(_ROWS.c.id)
        if (await transaction.connection.execute(statement, values)).first() is not None:
            await self._outbox.add_messages(transaction, [_message(values, record)])
        letter_id: UUID = values["id"]
        return letter_id

    async def list(
        self, mission: str | None = None, *, states: Sequence[DeadLetterState] = WAITING, limit: int = 100
    ) -> Sequence[DeadLetter]:
        """The dead letters of a mission, or all when `mission` is None, the latest failure first."""
        found: list[DeadLetter] = []
        page = await self.page(mission, states=states, limit=limit)
        while (found := [*found, *page.letters]) and not page.is_last and len(found) < limit:
            end = found[-1].failed_at, found[-1].id
            page = await self.page(mission, states=states, after=end, limit=limit - len(found))
        return found

    async def page(
        self,
        mission: str | None = None,
        *,
        states: Sequence[DeadLetterState] = WAITING,
        after: tuple[datetime, UUID] | None = None,
        limit: int = 100,
    ) -> LetterPage:
        """The same, fewer when their messages are large: each may have as many bytes as a message of its topic.

        `after` is the end of the previous page: `failed_at` and id of its last dead letter.
        """
        query = select(_ROWS).where(_ROWS.c.state.in_(states))
        if mission is not None:
            query = query.where(_ROWS.c.mission == mission)
        if after is not None:
            failed_at, letter_id = after
            earlier = and_(_ROWS.c.failed_at == failed_at, _ROWS.c.id < letter_id)
            query = query.where(or_(_ROWS.c.failed_at < failed_at, earlier))
        by = ["failed_at", "id"]
        async with self._of(mission).read() as connection:
            part = await part_of(connection, query, by, heavy="value", limit=limit, newest_first=True)
        return LetterPage([_of_row(row) for row in part.rows], part.is_last)

    async def get(self, letter_id: UUID, mission: str | None = None) -> DeadLetter | None:
        """One dead letter; None when the mission has none of that id."""
        async with self._of(mission).read() as connection:
            return await _one(connection, letter_id, mission)

    async def count(self, mission: str | None = None) -> int:
        """The number of dead letters of a mission, or of all when it is None, that wait for a person."""
        query = select(func.count()).select_from(_ROWS).where(_ROWS.c.state == DeadLetterState.DEAD)
        if mission is not None:
            query = query.where(_ROWS.c.mission == mission)
        async with self._of(mission).read() as connection:
            found: int = (await connection.execute(query)).scalar_one()
        return found

    async def replay(self, transaction: Transaction, letter_id: UUID, mission: str | None = None) -> DeadLetter:
        """Let the consumer process the message again, once for repeated calls. Raises NoSuchLetter, Decided."""
        values = {"state": DeadLetterState.REPLAYING, "reason": None}
        if not await self._update(transaction, letter_id, DeadLetterState.DEAD, values, mission):
            found = await _existing(transaction, letter_id, mission)
            if found.state is not DeadLetterState.REPLAYING:
                raise Decided(found)
            return found
        transaction.after_commit(self.replay_requested.set)
        return await _existing(transaction, letter_id, mission)

    async def discard(
        self, transaction: Transaction, letter_id: UUID, reason: str, mission: str | None = None
    ) -> DeadLetter:
        """Discard the message; the reason stays on record. Raises NoSuchLetter, Decided."""
        values = {"state": DeadLetterState.DISCARDED, "reason": reason}
        moved = await self._update(transaction, letter_id, DeadLetterState.DEAD, values, mission)
        found = await _existing(transaction, letter_id, mission)
        if not moved:
            raise Decided(found)
        return found

    async def due(self, consumer: str, limit: int = 100) -> Sequence[DeadLetter]:
        """The dead letters that `consumer` is to process again, in the order of their publication; not all of them when
        they are many or large."""
        query = select(_ROWS).where(_ROWS.c.consumer == consumer, _ROWS.c.state == DeadLetterState.REPLAYING)
        by = ["topic", "partition", "offset"]
        async with self._of(None).read() as connection:
            part = await part_of(connection, query, by, heavy="value", limit=limit, newest_first=False)
        return [_of_row(row) for row in part.rows]

    async def replayed(self, transaction: Transaction, letter: DeadLetter) -> bool:
        """Mark `letter` as replayed, in the transaction of its effect. False when it is not in replay any more."""
        return await self._update(
            transaction, letter.id, DeadLetterState.REPLAYING, {"state": DeadLetterState.REPLAYED}
        )

    async def failed_again(self, letter: DeadLetter, error: BaseException) -> None:
        """Let `letter` wait for a person again, with the new error."""
        values = {
            "state": DeadLetterState.DEAD,
            "error": describe(error),
            "attempts": letter.attempts + 1,
            "failed_at": self._clock.now(),
        }
        async with self._of(None).write() as transaction:
            await self._update(transaction, letter.id, DeadLetterState.REPLAYING, values)

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

    def _of(self, mission: str | None) -> BoundDatabase:
        """A record that is no event of ours may be of no mission."""
        if mission is None:
            return self._database.of_every_mission("an operator and a consumer see the dead letters of all missions")
        return self._database.of(mission)


async def _existing(transaction: Transaction, letter_id: UUID, mission: str | None) -> DeadLetter:
    found = await _one(transaction.connection, letter_id, mission)
    if found is None:
        raise NoSuchLetter(str(letter_id))
    return found


async def _one(connection: AsyncConnection, letter_id: UUID, mission: str | None) -> DeadLetter | None:
    query = select(_ROWS).where(_ROWS.c.id == letter_id)
    if mission is not None:
        query = query.where(_ROWS.c.mission == mission)
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else _letter(row)


def _of_row(row: Row[Any]) -> DeadLetter:
    """The letter of a row that has other columns too."""
    return _letter({column.name: row._mapping[column.name] for column in _ROWS.c})


def _letter(row: Mapping[Any, Any]) -> DeadLetter:
    return DeadLetter(**{**row, "state": DeadLetterState(row["state"])})


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
        "mission": mission_of(record),
        "type": text_of(headers.get("ce_type")),
        "subject": text_of(headers.get("ce_subject")),
        "error": describe(error),
        "attempts": attempts,
        "failed_at": now,
        "state": DeadLetterState.DEAD,
        "changed_at": now,
    }


def _identity(consumer: str, record: Record) -> UUID:
    """The same record is the same dead letter. The time separates a topic from one that was created anew."""
    source = f"{consumer}|{record.topic}|{record.partition}|{record.offset}|{record.timestamp.isoformat()}"
    return uuid5(_NAMESPACE, source)


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


def describe(error: BaseException) -> str:
    """The class and the text of an error. Values that do not validate are left out: they may be those of a stored row,
    such as an address that is a secret."""
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_context=False, include_input=False)
        text = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)
    else:
        text = str(error)
    return f"{type(error).__name__}: {text}".replace("\x00", "\\0")[:_ERROR_CHARACTERS]
