"""When a key ends and by which it is replaced, what it is limited to, the system that holds it, and when it was last
used. `changed_in` numbers the changes: a process that has seen a number has seen all changes up to it.

Revision ID: 0005
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json, UtcDateTime

revision = "0005"
down_revision = "0004"

_COLUMNS: dict[str, Any] = {
    "expires_at": UtcDateTime(),
    "replaced_by": sa.String(),
    "system": sa.String(),
    "scopes": Json,
    "networks": Json,
}


def upgrade() -> None:
    for name, kind in _COLUMNS.items():
        op.add_column("api_key", sa.Column(name, kind))
    op.add_column("api_key", sa.Column("changed_in", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_api_key_changed_in", "api_key", ["changed_in"])
    op.create_table(
        "key_change",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "key_use",
        sa.Column("key_id", sa.String(), primary_key=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("key_use")
    op.drop_table("key_change")
    op.drop_index("ix_api_key_changed_in", "api_key")
    for name in ("changed_in", *_COLUMNS):
        op.drop_column("api_key", name)
