"""The holders of leases. Earlier programs write none: their leases run out."""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lease_holder",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("since", UtcDateTime(), nullable=False),
    )
    op.add_column("delivery", sa.Column("lease_holder", sa.BigInteger()))
    op.add_column("delivery", sa.Column("lease_holder_epoch", sa.Integer()))


def downgrade() -> None:
    op.drop_column("delivery", "lease_holder_epoch")
    op.drop_column("delivery", "lease_holder")
    op.drop_table("lease_holder")
