"""The tables of this service: each incident as it is now, every revision as it was, what others call them, and the
texts that are withheld."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    column,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

from clearway_platform.database.engines import Json, UtcDateTime
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import BigId

incidents_metadata: Final = MetaData()


class Owned(SQLModel):
    """Base of this service's tables."""

    metadata = incidents_metadata


class Indexed(Owned):
    """What lists filter by, drawn from the state; revisions have it too, so that a list can be asked as of a time.

    `tlp`, `classification` and `releasable_to` (a JSON list) are those of the revision `marks_of`, which differs from
    the row's where an older program wrote it."""

    category: str
    status: str
    hazard_state: str
    outcome: str
    earliest: datetime = Field(sa_type=UtcDateTime)
    latest: datetime = Field(sa_type=UtcDateTime)
    longitude: float = Field(sa_type=Double)
    latitude: float = Field(sa_type=Double)
    created_at: datetime = Field(sa_type=UtcDateTime)
    state: Any = Field(sa_type=Json, nullable=False)
    tlp: str | None = None
    classification: str | None = None
    releasable_to: str | None = None
    marks_of: int | None = None


# The map is drawn from this index alone: the rows are as large as their states, and reading 100,000 takes a second.
MAP_COLUMNS: Final = (
    *("mission", "longitude", "latitude", "status", "hazard_state", "marks_of", "revision", "tlp", "classification"),
    *("releasable_to", "exercise", "category", "outcome", "earliest", "latest", "updated_at", "incident_id"),
)
# The rows that an older program wrote. There are none but in the time of an upgrade, and those that it left.
OLDER: Final = column("marks_of").is_distinct_from(column("revision"))
# The rows whose words are not indexed: as above, and what was on record before there was an index.
UNINDEXED: Final = column("words_of").is_distinct_from(column("revision"))
# The rows that the sums of the map do not have as they are.
UNCOUNTED: Final = column("counted_of").is_distinct_from(column("revision"))


class IncidentRow(Indexed, table=True):
    """An incident at its present revision. Its id is its mission's: a client may choose it, and two missions may choose
    the same one. `content_hash` is that of the report that made it, as it was sent.
    `retention_until` is empty once its end was acted on. `exercise` and `uncertainty_m` are those of the revision
    `marks_of`, too. `words_of` is the revision up to which its words are indexed, `counted_of` the one at which
    the sums of the map have it."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ix_incident_mission_created", "mission", "created_at", "incident_id"),
        Index("ix_incident_map", *MAP_COLUMNS),
        Index("ix_incident_older", "mission", sqlite_where=OLDER, postgresql_where=OLDER),
        Index("ix_incident_mission_latest", "mission", "latest"),
        Index("ix_incident_mission_status", "mission", "status", "updated_at"),
        Index("ix_incident_retention", "retention_until"),
        Index("ix_incident_unindexed", "mission", sqlite_where=UNINDEXED, postgresql_where=UNINDEXED),
        Index("ix_incident_uncounted", "mission", sqlite_where=UNCOUNTED, postgresql_where=UNCOUNTED),
    )

    incident_id: UUID = Field(primary_key=True)
    mission: str = Field(primary_key=True)
    revision: int
    updated_at: datetime = Field(sa_type=UtcDateTime)
    content_hash: str
    retention_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    exercise: bool | None = None
    uncertainty_m: float | None = Field(default=None, sa_type=Double)
    words_of: int | None = None
    counted_of: int | None = None


class RevisionRow(Indexed, table=True):
    """One revision, which changes once at most: at `reduced_at` its texts were removed, because the retention of the
    incident had ended; `hash` is of what was there. `kind` is the command that made it, `by` the id of the principal.
    `person` is the same for all keys of one person; null where the key has none. `report_id` is that of the report that
    came with it, `decisive` whether it corrected a fact that a verification is about. Release 0.1.0 leaves all three
    null."""

    __tablename__ = "incident_revision"
    __table_args__ = (Index("ix_incident_revision_mission_recorded", "mission", "recorded_at"),)

    incident_id: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    mission: str = Field(primary_key=True)
    kind: str
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    by: str
    person: str | None = None
    report_id: UUID | None = None
    decisive: bool | None = None
    reason: str | None = None
    changed: Any = Field(sa_type=Json, nullable=False)
    prev_hash: str | None = None
    hash: str
    reduced_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ExternalRefRow(Owned, table=True):
    """Another system's name for an incident, and the content that it last sent under it."""

    __tablename__ = "external_ref"

    mission: str = Field(primary_key=True)
    system: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    incident_id: UUID = Field(index=True)
    content_hash: str
    content: Any = Field(sa_type=Json, nullable=False)


class ProposalRow(Owned, table=True):
    """A retraction that a newer edition of a source asks for: it no longer has the name. There is one for each name."""

    __tablename__ = "proposal"
    __table_args__ = (
        UniqueConstraint("mission", "system", "external_id", name="uq_proposal_name"),
        Index("ix_proposal_mission_state", "mission", "state", "proposal_id"),
    )

    proposal_id: UUID = Field(primary_key=True)
    revision: int
    mission: str
    system: str
    external_id: str
    incident_id: UUID
    edition: str
    state: str
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    proposed_by: str
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: str | None = None
    reason: str | None = None


class HeldTextRow(Owned, table=True):
    """A text that is withheld from the incident, or was: `field` is its dotted name there, `incident_revision` the
    revision that lacks it. `why` names the rules of the guard. `sent_by` is the id of the principal, `person` the same
    for all keys of one person; null where the key has none. `redacted` is what a person put there instead of it."""

    __tablename__ = "held_text"
    __table_args__ = (
        Index("ix_held_text_mission_state", "mission", "state", "held_id"),
        Index("ix_held_text_incident", "incident_id", "mission"),
    )

    held_id: UUID = Field(primary_key=True)
    revision: int
    mission: str
    incident_id: UUID
    incident_revision: int
    field: str
    text: str
    why: Any = Field(sa_type=Json, nullable=False)
    sent_by: str
    person: str | None = None
    organisation: str | None = None
    held_at: datetime = Field(sa_type=UtcDateTime)
    state: str
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: str | None = None
    reason: str | None = None
    redacted: str | None = None


HELD: Final = column("removed_at").is_(None)


class AttachmentRow(Owned, table=True):
    """A photo of an incident. `incident_id` is the one that it was sent to, also after a merge; `size` and
    `thumbnail_size` are in bytes, the hashes SHA-256 of what is in the store. What was removed keeps its row, without
    caption."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_incident", "mission", "incident_id", "attachment_id"),
        Index("ix_attachment_held", "mission", "size", "thumbnail_size", sqlite_where=HELD, postgresql_where=HELD),
    )

    attachment_id: UUID = Field(primary_key=True)
    mission: str = Field(primary_key=True)
    incident_id: UUID
    sha256: str
    thumbnail_sha256: str
    media_type: str
    size: int
    thumbnail_size: int
    width: int
    height: int
    caption: str | None = None
    sent_by: str
    person: str | None = None
    sent_at: datetime = Field(sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    removed_by: str | None = None
    reason: str | None = None


class ErasureRow(Owned, table=True):
    """Bytes in the store of photos that go at `due_at`: those of a photo that was removed, and those of one that is
    being sent, unless it is on record before. `taken_at`: they are being erased, so it is too late for that."""

    __tablename__ = "attachment_erasure"
    __table_args__ = (Index("ix_attachment_erasure_due", "due_at"),)

    attachment_id: UUID = Field(primary_key=True)
    mission: str = Field(primary_key=True)
    sha256: str
    due_at: datetime = Field(sa_type=UtcDateTime)
    taken_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RevisionLinkRow(Owned, table=True):
    """The place of one revision in the chain of its mission. `hash` is over what it names and `previous`, the hash of
    the link before it."""

    __tablename__ = "revision_link"
    __table_args__ = (Index("ix_revision_link_incident", "incident_id", "revision", "mission"),)

    mission: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    incident_id: UUID
    revision: int
    revision_hash: str
    previous: str | None = None
    hash: str


class RevisionLinkHeadRow(Owned, table=True):
    """The end of a mission's chain."""

    __tablename__ = "revision_link_head"

    mission: str = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    hash: str | None = None


class RevisionLinkCursorRow(Owned, table=True):
    """One row: up to where the feed is linked. While what was on record before the feed is linked, `incident_id`,
    `revision` and `of_mission` are the last one; then all three are null."""

    __tablename__ = "revision_link_cursor"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    epoch: str
    position: int = Field(sa_type=BigInteger)
    incident_id: UUID | None = None
    revision: int | None = None
    of_mission: str | None = None


class PublicAreasRow(Owned, table=True):
    """How a mission publishes coarse areas, and whether it does. `fewest`, `grid` and the box of the region stay as
    they are from the first edition on. `published_since` is when it was last switched on; null while it is off."""

    __tablename__ = "public_areas"

    mission: str = Field(primary_key=True)
    revision: int
    public_name: str
    title: str
    contact: str
    fewest: int
    grid: str
    west: float = Field(sa_type=Double)
    south: float = Field(sa_type=Double)
    east: float = Field(sa_type=Double)
    north: float = Field(sa_type=Double)
    published_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    changed_by: str


class PublicNameRow(Owned, table=True):
    """The name in the address of what a mission publishes, while it does: of all missions one has it."""

    __tablename__ = "public_name"

    public_name: str = Field(primary_key=True)
    mission: str


class PublicStandingRow(Owned, table=True):
    """What the next edition of a mission is computed from: the areas that are shown, and the incidents that wait.
    `moment` is that of the last edition. Nothing of it is published."""

    __tablename__ = "public_standing"

    mission: str = Field(primary_key=True)
    moment: datetime = Field(sa_type=UtcDateTime)
    content: bytes = Field(sa_type=LargeBinary)


class PublicFeedRow(Owned, table=True):
    """One feed of one edition, as it is sent."""

    __tablename__ = "public_feed"

    mission: str = Field(primary_key=True)
    moment: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    feed: str = Field(primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)
    made_at: datetime = Field(sa_type=UtcDateTime)


class IncidentTextRow(Owned, table=True):
    """That an incident had the words of number `doc` from one moment on until another one; `until_at` is empty for
    those that it has now. They are kept until its retention ends."""

    __tablename__ = "incident_text"
    __table_args__ = (Index("ix_incident_text_incident", "incident_id", "mission"),)

    doc: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    mission: str
    incident_id: UUID
    first_at: datetime = Field(sa_type=UtcDateTime)
    until_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RouteLineRow(Owned, table=True):
    """The line of a route as analytics last registered it: [longitude, latitude] pairs."""

    __tablename__ = "route_line"

    mission: str = Field(primary_key=True)
    route_id: UUID = Field(primary_key=True)
    revision: int
    line: Any = Field(sa_type=Json, nullable=False)


# The words of each number. On SQLite it is a virtual table of FTS5, whose `rowid` is the number.
INCIDENT_WORDS: Final = Table(
    "incident_words",
    incidents_metadata,
    Column("doc", BigInteger, primary_key=True, autoincrement=False),
    Column("words", TSVECTOR().with_variant(Text(), "sqlite"), nullable=False),
    Index("ix_incident_words", "words", postgresql_using="gin", postgresql_with={"gin_pending_list_limit": 128}),
)

INCIDENTS: Final = table_of(IncidentRow)
INCIDENT_TEXTS: Final = table_of(IncidentTextRow)
REVISIONS: Final = table_of(RevisionRow)
EXTERNAL_REFS: Final = table_of(ExternalRefRow)
PROPOSALS: Final = table_of(ProposalRow)
HELD_TEXTS: Final = table_of(HeldTextRow)
ATTACHMENTS: Final = table_of(AttachmentRow)
ERASURES: Final = table_of(ErasureRow)
ROUTE_LINES: Final = table_of(RouteLineRow)
LINKS: Final = table_of(RevisionLinkRow)
LINK_HEADS: Final = table_of(RevisionLinkHeadRow)
LINK_CURSOR: Final = table_of(RevisionLinkCursorRow)
PUBLIC_AREAS: Final = table_of(PublicAreasRow)
PUBLIC_NAMES: Final = table_of(PublicNameRow)
PUBLIC_STANDINGS: Final = table_of(PublicStandingRow)
PUBLIC_FEEDS: Final = table_of(PublicFeedRow)
