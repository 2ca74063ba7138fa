"""Retractions that newer editions of sources ask for, and that a person decides on."""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("proposal_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("decided_at", UtcDateTime()),
        sa.Column("decided_by", sa.String()),
        sa.Column("reason", sa.String()),
        sa.UniqueConstraint("mission", "system", "external_id", name="uq_proposal_name"),
    )
    op.create_index("ix_proposal_mission_state", "proposal", ["mission", "state", "proposal_id"])


def downgrade() -> None:
    op.drop_table("proposal")
