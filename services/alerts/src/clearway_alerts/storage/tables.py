"""The tables of this service: subscriptions, what is known of incidents and routes, alerts and their deliveries."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Double,
    FromClause,
    Index,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
    literal_column,
    text,
)
from sqlmodel import Field, SQLModel

from clearway_platform.database.engines import Json, UtcDateTime
from clearway_platform.database.models import table_of

alerts_metadata: Final = MetaData()
_IS_PENDING: Final = text("state = 'pending'")
_IS_UNDECIDED: Final = text("renewal_decided = false")
IS_UNPROVED: Final = text(
    "url IS NOT NULL AND deleted_at IS NULL"
    " AND (challenged_url IS NULL OR challenged_url <> url OR challenge_due_at IS NOT NULL)"
)
IS_UNCHECKED: Final = text("deleted_at IS NULL AND (checked_in IS NULL OR checked_in < changed_in)")
# Written out in each database's own words: only so does it see that the index of standing hazards holds the rows.
# What is no JSON, in a damaged row, is no hazard to SQLite, and keeps nobody from mending the row.
_HAZARD: Final = "IN ('active', 'suspected', 'marked')"
_ENDED: Final = "NOT IN ('retracted', 'merged', 'closed')"
IS_STANDING: Final = {
    "sqlite": text(
        f"CASE WHEN json_valid(incident) THEN json_extract(incident, '$.hazard_state') {_HAZARD}"
        f" AND json_extract(incident, '$.status') {_ENDED} END"
    ),
    "postgresql": text(f"(incident ->> 'hazard_state') {_HAZARD} AND (incident ->> 'status') {_ENDED}"),
}


class Alerts(SQLModel):
    """Base of this service's tables."""

    metadata = alerts_metadata


class MissionRow(Alerts, table=True):
    """The number of the last change of a mission's subscriptions or routes. Every change locks the row and draws
    the next, so that a process that has seen a number has seen all changes up to it."""

    __tablename__ = "mission_state"

    mission: str = Field(primary_key=True)
    version: int = Field(sa_type=BigInteger)


class SubscriptionRow(Alerts, table=True):
    """A subscription. `changed_in` is the mission's version of its last change; a deleted one stays, for the record.

    Up to `checked_in` it was looked for hazards that stand inside, empty before the first time; `digest_id` is of the
    digest that this fills at the moment. A route that is redrawn changes the subscriptions that follow it.
    `channel`, `channel_secrets` and `sealed_secrets`, and what of a webhook stands in columns of its own: see
    `storage/channels.py`.
    `owner` is its key, and `owner_tlp` to `owner_organisation` are the ceiling of that. With `suspended_at` a disabled
    one is suspended, because its key ended.
    The challenges of its endpoint are of `challenged_url`: see `storage/proofs.py`. They make no revision.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        Index("ix_subscription_mission_changed", "mission", "changed_in"),
        Index("ix_subscription_owner", "owner"),
        Index("ix_subscription_route", "mission", "route_id"),
        Index("ix_subscription_unchecked", "changed_in", sqlite_where=IS_UNCHECKED, postgresql_where=IS_UNCHECKED),
        Index("ix_subscription_unproved", "challenge_due_at", sqlite_where=IS_UNPROVED, postgresql_where=IS_UNPROVED),
    )

    id: UUID = Field(primary_key=True)
    mission: str
    owner: str
    name: str
    filter: Any = Field(sa_type=Json, nullable=False)
    route_id: UUID | None = None
    url: str | None = Field(default=None, sa_type=Text)
    state: str
    state_reason: str | None = None
    revision: int
    changed_in: int = Field(sa_type=BigInteger)
    secret: str | None = None
    old_secret: str | None = None
    old_secret_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    private_key: str | None = None
    public_key: str | None = None
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    channel: Any = Field(default=None, sa_type=Json, nullable=True)
    channel_secrets: Any = Field(default=None, sa_type=Json, nullable=True)
    sealed_secrets: Any = Field(default=None, sa_type=Json, nullable=True)
    checked_in: int | None = Field(default=None, sa_type=BigInteger)
    digest_id: UUID | None = None
    owner_tlp: str | None = None
    owner_classification: str | None = None
    owner_organisation: str | None = None
    challenged_url: str | None = Field(default=None, sa_type=Text)
    challenge_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    challenge_attempts: int | None = None
    challenge_problem: str | None = Field(default=None, sa_type=Text)
    challenged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    proved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    suspended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RouteViewRow(Alerts, table=True):
    """A route as analytics last registered it. `line` holds [longitude, latitude] pairs."""

    __tablename__ = "route_view"

    mission: str = Field(primary_key=True)
    route_id: UUID = Field(primary_key=True)
    revision: int
    line: Any = Field(sa_type=Json, nullable=False)
    changed_in: int = Field(sa_type=BigInteger)


class IncidentViewRow(Alerts, table=True):
    """An incident as this service knew it at one revision, and when it processed that."""

    __tablename__ = "incident_view"
    __table_args__ = (
        Index(
            "ix_incident_view_standing",
            "mission",
            "incident_id",
            "revision",
            sqlite_where=IS_STANDING["sqlite"],
            postgresql_where=IS_STANDING["postgresql"],
        ),
        # All that it is paged by. SQLite would take a narrower one for what stands.
        Index("ix_incident_view_handled", "mission", "handled_at", "incident_id", "revision"),
    )

    mission: str = Field(primary_key=True)
    incident_id: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    incident: Any = Field(sa_type=Json, nullable=False)
    handled_at: datetime = Field(sa_type=UtcDateTime)


class AlertRow(Alerts, table=True):
    """An alert object. One for each (incident, revision, subscription), and one for each place in their order.

    `renewal` is 0; the renewals of the same revision count from 1, and their `kind` is `updated`, because release 0.1.0
    knows no other. `renewal_decided`: whether it is followed by a renewal was decided, shortly before it expires.
    With `source`, as it was when the alert was issued, it is of a watched source: then `incident_id` is the source's
    id, and `revision` its turn.
    """

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("subscription_id", "incident_id", "revision", "renewal", name="uq_alert_renewal"),
        UniqueConstraint("subscription_id", "incident_id", "sequence", name="uq_alert_sequence"),
        Index("ix_alert_mission_incident", "mission", "incident_id"),
        Index("ix_alert_mission_id", "mission", "id"),
        Index("ix_alert_subscription_id", "subscription_id", "id"),
        Index(
            "ix_alert_undecided", "mission", "expires_at", sqlite_where=_IS_UNDECIDED, postgresql_where=_IS_UNDECIDED
        ),
        Index("ix_alert_digest", "digest_id"),
    )

    id: UUID = Field(primary_key=True)
    mission: str
    subscription_id: UUID
    incident_id: UUID
    revision: int
    sequence: int
    kind: str
    reason: str = Field(sa_type=Text)
    matched: bool
    severity: str
    urgency: str
    certainty: str
    headline: str
    issued_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    refs: Any = Field(sa_type=Json, nullable=False)
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    renewal: int = Field(sa_column_kwargs={"server_default": "0"})
    renewal_decided: bool = Field(sa_column_kwargs={"server_default": false()})
    digest_id: UUID | None = None
    source: Any = Field(default=None, sa_type=Json, nullable=True)


class DigestRow(Alerts, table=True):
    """One message for the `count` alerts that name it. `exercise`: all of them are of an exercise."""

    __tablename__ = "alert_digest"

    id: UUID = Field(primary_key=True)
    mission: str
    subscription_id: UUID
    exercise: bool
    count: int
    issued_at: datetime = Field(sa_type=UtcDateTime)


class DeliveryRow(Alerts, table=True):
    """One alert (or, without one, a test message) on its way to a webhook. Its id is the `webhook-id`. Of a digest,
    `alert_id` is the digest's id as well as `digest_id`: release 0.1.0 then does not take it for a test message.

    It may be leased when it is pending, due and not held, has no lease, and nothing earlier about the same incident
    is pending. `lease_epoch` grows with each lease: the result of an earlier one is ignored. `lease_holder` is the
    process that has the lease, where `lease_holder_epoch` is the lease's own: a program that knows no holders writes
    neither.
    `held` is the reason of the policy's hold. It stands for the subscription's revision `held_in`: once that has
    changed, the policy is asked again. `asked_by` is the principal that last asked for it to be sent again, or at once.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("alert_id", name="uq_delivery_alert"),
        Index("ix_delivery_due", "due_at", sqlite_where=_IS_PENDING, postgresql_where=_IS_PENDING),
        Index(
            "ix_delivery_order",
            "incident_id",
            "subscription_id",
            "sequence",
            sqlite_where=_IS_PENDING,
            postgresql_where=_IS_PENDING,
        ),
        Index("ix_delivery_subscription", "subscription_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    mission: str
    subscription_id: UUID
    alert_id: UUID | None = None
    incident_id: UUID | None = None
    sequence: int
    state: str
    due_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_epoch: int
    last_status: int | None = None
    last_error: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    asked_by: str | None = None
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    held: str | None = Field(default=None, sa_type=Text)
    held_in: int | None = None
    digest_id: UUID | None = None
    lease_holder: int | None = Field(default=None, sa_type=BigInteger)
    lease_holder_epoch: int | None = None


class LeaseHolderRow(Alerts, table=True):
    """A process that has leases, or had: its number, under which it holds a lock for as long as it lives."""

    __tablename__ = "lease_holder"

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    since: datetime = Field(sa_type=UtcDateTime)


class DeliveryAttemptRow(Alerts, table=True):
    """One request that was made for a delivery. `status` is empty when no answer came."""

    __tablename__ = "delivery_attempt"

    delivery_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    attempted_at: datetime = Field(sa_type=UtcDateTime)
    duration_ms: float = Field(sa_type=Double)
    status: int | None = None
    error: str | None = Field(default=None, sa_type=Text)


class DecisionRow(Alerts, table=True):
    """What was decided for one subscription about one revision of an incident, and why.

    The column of `decision` is named `outcome`: release 0.1.0, which writes the same rows, knows no other.
    """

    __tablename__ = "decision"

    mission: str = Field(primary_key=True)
    subscription_id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    decision: str = Field(sa_column=Column("outcome", String, key="decision", nullable=False))
    reason: str = Field(sa_type=Text)
    decided_at: datetime = Field(sa_type=UtcDateTime)


class WatchedSourceRow(Alerts, table=True):
    """A source that must be heard from. `key` is what is compared with what is heard; a deleted one stays for as long
    as its silence must be cancelled, and for the record.

    `turn` counts its silences and their ends: it is odd while it is silent. `quiet_until` is when it falls silent
    unless it is heard before. While it is silent: up to the mission's version `told_in` every subscription was told,
    and the alerts expire at `said_until`.
    """

    __tablename__ = "watched_source"
    __table_args__ = (
        Index("ix_watched_source_mission", "mission", "id"),
        Index("ix_watched_source_key", "kind", "key", "mission"),
        Index("ix_watched_source_quiet", "quiet_until"),
    )

    id: UUID = Field(primary_key=True)
    mission: str
    owner: str
    name: str
    kind: str
    watches: str
    key: str
    quiet_seconds: int = Field(sa_type=BigInteger)
    revision: int
    watched_since: datetime = Field(sa_type=UtcDateTime)
    last_heard_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    quiet_until: datetime = Field(sa_type=UtcDateTime)
    turn: int
    told_in: int = Field(sa_type=BigInteger)
    said_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ConsumerBeatRow(Alerts, table=True):
    """What one process said of one consumer at `at`: it has handled everything that was published until then."""

    __tablename__ = "consumer_beat"

    consumer: str = Field(primary_key=True)
    instance: UUID = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    handled_until: datetime = Field(sa_type=UtcDateTime)


MISSION: Final = table_of(MissionRow)
SUBSCRIPTION: Final = table_of(SubscriptionRow)
ROUTE_VIEW: Final = table_of(RouteViewRow)
INCIDENT_VIEW: Final = table_of(IncidentViewRow)
ALERT: Final = table_of(AlertRow)
DIGEST: Final = table_of(DigestRow)
DELIVERY: Final = table_of(DeliveryRow)
LEASE_HOLDER: Final = table_of(LeaseHolderRow)
DELIVERY_ATTEMPT: Final = table_of(DeliveryAttemptRow)
DECISION: Final = table_of(DecisionRow)
CONSUMER_BEAT: Final = table_of(ConsumerBeatRow)
WATCHED_SOURCE: Final = table_of(WatchedSourceRow)


def is_undecided() -> ColumnElement[bool]:
    """Written out for the same reason."""
    return ALERT.c.renewal_decided == literal_column("false")


def is_pending(delivery: FromClause = DELIVERY) -> ColumnElement[bool]:
    """Written out, not bound: only so does a database see that the indexes of pending deliveries hold the rows."""
    return delivery.c.state == literal_column("'pending'")
