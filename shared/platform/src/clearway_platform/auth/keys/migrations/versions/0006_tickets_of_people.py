"""The ticket of a person who signed in elsewhere holds the principal: there is no key of theirs to look up.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    column: sa.Column[object] = sa.Column("person", Json)
    op.add_column("stream_ticket", column)


def downgrade() -> None:
    op.drop_column("stream_ticket", "person")
