"""What a mission publishes: how, under which name, what the next edition is computed from, and the editions.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "public_areas",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("public_name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("fewest", sa.Integer(), nullable=False),
        sa.Column("grid", sa.String(), nullable=False),
        sa.Column("west", sa.Double(), nullable=False),
        sa.Column("south", sa.Double(), nullable=False),
        sa.Column("east", sa.Double(), nullable=False),
        sa.Column("north", sa.Double(), nullable=False),
        sa.Column("published_since", UtcDateTime()),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
    )
    op.create_table(
        "public_name",
        sa.Column("public_name", sa.String(), primary_key=True),
        sa.Column("mission", sa.String(), nullable=False),
    )
    op.create_table(
        "public_standing",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("moment", UtcDateTime(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "public_feed",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("moment", UtcDateTime(), primary_key=True),
        sa.Column("feed", sa.String(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    for table in ("public_feed", "public_standing", "public_name", "public_areas"):
        op.drop_table(table)
