"""An attempt is of the mission of its delivery: on PostgreSQL no other one sees it."""

from clearway_platform.database.row_security import protect_like, protect_like_no_more

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    protect_like("delivery_attempt", "delivery_id", parent="delivery", key="id")


def downgrade() -> None:
    protect_like_no_more("delivery_attempt")
