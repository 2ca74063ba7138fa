"""Routes, their risk, and what makes it."""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json, UtcDateTime
from clearway_platform.database.migrations import create_plumbing, drop_plumbing

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_plumbing()
    _create_missions_and_incidents()
    _create_routes()
    _create_contributions()


def downgrade() -> None:
    for table in ("contribution", "route_state", "route", "incident_view", "mission_state"):
        op.drop_table(table)
    drop_plumbing()


def _create_missions_and_incidents() -> None:
    op.create_table(
        "mission_state",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parameters", Json, nullable=False),
    )
    op.create_table(
        "incident_view",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("incident_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("occurred", UtcDateTime(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("uncertainty_m", sa.Double(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("hazard_state", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
    )


def _create_routes() -> None:
    op.create_table(
        "route",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("route_id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("line", Json, nullable=False),
        sa.Column("half_width_m", sa.Double(), nullable=False),
        sa.Column("length_m", sa.Double(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime()),
        sa.Column("changed_in", sa.Integer(), nullable=False),
    )
    op.create_index("ix_route_mission_changed_in", "route", ["mission", "changed_in"])
    op.create_table(
        "route_state",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("route_id", sa.Uuid(), primary_key=True),
        sa.Column("landmark", UtcDateTime(), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.Column("squares", sa.Double(), nullable=False),
        sa.Column("incidents", sa.Integer(), nullable=False),
        sa.Column("area_km2", sa.Double(), nullable=False),
        sa.Column("reference_share", sa.Double(), nullable=False),
        sa.Column("published_events", sa.Double()),
        sa.Column("published_band", sa.String()),
        sa.Column("published_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["mission", "route_id"], ["route.mission", "route.route_id"]),
    )


def _create_contributions() -> None:
    op.create_table(
        "contribution",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("route_id", sa.Uuid(), primary_key=True),
        sa.Column("incident_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("occurred", UtcDateTime(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("kept", sa.Double(), nullable=False),
    )
    op.create_index("ix_contribution_mission_incident", "contribution", ["mission", "incident_id"])
