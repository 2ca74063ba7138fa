"""Up to which TLP and classification a key reads, and the organisation of its holder. Without them, those of its role.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_COLUMNS = ("tlp", "classification", "organisation")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("api_key", sa.Column(name, sa.String()))


def downgrade() -> None:
    for name in _COLUMNS:
        op.drop_column("api_key", name)
