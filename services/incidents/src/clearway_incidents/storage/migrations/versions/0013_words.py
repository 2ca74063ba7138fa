"""The index of words. What is on record already is indexed by the program, in pages, from its first start on.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from clearway_platform.database.engines import UtcDateTime
from clearway_platform.database.tables import BigId

revision = "0013"
down_revision = "0012"

_UNINDEXED = sa.column("words_of").is_distinct_from(sa.column("revision"))


def upgrade() -> None:
    op.add_column("incident", sa.Column("words_of", sa.Integer()))
    op.create_index(
        "ix_incident_unindexed", "incident", ["mission"], sqlite_where=_UNINDEXED, postgresql_where=_UNINDEXED
    )
    op.create_table(
        "incident_text",
        sa.Column("doc", BigId, primary_key=True),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("until_at", UtcDateTime()),
    )
    op.create_index("ix_incident_text_incident", "incident_text", ["incident_id", "mission"])
    if op.get_bind().dialect.name == "sqlite":
        # Words come cut, in small letters and without accents: this tokenizer changes nothing of them.
        op.execute(
            "CREATE VIRTUAL TABLE incident_words USING fts5(words, tokenize = 'ascii', detail = 'none', columnsize = 0)"
        )
        return
    op.create_table(
        "incident_words",
        sa.Column("doc", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("words", TSVECTOR(), nullable=False),
    )
    op.create_index(
        "ix_incident_words",
        "incident_words",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 128},
    )


def downgrade() -> None:
    op.drop_table("incident_words")
    op.drop_table("incident_text")
    op.drop_index("ix_incident_unindexed", "incident")
    op.drop_column("incident", "words_of")
