"""What standing hazards need: an index of them, renewals beside the alert of a revision, digests of many alerts, and up
to which change a subscription was looked at. The key of alerts has one column more, which 0.1.0 leaves at 0: it goes on
having one alert for each revision."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
compatible_from = "0001"

_HAZARD = "IN ('active', 'suspected', 'marked')"
_ENDED = "NOT IN ('retracted', 'merged', 'closed')"
_IS_STANDING: dict[str, Any] = {
    "sqlite_where": sa.text(
        f"CASE WHEN json_valid(incident) THEN json_extract(incident, '$.hazard_state') {_HAZARD}"
        f" AND json_extract(incident, '$.status') {_ENDED} END"
    ),
    "postgresql_where": sa.text(f"(incident ->> 'hazard_state') {_HAZARD} AND (incident ->> 'status') {_ENDED}"),
}
_UNCHECKED = sa.text("deleted_at IS NULL AND (checked_in IS NULL OR checked_in < changed_in)")
_UNDECIDED = sa.text("renewal_decided = false")


def upgrade() -> None:
    op.create_index(
        "ix_incident_view_standing", "incident_view", ["mission", "incident_id", "revision"], **_IS_STANDING
    )
    op.add_column("subscription", sa.Column("checked_in", sa.BigInteger()))
    op.add_column("subscription", sa.Column("digest_id", sa.Uuid()))
    op.create_index("ix_subscription_route", "subscription", ["mission", "route_id"])
    op.create_index(
        "ix_subscription_unchecked",
        "subscription",
        ["changed_in"],
        sqlite_where=_UNCHECKED,
        postgresql_where=_UNCHECKED,
    )
    with op.batch_alter_table("alert") as alert:
        alert.add_column(sa.Column("renewal", sa.Integer(), nullable=False, server_default="0"))
        alert.add_column(sa.Column("renewal_decided", sa.Boolean(), nullable=False, server_default=sa.false()))
        alert.add_column(sa.Column("digest_id", sa.Uuid()))
        alert.drop_constraint("uq_alert_revision", type_="unique")
        alert.create_unique_constraint("uq_alert_renewal", ["subscription_id", "incident_id", "revision", "renewal"])
    expiring = ["mission", "expires_at"]
    op.create_index("ix_alert_undecided", "alert", expiring, sqlite_where=_UNDECIDED, postgresql_where=_UNDECIDED)
    op.create_index("ix_alert_digest", "alert", ["digest_id"])
    op.create_table(
        "alert_digest",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
    )
    op.add_column("delivery", sa.Column("digest_id", sa.Uuid()))


def downgrade() -> None:
    op.drop_column("delivery", "digest_id")
    op.drop_table("alert_digest")
    op.drop_index("ix_alert_digest", "alert")
    op.drop_index("ix_alert_undecided", "alert")
    op.execute("DELETE FROM alert WHERE renewal > 0")
    with op.batch_alter_table("alert") as alert:
        alert.drop_constraint("uq_alert_renewal", type_="unique")
        alert.create_unique_constraint("uq_alert_revision", ["subscription_id", "incident_id", "revision"])
        for column in ("digest_id", "renewal_decided", "renewal"):
            alert.drop_column(column)
    op.drop_index("ix_subscription_unchecked", "subscription")
    op.drop_index("ix_subscription_route", "subscription")
    op.drop_column("subscription", "digest_id")
    op.drop_column("subscription", "checked_in")
    op.drop_index("ix_incident_view_standing", "incident_view")
