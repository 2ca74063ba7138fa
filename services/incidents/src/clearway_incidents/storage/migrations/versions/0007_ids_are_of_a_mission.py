"""An id is of its mission: another mission may choose the same one, and learns nothing of it. Older programs find what
they find by the id alone, which stays the beginning of both keys."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_INDEXES = sa.text("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :of AND sql IS NOT NULL")
_KEYS = {"incident": ["incident_id"], "incident_revision": ["incident_id", "revision"]}


def upgrade() -> None:
    for table, key in _KEYS.items():
        _change_key(table, [*key, "mission"])


def downgrade() -> None:
    for table, key in _KEYS.items():
        _change_key(table, key)


def _change_key(table: str, columns: Sequence[str]) -> None:
    name = f"{table}_pkey"
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(name, table)
        op.create_primary_key(name, table, list(columns))
        return
    # SQLite changes no key of a table: the rows are copied to one that has it.
    indexes = op.get_bind().execute(_INDEXES, {"of": table}).scalars().all()
    rows = sa.Table(table, sa.MetaData(), autoload_with=op.get_bind())
    copied = [sa.Column(one.name, one.type, nullable=one.nullable) for one in rows.c]
    copy = sa.Table(table, sa.MetaData(), *copied, sa.PrimaryKeyConstraint(*columns, name=name))
    with op.batch_alter_table(table, copy_from=copy, recreate="always"):
        pass
    for index in indexes:
        op.execute(index)
