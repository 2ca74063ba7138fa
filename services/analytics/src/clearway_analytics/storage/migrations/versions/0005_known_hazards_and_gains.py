"""Known hazards and gains: incidents keep their grades, contributions whether they may touch, missions a gain.

Programs from before this script change none of the new columns. A row of theirs may touch, and is checked by its
distance; grades belong to a revision, and are not known beside another one.
"""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CONTRIBUTIONS = ("contribution", "risk_shadow_contribution")


def upgrade() -> None:
    op.add_column("incident_view", sa.Column("source_reliability", sa.String()))
    op.add_column("incident_view", sa.Column("info_credibility", sa.Integer()))
    op.add_column("incident_view", sa.Column("complete_revision", sa.Integer()))
    op.add_column("route_state", sa.Column("published_hazards", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("route_state", sa.Column("nearby", sa.Double(), nullable=False, server_default="0"))
    for table in CONTRIBUTIONS:
        op.add_column(table, sa.Column("may_touch", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("risk_shadow_route", sa.Column("area_km2", sa.Double()))
    op.add_column("mission_state", sa.Column("gain", sa.Double(), nullable=False, server_default="1"))
    op.add_column("mission_state", sa.Column("gain_at", UtcDateTime()))
    op.add_column("mission_state", sa.Column("gain_revision", sa.Integer()))
    op.execute(_fill_may_touch())
    op.execute(_fill_nearby())
    op.create_index("ix_contribution_may_touch", "contribution", ["mission", "route_id", "may_touch"])


def downgrade() -> None:
    op.drop_index("ix_contribution_may_touch", "contribution")
    for table in CONTRIBUTIONS:
        op.drop_column(table, "may_touch")
    for column in ("gain_revision", "gain_at", "gain"):
        op.drop_column("mission_state", column)
    op.drop_column("risk_shadow_route", "area_km2")
    op.drop_column("route_state", "nearby")
    op.drop_column("route_state", "published_hazards")
    for column in ("complete_revision", "info_credibility", "source_reliability"):
        op.drop_column("incident_view", column)


def _fill_may_touch() -> sa.Update:
    """Most incidents are too far away to touch the corridor."""
    made = sa.table("contribution", *map(sa.column, ("mission", "route_id", "incident_id", "distance_m", "may_touch")))
    routes = sa.table("route", *map(sa.column, ("mission", "route_id", "half_width_m")))
    views = sa.table("incident_view", *map(sa.column, ("mission", "incident_id", "uncertainty_m")))
    half_width = sa.select(routes.c.half_width_m).where(
        routes.c.mission == made.c.mission, routes.c.route_id == made.c.route_id
    )
    uncertainty = sa.select(views.c.uncertainty_m).where(
        views.c.mission == made.c.mission, views.c.incident_id == made.c.incident_id
    )
    reach = half_width.scalar_subquery() + uncertainty.scalar_subquery()
    return sa.update(made).where(made.c.distance_m > reach).values(may_touch=sa.false())


def _fill_nearby() -> sa.Update:
    """Σ v of the incidents within 2.5 km, as in `Contribution.nearby`."""
    states = sa.table("route_state", *map(sa.column, ("mission", "route_id", "nearby")))
    made = sa.table("contribution", *map(sa.column, ("mission", "route_id", "distance_m", "share", "kept")))
    weight = sa.select(sa.func.coalesce(sa.func.sum(made.c.kept / made.c.share), 0.0)).where(
        made.c.mission == states.c.mission,
        made.c.route_id == states.c.route_id,
        made.c.distance_m <= 2_500.0,
        made.c.share > 0.0,
    )
    return sa.update(states).values(nearby=weight.scalar_subquery())
