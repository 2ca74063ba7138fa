"""The audit: a chain of records for each mission, the checkpoints of all chains, and where these were written.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json, UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "audit_record",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String()),
        sa.Column("subject", sa.String()),
        sa.Column("request_id", sa.String()),
        sa.Column("detail", Json, nullable=False),
        sa.Column("previous", sa.String()),
        sa.Column("hash", sa.String(), nullable=False),
    )
    for name in ("kind", "actor", "subject"):
        op.create_index(f"ix_audit_record_mission_{name}", "audit_record", ["mission", name, "sequence"])
    op.create_table(
        "audit_head",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String()),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
    )
    op.create_table(
        "audit_place",
        sa.Column("place", sa.String(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.String()),
    )
    op.create_table(
        "audit_check",
        sa.Column("scope", sa.String(), primary_key=True),
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("checked_at", UtcDateTime(), nullable=False),
        sa.Column("findings", Json, nullable=False),
    )


def downgrade() -> None:
    for table in ("audit_check", "audit_place", "audit_checkpoint", "audit_head", "audit_record"):
        op.drop_table(table)
