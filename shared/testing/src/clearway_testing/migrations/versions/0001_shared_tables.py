"""The shared tables."""

from clearway_platform.database.migrations import (
    add_cursor_key,
    create_plumbing,
    create_stored_bytes,
    drop_plumbing,
    drop_stored_bytes,
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_plumbing()
    add_cursor_key()
    create_stored_bytes()


def downgrade() -> None:
    drop_stored_bytes()
    drop_plumbing()
