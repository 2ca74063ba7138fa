"""The tables that every service has beside its own: outbox, feed, inbox, dead letters, idempotency and sums."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Dialect, Index, Integer, LargeBinary, MetaData, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from clearway_platform.database.engines import Json, UtcDateTime
from clearway_platform.log.base import Headers
from clearway_platform.log.headers import headers_as_text, headers_of_text

plumbing_metadata: Final = MetaData()

# SQLite assigns row numbers only in a column of type INTEGER.
BigId: Final = BigInteger().with_variant(Integer(), "sqlite")


class HeaderText(TypeDecorator[Headers]):
    """A message's headers as readable text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Headers | None, dialect: Dialect) -> str | None:
        return None if value is None else headers_as_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Headers | None:
        return None if value is None else headers_of_text(value)


class Shared(SQLModel):
    """Base of the shared tables, with metadata of their own."""

    metadata = plumbing_metadata


class OutboxRow(Shared, table=True):
    """A message that is committed and not yet published. `event_id` is empty for a message that is no event
    of this service (a dead letter): it is published but does not enter the feed."""

    __tablename__ = "outbox"
    # A deleted number is never reused, so that the order of the numbers stays the order of the commits.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    topic: str
    key: bytes | None = Field(default=None, sa_type=LargeBinary)
    value: bytes | None = Field(default=None, sa_type=LargeBinary)
    headers: Any = Field(sa_type=HeaderText, nullable=False)
    event_id: UUID | None = None
    mission: str | None = None
    type: str | None = None
    subject: str | None = None
    time: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)


class FeedRow(Shared, table=True):
    """A published event at its gap-free position. `time` is when the fact occurred, `data` the event's data as JSON."""

    __tablename__ = "feed"
    __table_args__ = (Index("ix_feed_mission_position", "mission", "position"),)

    position: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    event_id: UUID = Field(unique=True)
    mission: str
    type: str
    subject: str
    time: datetime = Field(sa_type=UtcDateTime)
    published_at: datetime = Field(sa_type=UtcDateTime, index=True)
    data: str = Field(sa_type=Text)


class FeedHead(Shared, table=True):
    """One row: the id of the feed, the last assigned position, the last pruned position, and the key of its cursors.

    The epoch is created with the table: a cursor of another epoch belongs to another database.
    """

    __tablename__ = "feed_head"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    epoch: str
    last_position: int = Field(default=0, sa_type=BigInteger)
    pruned_position: int = Field(default=0, sa_type=BigInteger)
    cursor_key: bytes | None = Field(default=None, sa_type=LargeBinary)


class InboxRow(Shared, table=True):
    """An event that a consumer has processed, written in the transaction of its effect."""

    __tablename__ = "inbox"

    consumer: str = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    topic: str
    partition: int
    offset: int = Field(sa_type=BigInteger)
    processed_at: datetime = Field(sa_type=UtcDateTime, index=True)


class IdempotencyRow(Shared, table=True):
    """A request with an Idempotency-Key, and its first answer. `status` is empty while the request runs."""

    __tablename__ = "idempotency"

    mission: str = Field(primary_key=True)
    principal: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    status: int | None = None
    headers: Any = Field(default=None, sa_type=Json, nullable=True)
    body: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class StoredBytesRow(Shared, table=True):
    """How many bytes a mission has put on record with this service."""

    __tablename__ = "stored_bytes"

    mission: str = Field(primary_key=True)
    bytes: int = Field(sa_type=BigInteger)


class DeadLetterRow(Shared, table=True):
    """A message that a consumer could not process. `mission` is empty when the message does not name one.

    `state` is `dead`, `replaying`, `replayed` or `discarded`; `reason` says why it was discarded.
    """

    __tablename__ = "dead_letter"
    __table_args__ = (
        Index("ix_dead_letter_mission_failed", "mission", "failed_at"),
        Index("ix_dead_letter_consumer_state", "consumer", "state"),
    )

    id: UUID = Field(primary_key=True)
    consumer: str
    topic: str
    partition: int
    offset: int = Field(sa_type=BigInteger)
    published_at: datetime = Field(sa_type=UtcDateTime)
    key: bytes | None = Field(default=None, sa_type=LargeBinary)
    value: bytes | None = Field(default=None, sa_type=LargeBinary)
    headers: Any = Field(sa_type=HeaderText, nullable=False)
    mission: str | None = None
    type: str | None = None
    subject: str | None = None
    error: str = Field(sa_type=Text)
    attempts: int
    failed_at: datetime = Field(sa_type=UtcDateTime)
    state: str
    reason: str | None = Field(default=None, sa_type=Text)
    changed_at: datetime = Field(sa_type=UtcDateTime)
