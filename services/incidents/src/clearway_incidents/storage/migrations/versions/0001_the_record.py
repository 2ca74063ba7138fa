"""The shared tables, and the record: incidents, their revisions, and the names that others have for them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json, UtcDateTime
from clearway_platform.database.migrations import create_plumbing, drop_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_plumbing()
    _create_incident()
    _create_revision()
    _create_external_ref()


def downgrade() -> None:
    for table in ("external_ref", "incident_revision", "incident"):
        op.drop_table(table)
    drop_plumbing()


def _create_incident() -> None:
    op.create_table(
        "incident",
        *_indexed_columns(),
        sa.Column("incident_id", sa.Uuid(), primary_key=True),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
    )
    op.create_index("ix_incident_mission_created", "incident", ["mission", "created_at", "incident_id"])
    op.create_index("ix_incident_mission_place", "incident", ["mission", "longitude", "latitude"])
    op.create_index("ix_incident_mission_latest", "incident", ["mission", "latest"])
    op.create_index("ix_incident_mission_status", "incident", ["mission", "status", "updated_at"])


def _create_revision() -> None:
    op.create_table(
        "incident_revision",
        *_indexed_columns(),
        sa.Column("incident_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), primary_key=True),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("changed", Json, nullable=False),
        sa.Column("prev_hash", sa.String()),
        sa.Column("hash", sa.String(), nullable=False),
    )
    op.create_index("ix_incident_revision_mission_recorded", "incident_revision", ["mission", "recorded_at"])


def _create_external_ref() -> None:
    op.create_table(
        "external_ref",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("system", sa.String(), primary_key=True),
        sa.Column("external_id", sa.String(), primary_key=True),
        sa.Column("incident_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("content", Json, nullable=False),
    )


def _indexed_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("hazard_state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("earliest", UtcDateTime(), nullable=False),
        sa.Column("latest", UtcDateTime(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("state", Json, nullable=False),
    ]
