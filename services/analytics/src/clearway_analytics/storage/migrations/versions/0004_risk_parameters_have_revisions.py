"""Risk parameters have revisions: those in use are the first of each mission.

Programs from before this script change neither the new tables nor the new column. The shadow of proposed parameters
is compared with the incidents and routes before it is used, so it holds what such programs apply too.
"""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mission_state", sa.Column("parameters_revision", sa.Integer(), nullable=False, server_default="1"))
    _create_parameters()
    _create_shadow()


def downgrade() -> None:
    for table in ("risk_shadow_contribution", "risk_shadow_incident", "risk_shadow_route", "risk_parameters"):
        op.drop_table(table)
    op.drop_column("mission_state", "parameters_revision")


def _create_parameters() -> None:
    op.create_table(
        "risk_parameters",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("parameters_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("parameters", Json, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String()),
        sa.Column("proposed_at", UtcDateTime()),
        sa.Column("decided_by", sa.String()),
        sa.Column("decided_at", UtcDateTime()),
        sa.Column("decision_reason", sa.String()),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("compared_at", UtcDateTime()),
        sa.Column("summary", Json),
    )
    op.create_index("ix_risk_parameters_mission_revision", "risk_parameters", ["mission", "revision"], unique=True)


def _create_shadow() -> None:
    op.create_table(
        "risk_shadow_route",
        sa.Column("parameters_id", sa.Uuid(), primary_key=True),
        sa.Column("route_id", sa.Uuid(), primary_key=True),
        sa.Column("route_revision", sa.Integer(), nullable=False),
        sa.Column("reference_share", sa.Double(), nullable=False),
        sa.Column("events_before", sa.Double()),
        sa.Column("events_after", sa.Double()),
        sa.Column("band_before", sa.String()),
        sa.Column("band_after", sa.String()),
        sa.Column("change", sa.Double()),
    )
    op.create_index("ix_risk_shadow_route_change", "risk_shadow_route", ["parameters_id", "change", "route_id"])
    op.create_table(
        "risk_shadow_incident",
        sa.Column("parameters_id", sa.Uuid(), primary_key=True),
        sa.Column("incident_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.create_table(
        "risk_shadow_contribution",
        sa.Column("parameters_id", sa.Uuid(), primary_key=True),
        sa.Column("route_id", sa.Uuid(), primary_key=True),
        sa.Column("incident_id", sa.Uuid(), primary_key=True),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("occurred", UtcDateTime(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("kept", sa.Double(), nullable=False),
    )
    op.create_index(
        "ix_risk_shadow_contribution_incident", "risk_shadow_contribution", ["parameters_id", "incident_id"]
    )
