"""A subscription keeps its secrets sealed, beside the columns in which an older program keeps them in the clear."""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscription", sa.Column("sealed_secrets", Json))


def downgrade() -> None:
    op.drop_column("subscription", "sealed_secrets")
