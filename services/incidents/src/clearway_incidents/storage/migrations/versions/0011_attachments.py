"""Photos of incidents, and the bytes in their store that are to go."""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("attachment_id", sa.Uuid(), primary_key=True),
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("thumbnail_sha256", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("thumbnail_size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("caption", sa.String()),
        sa.Column("sent_by", sa.String(), nullable=False),
        sa.Column("person", sa.String()),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime()),
        sa.Column("removed_by", sa.String()),
        sa.Column("reason", sa.String()),
    )
    op.create_index("ix_attachment_incident", "attachment", ["mission", "incident_id", "attachment_id"])
    held = sa.column("removed_at").is_(None)
    columns = ["mission", "size", "thumbnail_size"]
    op.create_index("ix_attachment_held", "attachment", columns, sqlite_where=held, postgresql_where=held)
    op.create_table(
        "attachment_erasure",
        sa.Column("attachment_id", sa.Uuid(), primary_key=True),
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("taken_at", UtcDateTime()),
    )
    op.create_index("ix_attachment_erasure_due", "attachment_erasure", ["due_at"])


def downgrade() -> None:
    for table in ("attachment_erasure", "attachment"):
        op.drop_table(table)
