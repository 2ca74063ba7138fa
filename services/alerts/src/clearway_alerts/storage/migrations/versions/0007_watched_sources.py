"""Sources that must be heard from, how far consumers are, and the source that an alert is about. Earlier programs
leave it empty, and cannot read an alert that has one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from clearway_platform.database.engines import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TEXTS = ("mission", "owner", "name", "kind", "watches", "key")


def upgrade() -> None:
    op.create_table(
        "watched_source",
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        sa.Column("quiet_seconds", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("watched_since", UtcDateTime(), nullable=False),
        sa.Column("last_heard_at", UtcDateTime()),
        sa.Column("quiet_until", UtcDateTime(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("told_in", sa.BigInteger(), nullable=False),
        sa.Column("said_until", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
    )
    op.create_index("ix_watched_source_mission", "watched_source", ["mission", "id"])
    op.create_index("ix_watched_source_key", "watched_source", ["kind", "key", "mission"])
    op.create_index("ix_watched_source_quiet", "watched_source", ["quiet_until"])
    op.create_table(
        "consumer_beat",
        sa.Column("consumer", sa.String(), primary_key=True),
        sa.Column("instance", sa.Uuid(), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("handled_until", UtcDateTime(), nullable=False),
    )
    op.add_column("alert", sa.Column("source", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")))


def downgrade() -> None:
    op.execute("DELETE FROM delivery WHERE alert_id IN (SELECT id FROM alert WHERE source IS NOT NULL)")
    op.execute("DELETE FROM alert WHERE source IS NOT NULL")
    op.drop_column("alert", "source")
    op.drop_table("consumer_beat")
    op.drop_table("watched_source")
