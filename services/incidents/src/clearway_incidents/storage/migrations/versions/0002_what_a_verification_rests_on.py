"""What a verification rests on: the person behind a revision's principal, the report that came with it, and whether it
corrected a decisive fact. Release 0.1.0 names none of the columns, and leaves them null."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COLUMNS: list[tuple[str, Any]] = [("person", sa.String()), ("report_id", sa.Uuid()), ("decisive", sa.Boolean())]


def upgrade() -> None:
    for name, type_ in _COLUMNS:
        op.add_column("incident_revision", sa.Column(name, type_))


def downgrade() -> None:
    for name, _ in _COLUMNS:
        op.drop_column("incident_revision", name)
