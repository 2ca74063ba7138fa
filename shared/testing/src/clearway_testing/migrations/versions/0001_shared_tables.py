"""The shared tables."""

from clearway_platform.database.migrations import create_plumbing, drop_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_plumbing()


def downgrade() -> None:
    drop_plumbing()
