"""The key that cursors of the event stream are sealed with."""

from clearway_platform.database.migrations import add_cursor_key, drop_cursor_key

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    add_cursor_key()


def downgrade() -> None:
    drop_cursor_key()
