"""Texts that are withheld because they read like instructions, for a person to release or to remove."""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json, UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "held_text",
        sa.Column("held_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("incident_revision", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("why", Json, nullable=False),
        sa.Column("sent_by", sa.String(), nullable=False),
        sa.Column("person", sa.String()),
        sa.Column("organisation", sa.String()),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_at", UtcDateTime()),
        sa.Column("decided_by", sa.String()),
        sa.Column("reason", sa.String()),
        sa.Column("redacted", sa.String()),
    )
    op.create_index("ix_held_text_mission_state", "held_text", ["mission", "state", "held_id"])
    op.create_index("ix_held_text_incident", "held_text", ["incident_id", "mission"])


def downgrade() -> None:
    op.drop_table("held_text")
