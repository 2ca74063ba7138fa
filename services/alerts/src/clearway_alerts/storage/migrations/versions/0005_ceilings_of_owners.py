"""The ceiling of the key to which a subscription belongs: what its messages may say. Earlier programs leave
it empty."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COLUMNS = ("owner_tlp", "owner_classification", "owner_organisation")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("subscription", sa.Column(name, sa.String()))


def downgrade() -> None:
    for name in _COLUMNS:
        op.drop_column("subscription", name)
