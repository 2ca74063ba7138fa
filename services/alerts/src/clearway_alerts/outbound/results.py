"""What the attempts gave: recorded by the worker that still has the lease, and counted for or against the receiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, func, insert, select, update

from clearway_alerts.channels.base import AttemptResult
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outbound.leases import Lease
from clearway_alerts.outbound.planning import NOT_LEASED, Planned, replan, write
from clearway_alerts.policy.facts import Cause, Drop, Failure, Known
from clearway_alerts.policy.retry import failed_too_long
from clearway_alerts.policy.stages import Policy
from clearway_alerts.storage.mission_version import next_version
from clearway_alerts.storage.tables import DELIVERY, DELIVERY_ATTEMPT, SUBSCRIPTION, is_pending
from clearway_platform.database.engines import Transaction, one_or_many

_HELD: Final = (
    DELIVERY.c.id == bindparam("delivery"),
    DELIVERY.c.lease_epoch == bindparam("epoch"),
    is_pending(DELIVERY),
)
_STATE: Final = ("state", "state_reason", "revision", "deleted_at")
_ENDPOINT: Final = SUBSCRIPTION.c.id == bindparam("endpoint")
_ATTEMPTED: Final[dict[str, Any]] = {
    "attempts": DELIVERY.c.attempts + 1,
    "lease_until": None,
    "last_status": bindparam("answered"),
    "last_error": bindparam("problem"),
}
# Says as well since when the endpoint fails, so that the others need not be asked whether they recovered.
_DELIVERED: Final = (
    update(DELIVERY)
    .where(*_HELD)
    .values(state="delivered", finished_at=bindparam("now"), **_ATTEMPTED)
    .returning(
        DELIVERY.c.alert_id,
        DELIVERY.c.created_at,
        select(SUBSCRIPTION.c.failing_since).where(_ENDPOINT).scalar_subquery().label("failing_since"),
    )
)
_FAILED: Final = update(DELIVERY).where(*_HELD).values(**_ATTEMPTED)
_RECOVERED: Final = update(SUBSCRIPTION).where(_ENDPOINT).values(failing_since=None)
_FAILING: Final = (
    update(SUBSCRIPTION)
    .where(_ENDPOINT)
    .values(
        failing_since=func.coalesce(
            SUBSCRIPTION.c.failing_since, bindparam("now", type_=SUBSCRIPTION.c.failing_since.type)
        )
    )
    .returning(*(SUBSCRIPTION.c[name] for name in ("failing_since", "mission", *_STATE)))
)
_DISABLE: Final = (
    update(SUBSCRIPTION)
    .where(_ENDPOINT)
    .values(
        state=SubscriptionState.DISABLED,
        state_reason=bindparam("reason"),
        updated_at=bindparam("now"),
        revision=SUBSCRIPTION.c.revision + 1,
        changed_in=bindparam("version"),
    )
    .returning(*(SUBSCRIPTION.c[name] for name in _STATE))
)
_KEEP_ATTEMPT: Final = insert(DELIVERY_ATTEMPT)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that was made with a lease, and what it gave. `chance` in [0, 1) spreads the next one."""

    lease: Lease
    result: AttemptResult
    attempted_at: datetime
    chance: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """The deliveries whose lease was still held, the subscriptions whose receivers answer again, and for each alert
    that was delivered the seconds since its issue."""

    deliveries: set[UUID] = field(default_factory=set)
    recovered: set[UUID] = field(default_factory=set)
    latencies: list[float] = field(default_factory=list)


async def record(transaction: Transaction, policy: Policy, attempts: Sequence[Attempt], now: datetime) -> Recorded:
    """Record what the attempts gave. What a worker reports whose lease another one has taken over is ignored."""
    recorded = Recorded()
    for attempt in attempts:
        await (_delivered if attempt.result.is_delivered else _failed)(transaction, policy, attempt, now, recorded)
    await _keep_attempts(
        transaction, [attempt for attempt in attempts if attempt.lease.delivery_id in recorded.deliveries]
    )
    return recorded


async def _delivered(
    transaction: Transaction, policy: Policy, attempt: Attempt, now: datetime, recorded: Recorded
) -> None:
    endpoint = {"endpoint": attempt.lease.subscription_id}
    values = {**_held(attempt), **endpoint, "now": now}
    done = (await transaction.connection.execute(_DELIVERED, values)).first()
    if done is None:
        return
    recorded.deliveries.add(attempt.lease.delivery_id)
    if done.alert_id is not None:
        recorded.latencies.append((_answered_at(attempt) - done.created_at).total_seconds())
    if done.failing_since is not None:
        recorded.recovered.add(attempt.lease.subscription_id)
        await transaction.connection.execute(_RECOVERED, endpoint)
        which = (DELIVERY.c.subscription_id == attempt.lease.subscription_id) & NOT_LEASED
        await replan(transaction, policy, which, Cause.RECOVERED, now)


async def _failed(
    transaction: Transaction, policy: Policy, attempt: Attempt, now: datetime, recorded: Recorded
) -> None:
    """Plan the next attempt, and count how long the receiver fails; disable the subscription when that is too long."""
    if not (await transaction.connection.execute(_FAILED, _held(attempt))).rowcount:
        return
    lease, result = attempt.lease, attempt.result
    recorded.deliveries.add(lease.delivery_id)
    endpoint = {"endpoint": lease.subscription_id, "now": now}
    subscription = (await transaction.connection.execute(_FAILING, endpoint)).one()
    reason = _why_disabled(result, subscription.failing_since, now)
    if reason:
        version = await next_version(transaction, subscription.mission)
        disabled = {**endpoint, "reason": reason, "version": version}
        subscription = (await transaction.connection.execute(_DISABLE, disabled)).one()
    message = replace(lease.message, attempts=lease.attempt)
    verdict = policy.verdict(message, _known(subscription, attempt, now))
    if isinstance(verdict, Drop) and result.error:
        verdict = Drop(result.error)
    await write(transaction, [Planned(message, verdict, subscription.revision)], now)
    if reason:
        which = (DELIVERY.c.subscription_id == lease.subscription_id) & NOT_LEASED
        await replan(transaction, policy, which, Cause.SUBSCRIPTION_CHANGED, now)


def _known(subscription: Row[Any], attempt: Attempt, now: datetime) -> Known:
    failure = Failure(attempt.result.is_gone, attempt.chance, attempt.result.retry_after)
    return Known(
        now=now,
        cause=Cause.ATTEMPT_FAILED,
        subscription=SubscriptionState(subscription.state),
        state_reason=subscription.state_reason,
        is_deleted=subscription.deleted_at is not None,
        failure=failure,
    )


def _why_disabled(result: AttemptResult, failing_since: datetime, now: datetime) -> str | None:
    if result.is_gone:
        return f"the endpoint is gone: {result.error}"
    return f"the endpoint has failed since {failing_since.isoformat()}" if failed_too_long(failing_since, now) else None


def _answered_at(attempt: Attempt) -> datetime:
    return attempt.attempted_at + timedelta(milliseconds=attempt.result.duration_ms)


def _held(attempt: Attempt) -> dict[str, Any]:
    return {
        "delivery": attempt.lease.delivery_id,
        "epoch": attempt.lease.epoch,
        "answered": attempt.result.status,
        "problem": attempt.result.error,
    }


async def _keep_attempts(transaction: Transaction, attempts: Sequence[Attempt]) -> None:
    if attempts:
        rows = [
            {
                "delivery_id": attempt.lease.delivery_id,
                "number": attempt.lease.attempt,
                "attempted_at": attempt.attempted_at,
                "duration_ms": attempt.result.duration_ms,
                "status": attempt.result.status,
                "error": attempt.result.error,
            }
            for attempt in attempts
        ]
        await transaction.connection.execute(_KEEP_ATTEMPT, one_or_many(rows))
