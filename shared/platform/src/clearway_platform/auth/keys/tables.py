"""The tables of the key directory."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, MetaData
from sqlmodel import Field, SQLModel

from clearway_platform.database.engines import Json, UtcDateTime

keys_metadata: Final = MetaData()


class ApiKeyRow(SQLModel, table=True):
    """A key: its principal, and the hash of its secret. `person` or `system` is the owner, who may have other keys.

    `tlp`, `classification` and `organisation` are its ceiling; without them, that of its role. `scopes` and `networks`
    are empty where it has no such limit. `changed_in` is the number of its last change: see KeyChangeRow.
    """

    metadata = keys_metadata
    __tablename__ = "api_key"

    key_id: str = Field(primary_key=True)
    secret_hash: str
    name: str
    mission: str = Field(index=True)
    role: str
    person: str | None = None
    tlp: str | None = None
    classification: str | None = None
    organisation: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    replaced_by: str | None = None
    system: str | None = None
    scopes: Any = Field(default=None, sa_type=Json, nullable=True)
    networks: Any = Field(default=None, sa_type=Json, nullable=True)
    changed_in: int = Field(default=0, sa_type=BigInteger, index=True, sa_column_kwargs={"server_default": "0"})


class KeyChangeRow(SQLModel, table=True):
    """The number of the last change of a key, in one row. Every change locks it and draws the next, so that a process
    that has seen a number has seen all changes up to it."""

    metadata = keys_metadata
    __tablename__ = "key_change"

    id: int = Field(primary_key=True)
    version: int = Field(sa_type=BigInteger)


class KeyUseRow(SQLModel, table=True):
    """When a key was last used, to the minute. Apart from the keys, which the services cannot write."""

    metadata = keys_metadata
    __tablename__ = "key_use"

    key_id: str = Field(primary_key=True)
    last_used_at: datetime = Field(sa_type=UtcDateTime)


class StreamTicketRow(SQLModel, table=True):
    """An unused ticket: its key, and the hash of its text. That of a person who has no key here holds the principal."""

    metadata = keys_metadata
    __tablename__ = "stream_ticket"

    ticket_hash: str = Field(primary_key=True)
    key_id: str = Field(index=True)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    person: Any = Field(default=None, sa_type=Json, nullable=True)
