"""Stream tickets, which every service issues and uses.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "stream_ticket",
        sa.Column("ticket_hash", sa.String(), primary_key=True),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_stream_ticket_key_id", "stream_ticket", ["key_id"])
    op.create_index("ix_stream_ticket_expires_at", "stream_ticket", ["expires_at"])


def downgrade() -> None:
    op.drop_table("stream_ticket")
