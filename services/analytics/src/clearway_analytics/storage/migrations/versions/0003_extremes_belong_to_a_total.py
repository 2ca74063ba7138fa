"""Each route keeps the total that its largest contribution and latest incident belong to.

Programs from before 0002 change the total and leave the extremes as they are, and those from before this script do not
write the new column. Whoever reads a total that is not the one beside the extremes finds them anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("route_state", sa.Column("extremes_total", sa.Double()))


def downgrade() -> None:
    op.drop_column("route_state", "extremes_total")
