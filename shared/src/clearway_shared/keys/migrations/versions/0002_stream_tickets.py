"""Stream tickets, which every service issues and uses.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

from clearway_shared.database import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "stream_ticket",
        sa.Column("ticket_hash", sa.String(), primary_key=True),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_stream_ticket_key_id", "stream_ticket", ["key_id"])
    op.create_index("ix_stream_ticket_expires_at", "stream_ticket", ["expires_at"])
    if op.get_bind().dialect.name == "postgresql":
        _open_to_readers()


def downgrade() -> None:
    op.drop_table("stream_ticket")


def _open_to_readers() -> None:
    """Who may read the keys may issue and use tickets, and still change no key. How that role is called, each
    deployment says for itself."""
    connection = op.get_bind()
    readers = connection.scalars(
        sa.text(
            "SELECT DISTINCT rolname FROM pg_class, aclexplode(relacl) AS given JOIN pg_roles ON pg_roles.oid = grantee"
            " WHERE pg_class.oid = 'api_key'::regclass AND privilege_type = 'SELECT' AND grantee <> relowner"
        )
    ).all()
    quote = connection.dialect.identifier_preparer.quote
    for reader in readers:
        connection.execute(sa.text(f"GRANT SELECT, INSERT, DELETE ON stream_ticket TO {quote(reader)}"))
