"""The sums of what each mission has put on record."""

from clearway_platform.database.migrations import create_stored_bytes, drop_stored_bytes

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    create_stored_bytes()


def downgrade() -> None:
    drop_stored_bytes()
