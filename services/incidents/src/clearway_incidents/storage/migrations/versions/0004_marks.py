"""The marks that say who may read an incident, so that lists can be narrowed to them, and the revision that has them:
an older program changes a row without them, and then they are read in its state. And until when an incident is
kept, and when the texts of a revision were removed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

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
    op.add_column("incident", sa.Column("retention_until", UtcDateTime()))
    op.create_index("ix_incident_retention", "incident", ["retention_until"])
    op.add_column("incident_revision", sa.Column("reduced_at", UtcDateTime()))


def downgrade() -> None:
    op.drop_column("incident_revision", "reduced_at")
    op.drop_index("ix_incident_retention", "incident")
    op.drop_column("incident", "retention_until")
    for table in _TABLES:
        for name, _ in _COLUMNS:
            op.drop_column(table, name)
