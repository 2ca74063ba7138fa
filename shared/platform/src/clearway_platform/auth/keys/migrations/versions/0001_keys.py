"""The directory of API keys.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.String(), primary_key=True),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime()),
    )
    op.create_index("ix_api_key_mission", "api_key", ["mission"])


def downgrade() -> None:
    op.drop_table("api_key")
