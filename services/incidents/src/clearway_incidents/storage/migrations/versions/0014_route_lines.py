"""The lines of routes, so that incidents can be asked for along one. They come from the topic of routes, which keeps
every one.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "route_line",
        sa.Column("mission", sa.String(), primary_key=True),
        sa.Column("route_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("line", Json, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("route_line")
