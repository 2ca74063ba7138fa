"""The tables of the audit, in the database of the keys."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Index, MetaData, Text
from sqlmodel import Field, SQLModel

from clearway_platform.database.engines import Json, UtcDateTime
from clearway_platform.database.models import table_of

audit_metadata: Final = MetaData()


class Audited(SQLModel):
    """Base of the tables of the audit."""

    metadata = audit_metadata


class AuditRecordRow(Audited, table=True):
    """One record, which never changes. `hash` is over all of it and `previous`, the hash of the one before it."""

    __tablename__ = "audit_record"
    __table_args__ = tuple(
        Index(f"ix_audit_record_mission_{name}", "mission", name, "sequence") for name in ("kind", "actor", "subject")
    )

    mission: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    actor: str | None = None
    subject: str | None = None
    request_id: str | None = None
    detail: Any = Field(sa_type=Json, nullable=False)
    previous: str | None = None
    hash: str


class AuditHeadRow(Audited, table=True):
    """The end of a mission's chain. Its row is locked while the chain grows."""

    __tablename__ = "audit_head"

    mission: str = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    hash: str | None = None


class AuditCheckpointRow(Audited, table=True):
    """A checkpoint as it is written to its places: one line, signed."""

    __tablename__ = "audit_checkpoint"

    sequence: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    made_at: datetime = Field(sa_type=UtcDateTime)
    line: str = Field(sa_type=Text)


class AuditPlaceRow(Audited, table=True):
    """How far a place has the checkpoints, and why the last attempt failed; null where it did not."""

    __tablename__ = "audit_place"

    place: str = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    problem: str | None = None


class AuditCheckRow(Audited, table=True):
    """What the last check of one scope, `start` or `full`, found in the chains of a mission. What it found of no
    mission, such as in the checkpoints, is a row of its own, and that one is always there."""

    __tablename__ = "audit_check"

    scope: str = Field(primary_key=True)
    mission: str = Field(primary_key=True)
    checked_at: datetime = Field(sa_type=UtcDateTime)
    findings: Any = Field(sa_type=Json, nullable=False)


RECORDS: Final = table_of(AuditRecordRow)
HEADS: Final = table_of(AuditHeadRow)
CHECKPOINTS: Final = table_of(AuditCheckpointRow)
PLACES: Final = table_of(AuditPlaceRow)
CHECKS: Final = table_of(AuditCheckRow)
