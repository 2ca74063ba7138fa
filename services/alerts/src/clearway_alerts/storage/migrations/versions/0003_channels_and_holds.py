"""A subscription keeps its channel as a form with its secrets apart, and a delivery why it is held. Release 0.1.0
names none of the columns, and runs on."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COLUMNS: dict[str, list[tuple[str, Any]]] = {
    "subscription": [("channel", Json), ("channel_secrets", Json)],
    "delivery": [("held", sa.Text()), ("held_in", sa.Integer())],
}


def upgrade() -> None:
    for table, columns in _COLUMNS.items():
        for name, type_ in columns:
            op.add_column(table, sa.Column(name, type_))


def downgrade() -> None:
    for table, columns in _COLUMNS.items():
        for name, _ in columns:
            op.drop_column(table, name)
