"""What was done for routes: clearances and passes; contaminated areas; what is known of an incident beyond the
model's fields; the risks that were published, and the briefings that were handed out.

Programs from before this script write incidents without the new columns. Such an incident counts as one that was not
found by a search, and as surely present only until its moment: both make a risk higher, not lower. They do not count
contaminated areas: a route that they register or redraw is counted when it, or an area on it, changes again.
"""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident_view", sa.Column("activity", sa.String(), nullable=False, server_default="unknown"))
    op.add_column("incident_view", sa.Column("latest", UtcDateTime()))
    op.add_column("incident_view", sa.Column("updated_at", UtcDateTime()))
    op.add_column("route_state", sa.Column("last_checked_at", UtcDateTime()))
    op.add_column("route_state", sa.Column("contaminated_areas", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "route_check",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("check_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), primary_key=True),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("start_m", sa.Double(), nullable=False),
        sa.Column("end_m", sa.Double(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("items_found", sa.Integer()),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("route_revision", sa.Integer(), nullable=False),
        sa.Column("line_digest", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.ForeignKeyConstraint(["mission", "route_id"], ["route.mission", "route.route_id"]),
    )
    op.create_index(
        "ix_route_check_of_route", "route_check", ["mission", "route_id", "kind", "present", "at", "check_id"]
    )

    _create_areas()
    _create_records()


def downgrade() -> None:
    op.drop_table("briefing")
    op.drop_table("risk_record")
    op.drop_table("contaminated_area")
    op.drop_table("route_check")
    op.drop_column("route_state", "contaminated_areas")
    op.drop_column("route_state", "last_checked_at")
    for column in ("updated_at", "latest", "activity"):
        op.drop_column("incident_view", column)


def _create_areas() -> None:
    op.create_table(
        "contaminated_area",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("area_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), primary_key=True),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("polygon", Json, nullable=False),
        sa.Column("west", sa.Double(), nullable=False),
        sa.Column("south", sa.Double(), nullable=False),
        sa.Column("east", sa.Double(), nullable=False),
        sa.Column("north", sa.Double(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("reference", sa.String()),
        sa.Column("surveyed_at", UtcDateTime()),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String()),
    )
    op.create_index("ix_contaminated_area_present", "contaminated_area", ["mission", "present", "released", "area_id"])


def _create_records() -> None:
    op.create_table(
        "risk_record",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("route_id", sa.Uuid(), primary_key=True),
        sa.Column("at", UtcDateTime(), primary_key=True),
        sa.Column("band", sa.String(), nullable=False),
        sa.Column("expected_events", sa.Double(), nullable=False),
    )
    op.create_table(
        "briefing",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("briefing_id", sa.Uuid(), primary_key=True),
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", UtcDateTime(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
    )
