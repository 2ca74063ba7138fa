"""The sums that the map is drawn from where it is wide. What is on record already is counted by the program, in parts,
from its first start on; until then the map counts as it did.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.tables import BigId

revision = "0015"
down_revision = "0014"

_UNCOUNTED = sa.column("counted_of").is_distinct_from(sa.column("revision"))
_KIND = (
    *("status", "hazard_state", "category", "outcome", "exercise"),
    *("tlp", "classification", "releasable_to"),
)


def upgrade() -> None:
    op.add_column("incident", sa.Column("counted_of", sa.Integer()))
    op.create_index(
        "ix_incident_uncounted", "incident", ["mission"], sqlite_where=_UNCOUNTED, postgresql_where=_UNCOUNTED
    )
    op.create_table(
        "map_kind",
        sa.Column("kind", BigId, primary_key=True),
        sa.Column("mission", sa.String(), nullable=False),
        *(sa.Column(name, sa.Boolean() if name == "exercise" else sa.String(), nullable=False) for name in _KIND),
        sa.UniqueConstraint("mission", *_KIND, name="uq_map_kind"),
    )
    op.create_table(
        "map_sum",
        sa.Column("mission", sa.String(), primary_key=True),
        *(
            sa.Column(name, sa.Integer(), primary_key=True, autoincrement=False)
            for name in ("reduced", "zoom", "block", "column_number", "row_number")
        ),
        sa.Column("kind", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("incidents", sa.Integer(), nullable=False),
        sa.Column("x", sa.BigInteger(), nullable=False),
        sa.Column("y", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("map_sum")
    op.drop_table("map_kind")
    op.drop_index("ix_incident_uncounted", "incident")
    op.drop_column("incident", "counted_of")
