"""The sums of what each mission has put on record."""

from clearway_platform.database.migrations import create_stored_bytes, drop_stored_bytes

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    create_stored_bytes()


def downgrade() -> None:
    drop_stored_bytes()
