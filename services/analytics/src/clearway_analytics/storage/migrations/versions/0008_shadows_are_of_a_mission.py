"""A shadow is of the mission of its parameters: on PostgreSQL no other one sees it."""

from clearway_platform.database.row_security import protect_like, protect_like_no_more

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SHADOWS = ("risk_shadow_route", "risk_shadow_incident")


def upgrade() -> None:
    for table in SHADOWS:
        protect_like(table, "parameters_id", parent="risk_parameters", key="parameters_id")


def downgrade() -> None:
    for table in SHADOWS:
        protect_like_no_more(table)
