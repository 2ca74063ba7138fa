"""The shared tables."""

from clearway_platform.database.migrations import add_cursor_key, create_plumbing, drop_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_plumbing()
    add_cursor_key()


def downgrade() -> None:
    drop_plumbing()
