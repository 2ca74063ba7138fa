"""Whether a subscription's endpoint proved itself: the address that was challenged, and what came of it. Release 0.1.0
names none of the columns, and runs on. An endpoint that was there before is challenged after the upgrade."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS: dict[str, Any] = {
    "challenged_url": sa.Text(),
    "challenge_due_at": UtcDateTime(),
    "challenge_attempts": sa.Integer(),
    "challenge_problem": sa.Text(),
    "challenged_at": UtcDateTime(),
    "proved_at": UtcDateTime(),
}
_UNPROVED = sa.text(
    "url IS NOT NULL AND deleted_at IS NULL"
    " AND (challenged_url IS NULL OR challenged_url <> url OR challenge_due_at IS NOT NULL)"
)


def upgrade() -> None:
    for name, type_ in _COLUMNS.items():
        op.add_column("subscription", sa.Column(name, type_))
    op.create_index(
        "ix_subscription_unproved",
        "subscription",
        ["challenge_due_at"],
        sqlite_where=_UNPROVED,
        postgresql_where=_UNPROVED,
    )


def downgrade() -> None:
    op.drop_index("ix_subscription_unproved", "subscription")
    for name in reversed(_COLUMNS):
        op.drop_column("subscription", name)
