"""The marks that say who may read what of an incident. One that an earlier program wrote has none, and counts as marked
as highly as there is: its hazard is listed all the same, and its place by the grid."""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident_view", sa.Column("tlp", sa.String()))
    op.add_column("incident_view", sa.Column("classification", sa.String()))
    op.add_column("incident_view", sa.Column("releasable_to", Json))


def downgrade() -> None:
    for name in ("tlp", "classification", "releasable_to"):
        op.drop_column("incident_view", name)
