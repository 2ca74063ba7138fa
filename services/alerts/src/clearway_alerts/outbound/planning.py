"""Asks the policy about deliveries that wait, and writes its verdicts to their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.domain.delivery import DeliveryState
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outbound.order import IS_BEHIND
from clearway_alerts.policy.facts import Cause, Drop, Hold, Known, Message, SendAt, Verdict
from clearway_alerts.policy.stages import Policy
from clearway_alerts.storage.rows import known_word
from clearway_alerts.storage.tables import ALERT, DELIVERY, SUBSCRIPTION, is_pending
from clearway_contracts.vocabulary import AlertKind, Severity
from clearway_platform.database.engines import Transaction

_WAITING: Final = (
    select(
        *(
            DELIVERY.c[name]
            for name in ("id", "subscription_id", "incident_id", "due_at", "attempts", "held", "held_in")
        ),
        *(SUBSCRIPTION.c[name].label(name) for name in ("state", "state_reason", "revision", "deleted_at")),
        ALERT.c.kind.label("alert_kind"),
        ALERT.c.severity,
        IS_BEHIND.label("is_behind"),
    )
    .select_from(
        DELIVERY.join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id).outerjoin(
            ALERT, ALERT.c.id == DELIVERY.c.alert_id
        )
    )
    .where(is_pending())
    .order_by(DELIVERY.c.id)
    .with_for_update(of=DELIVERY)
)
NOT_LEASED: Final = DELIVERY.c.lease_until.is_(None)
# Decided for a revision of the subscription that is not its present one: by a process that did not know that one yet,
# or before release 0.1.0, which knows no holds, changed the subscription.
STALE_HOLD: Final = DELIVERY.c.held.is_not(None) & (DELIVERY.c.held_in != SUBSCRIPTION.c.revision)
_PLAN: Final = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("delivery"), is_pending())
    .values({name: bindparam(f"planned_{name}") for name in ("state", "due_at", "held", "held_in", "finished_at")})
)
_DROP: Final = _PLAN.values(last_error=bindparam("planned_last_error"))


_NOTHING: Final[Mapping[str, Any]] = {"held": None, "held_in": None, "last_error": None, "finished_at": None}


@dataclass(frozen=True, slots=True)
class Planned:
    """A verdict on one message, for its row. `revision` is the subscription's."""

    message: Message
    verdict: Verdict
    revision: int


_HAS_STALE_HOLDS: Final = (
    select(DELIVERY.c.id)
    .join_from(DELIVERY, SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
    .where(is_pending(), STALE_HOLD)
    .limit(1)
)


async def has_stale_holds(connection: AsyncConnection) -> bool:
    """Asked without writing."""
    return (await connection.execute(_HAS_STALE_HOLDS)).first() is not None


async def replan(
    transaction: Transaction, policy: Policy, which: ColumnElement[bool], cause: Cause, now: datetime
) -> list[UUID]:
    """Ask again about the pending deliveries that `which` names. Returns those of which the plan has changed."""
    rows = (await transaction.connection.execute(_WAITING.where(which))).mappings().all()
    planned = [_planned(row, policy, cause, now) for row in rows]
    changed = [plan for plan, row in zip(planned, rows, strict=True) if _differs(plan, row)]
    await write(transaction, changed, now)
    return [plan.message.delivery_id for plan in changed]


async def write(transaction: Transaction, planned: Sequence[Planned], now: datetime) -> None:
    """Write the verdicts to the rows."""
    dropped = [plan for plan in planned if isinstance(plan.verdict, Drop)]
    others = [plan for plan in planned if not isinstance(plan.verdict, Drop)]
    for statement, plans in ((_DROP, dropped), (_PLAN, others)):
        if plans:
            await transaction.connection.execute(statement, [_parameters(plan, now) for plan in plans])


def planned_columns(verdict: Verdict, revision: int, now: datetime) -> dict[str, Any]:
    """The columns of a verdict: all of them, whatever it is. `now` is the due date of what has no other."""
    match verdict:
        case SendAt(at):
            return {**_NOTHING, "state": DeliveryState.PENDING, "due_at": at}
        case Hold(reason):
            return {**_NOTHING, "state": DeliveryState.PENDING, "due_at": now, "held": reason, "held_in": revision}
        case Drop(reason):
            return {**_NOTHING, "state": DeliveryState.DEAD, "due_at": now, "last_error": reason, "finished_at": now}


def _parameters(plan: Planned, now: datetime) -> dict[str, Any]:
    """A message that is held or dropped keeps its date."""
    columns = planned_columns(plan.verdict, plan.revision, now)
    if not isinstance(plan.verdict, SendAt):
        columns["due_at"] = plan.message.due_at
    named = {f"planned_{name}": value for name, value in columns.items()}
    if not isinstance(plan.verdict, Drop):
        del named["planned_last_error"]
    return named | {"delivery": plan.message.delivery_id}


def _planned(row: RowMapping, policy: Policy, cause: Cause, now: datetime) -> Planned:
    message = Message(
        delivery_id=row["id"],
        subscription_id=row["subscription_id"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        incident_id=row["incident_id"],
        alert_kind=known_word(AlertKind, row["alert_kind"]),
        severity=known_word(Severity, row["severity"]),
    )
    known = Known(
        now=now,
        cause=cause,
        subscription=SubscriptionState(row["state"]),
        state_reason=row["state_reason"],
        is_deleted=row["deleted_at"] is not None,
        was_held=row["held"] is not None,
        is_behind=row["is_behind"],
    )
    return Planned(message, policy.verdict(message, known), row["revision"])


def _differs(plan: Planned, row: RowMapping) -> bool:
    match plan.verdict:
        case SendAt(at):
            return row["held"] is not None or at != row["due_at"]
        case Hold(reason):
            return (row["held"], row["held_in"]) != (reason, plan.revision)
        case Drop():
            return True
