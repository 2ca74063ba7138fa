"""A delivery keeps who asked for it to be sent again, or at once. Older code does not name the columns, and runs on."""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("asked_by", sa.String()))
    op.add_column("delivery", sa.Column("asked_at", UtcDateTime()))


def downgrade() -> None:
    op.drop_column("delivery", "asked_at")
    op.drop_column("delivery", "asked_by")
