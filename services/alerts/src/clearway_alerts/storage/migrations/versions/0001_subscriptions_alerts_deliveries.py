"""Subscriptions, what they watch, the alerts they raise and their deliveries."""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json, UtcDateTime
from clearway_platform.database.migrations import create_plumbing, drop_plumbing

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_plumbing()
    _create_subscriptions()
    _create_views()
    _create_alerts()
    _create_deliveries()


def downgrade() -> None:
    for table in (
        "delivery_attempt",
        "delivery",
        "decision",
        "alert",
        "incident_view",
        "route_view",
        "subscription",
        "mission_state",
    ):
        op.drop_table(table)
    drop_plumbing()


def _create_subscriptions() -> None:
    op.create_table(
        "mission_state",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("filter", Json, nullable=False),
        sa.Column("route_id", sa.Uuid()),
        sa.Column("url", sa.Text()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_reason", sa.String()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_in", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.String()),
        sa.Column("old_secret", sa.String()),
        sa.Column("old_secret_until", UtcDateTime()),
        sa.Column("private_key", sa.String()),
        sa.Column("public_key", sa.String()),
        sa.Column("failing_since", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
    )
    op.create_index("ix_subscription_mission_changed", "subscription", ["mission", "changed_in"])


def _create_views() -> None:
    op.create_table(
        "route_view",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("route_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("line", Json, nullable=False),
        sa.Column("changed_in", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "incident_view",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("incident_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("incident", Json, nullable=False),
        sa.Column("handled_at", UtcDateTime(), nullable=False),
    )


def _create_alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("matched", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("certainty", sa.String(), nullable=False),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("refs", Json, nullable=False),
        sa.Column("acknowledged_by", sa.String()),
        sa.Column("acknowledged_at", UtcDateTime()),
        sa.UniqueConstraint("subscription_id", "incident_id", "revision", name="uq_alert_revision"),
        sa.UniqueConstraint("subscription_id", "incident_id", "sequence", name="uq_alert_sequence"),
    )
    op.create_index("ix_alert_mission_incident", "alert", ["mission", "incident_id"])
    op.create_index("ix_alert_mission_id", "alert", ["mission", "id"])
    op.create_index("ix_alert_subscription_id", "alert", ["subscription_id", "id"])
    op.create_table(
        "decision",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("subscription_id", sa.Uuid(), primary_key=True),
        sa.Column("incident_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
    )


def _create_deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid()),
        sa.Column("incident_id", sa.Uuid()),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("lease_epoch", sa.Integer(), nullable=False),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_error", sa.Text()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime()),
        sa.UniqueConstraint("alert_id", name="uq_delivery_alert"),
    )
    pending = sa.text("state = 'pending'")
    order = ["incident_id", "subscription_id", "sequence"]
    op.create_index("ix_delivery_due", "delivery", ["due_at"], sqlite_where=pending, postgresql_where=pending)
    op.create_index("ix_delivery_order", "delivery", order, sqlite_where=pending, postgresql_where=pending)
    op.create_index("ix_delivery_subscription", "delivery", ["subscription_id", "id"])
    op.create_table(
        "delivery_attempt",
        sa.Column("delivery_id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("attempted_at", UtcDateTime(), nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("error", sa.Text()),
    )
