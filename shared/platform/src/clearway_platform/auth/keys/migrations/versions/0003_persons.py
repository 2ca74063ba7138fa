"""The person who holds a key. Two keys of one person are one principal.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("api_key", sa.Column("person", sa.String()))


def downgrade() -> None:
    op.drop_column("api_key", "person")
