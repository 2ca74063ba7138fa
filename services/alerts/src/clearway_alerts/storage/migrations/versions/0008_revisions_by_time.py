"""An index of the revisions by the time at which they were processed: a preview reads those of a past time."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_incident_view_handled", "incident_view", ["mission", "handled_at", "incident_id", "revision"])


def downgrade() -> None:
    op.drop_index("ix_incident_view_handled", "incident_view")
