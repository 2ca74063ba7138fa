"""Since when a subscription is suspended because its key ended, and an index of what belongs to a key."""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscription", sa.Column("suspended_at", UtcDateTime()))
    op.create_index("ix_subscription_owner", "subscription", ["owner"])


def downgrade() -> None:
    op.drop_index("ix_subscription_owner", "subscription")
    op.drop_column("subscription", "suspended_at")
