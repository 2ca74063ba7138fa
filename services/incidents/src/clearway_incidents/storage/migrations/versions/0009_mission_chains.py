"""The chain of a mission's revisions: one link for each, written beside the reports. The links of what is on record
already are written by the program, at its first start.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "revision_link",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("revision_hash", sa.String(), nullable=False),
        sa.Column("previous", sa.String()),
        sa.Column("hash", sa.String(), nullable=False),
    )
    op.create_index("ix_revision_link_incident", "revision_link", ["incident_id", "revision", "mission"])
    op.create_table(
        "revision_link_head",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String()),
    )
    op.create_table(
        "revision_link_cursor",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("incident_id", sa.Uuid()),
        sa.Column("revision", sa.Integer()),
        sa.Column("of_mission", sa.String()),
    )


def downgrade() -> None:
    for table in ("revision_link_cursor", "revision_link_head", "revision_link"):
        op.drop_table(table)
