"""Suspends the subscriptions of a key that has ended. They collect alerts until a person lets them send again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from prometheus_client import Counter
from sqlalchemy import ColumnElement, RowMapping, select, update

from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outbound.planning import NOT_LEASED, replan
from clearway_alerts.policy.facts import Cause
from clearway_alerts.policy.stages import Policy
from clearway_alerts.storage.mission_version import next_version
from clearway_alerts.storage.tables import DELIVERY, SUBSCRIPTION
from clearway_platform.database.engines import Transaction

SUSPENSIONS = Counter("clearway_alert_suspensions", "Subscriptions that were suspended because their key ended")
_log = structlog.get_logger(__name__)

_ACTIVE: Final = SUBSCRIPTION.c.deleted_at.is_(None) & (SUBSCRIPTION.c.state == SubscriptionState.ACTIVE)


def why_suspended(key_id: str, ended: str) -> str:
    """`ended` is the end of the sentence about the key."""
    return f"its key {key_id} {ended}: transfer it to a key that is in use"


async def suspend(
    transaction: Transaction, policy: Policy, which: ColumnElement[bool], reason: str, now: datetime
) -> None:
    """Suspend the active subscriptions of one mission that `which` names. Release 0.1.0, which may run beside, takes
    them for disabled, and holds their messages too."""
    query = select(SUBSCRIPTION.c.id, SUBSCRIPTION.c.mission, SUBSCRIPTION.c.owner).where(which, _ACTIVE)
    query = query.order_by(SUBSCRIPTION.c.id).with_for_update()
    rows = (await transaction.connection.execute(query)).mappings().all()
    if not rows:
        return
    found = [row["id"] for row in rows]
    values: dict[str, Any] = {
        "state": SubscriptionState.DISABLED,
        "state_reason": reason,
        "suspended_at": now,
        "updated_at": now,
        "revision": SUBSCRIPTION.c.revision + 1,
        "changed_in": await next_version(transaction, rows[0]["mission"]),
    }
    await transaction.connection.execute(update(SUBSCRIPTION).where(SUBSCRIPTION.c.id.in_(found)).values(values))
    waiting = DELIVERY.c.subscription_id.in_(found) & NOT_LEASED
    await replan(transaction, policy, waiting, Cause.SUBSCRIPTION_CHANGED, now)
    transaction.after_commit(lambda: _tell(rows, reason))


def _tell(rows: Sequence[RowMapping], reason: str) -> None:
    SUSPENSIONS.inc(len(rows))
    for row in rows:
        _log.error("subscription_suspended", subscription=str(row["id"]), key=row["owner"], reason=reason)
