"""Each route keeps its largest contribution and the time of its latest incident."""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("route_state", sa.Column("largest", sa.Double(), nullable=False, server_default="0"))
    op.add_column("route_state", sa.Column("newest", UtcDateTime()))
    op.execute(_fill())


def downgrade() -> None:
    op.drop_column("route_state", "newest")
    op.drop_column("route_state", "largest")


def _fill() -> sa.Update:
    states = sa.table("route_state", *map(sa.column, ("mission", "route_id", "largest", "newest")))
    made = sa.table("contribution", *map(sa.column, ("mission", "route_id", "kept", "occurred")))
    of_route = (made.c.mission == states.c.mission, made.c.route_id == states.c.route_id)
    largest = sa.select(sa.func.coalesce(sa.func.max(made.c.kept), 0.0)).where(*of_route).scalar_subquery()
    newest = sa.select(sa.func.max(made.c.occurred)).where(*of_route).scalar_subquery()
    return sa.update(states).values(largest=largest, newest=newest)
