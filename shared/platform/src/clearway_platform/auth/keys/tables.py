"""The tables of the key directory."""

from datetime import datetime
from typing import Final

from sqlalchemy import MetaData
from sqlmodel import Field, SQLModel

from clearway_platform.database.engines import UtcDateTime

keys_metadata: Final = MetaData()


class ApiKeyRow(SQLModel, table=True):
    """A key: its principal, and the hash of its secret. `person` is the holder, who may have other keys.

    `tlp`, `classification` and `organisation` are its ceiling; without them, that of its role."""

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


class StreamTicketRow(SQLModel, table=True):
    """An unused ticket: its key, and the hash of its text."""

    metadata = keys_metadata
    __tablename__ = "stream_ticket"

    ticket_hash: str = Field(primary_key=True)
    key_id: str = Field(index=True)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
