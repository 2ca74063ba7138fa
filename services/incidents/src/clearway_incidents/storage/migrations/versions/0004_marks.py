"""The marks that say who may read an incident, so that lists can be narrowed to them, and the revision that has them:
an older program changes a row without them, and then they are read in its state."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TABLES = ("incident", "incident_revision")
_COLUMNS: list[tuple[str, Any]] = [
    ("tlp", sa.String()),
    ("classification", sa.String()),
    ("releasable_to", sa.String()),
    ("marks_of", sa.Integer()),
]


def upgrade() -> None:
    for table in _TABLES:
        for name, type_ in _COLUMNS:
            op.add_column(table, sa.Column(name, type_))


def downgrade() -> None:
    for table in _TABLES:
        for name, _ in _COLUMNS:
            op.drop_column(table, name)
