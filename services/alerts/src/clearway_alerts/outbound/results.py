"""What became of the attempts: recorded by whoever still holds the lease, and held against the endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update

from clearway_alerts.channels.webhook.request import Answer
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outbound.leases import Claim
from clearway_alerts.policy.retry import failed_too_long, next_wait
from clearway_alerts.storage.mission_version import next_version
from clearway_alerts.storage.tables import DELIVERY, DELIVERY_ATTEMPT, SUBSCRIPTION, is_pending
from clearway_platform.database.engines import Transaction, one_or_many

_HELD: Final = (
    DELIVERY.c.id == bindparam("delivery"),
    DELIVERY.c.lease_epoch == bindparam("epoch"),
    is_pending(DELIVERY),
)
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
_TRY_AGAIN: Final = update(DELIVERY).where(*_HELD).values(due_at=bindparam("again"), **_ATTEMPTED)
_GIVE_UP: Final = update(DELIVERY).where(*_HELD).values(state="dead", finished_at=bindparam("now"), **_ATTEMPTED)
_RECOVERED: Final = update(SUBSCRIPTION).where(_ENDPOINT).values(failing_since=None)
# An endpoint that answers again gets at once what waited for it.
_DUE_NOW: Final = (
    update(DELIVERY)
    .where(DELIVERY.c.subscription_id == bindparam("endpoint"), is_pending(DELIVERY))
    .where(DELIVERY.c.due_at > bindparam("now"), DELIVERY.c.lease_until.is_(None))
    .values(due_at=bindparam("now"))
)
_FAILING: Final = (
    update(SUBSCRIPTION)
    .where(_ENDPOINT)
    .values(
        failing_since=func.coalesce(
            SUBSCRIPTION.c.failing_since, bindparam("now", type_=SUBSCRIPTION.c.failing_since.type)
        )
    )
    .returning(SUBSCRIPTION.c.failing_since, SUBSCRIPTION.c.mission)
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
)
_KEEP_ATTEMPT: Final = insert(DELIVERY_ATTEMPT)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one attempt. `chance` in [0, 1) spreads the next one."""

    claim: Claim
    answer: Answer
    attempted_at: datetime
    chance: float


@dataclass(frozen=True, slots=True)
class Settled:
    """The deliveries whose lease was still held, the endpoints that answer again, and for each alert that was
    delivered the seconds since its issue."""

    deliveries: set[UUID] = field(default_factory=set)
    recovered: set[UUID] = field(default_factory=set)
    latencies: list[float] = field(default_factory=list)


async def settle(transaction: Transaction, results: Sequence[Result], now: datetime) -> Settled:
    """Record what came of the attempts.

    The word of a worker whose lease another one has taken over does not count.
    """
    settled = Settled()
    for result in results:
        await (_deliver if result.answer.is_success else _fail)(transaction, result, now, settled)
    await _keep_attempts(transaction, [result for result in results if result.claim.delivery_id in settled.deliveries])
    return settled


async def _deliver(transaction: Transaction, result: Result, now: datetime, settled: Settled) -> None:
    endpoint = {"endpoint": result.claim.subscription_id}
    done = (await transaction.connection.execute(_DELIVERED, {**_attempt(result), **endpoint, "now": now})).first()
    if done is None:
        return
    settled.deliveries.add(result.claim.delivery_id)
    if done.alert_id is not None:
        settled.latencies.append((_answered_at(result) - done.created_at).total_seconds())
    if done.failing_since is not None:
        settled.recovered.add(result.claim.subscription_id)
        await transaction.connection.execute(_RECOVERED, endpoint)
        await transaction.connection.execute(_DUE_NOW, {**endpoint, "now": now})


async def _fail(transaction: Transaction, result: Result, now: datetime, settled: Settled) -> None:
    answer, attempt = result.answer, _attempt(result)
    wait = None if answer.is_gone else next_wait(result.claim.attempt, result.chance, answer.retry_after)
    if wait is None:
        recorded = await transaction.connection.execute(_GIVE_UP, {**attempt, "now": now})
    else:
        recorded = await transaction.connection.execute(_TRY_AGAIN, {**attempt, "again": now + wait})
    if recorded.rowcount:
        settled.deliveries.add(result.claim.delivery_id)
        await _note_failure(transaction, result.claim.subscription_id, answer, now)


def _answered_at(result: Result) -> datetime:
    return result.attempted_at + timedelta(milliseconds=result.answer.duration_ms)


def _attempt(result: Result) -> dict[str, Any]:
    return {
        "delivery": result.claim.delivery_id,
        "epoch": result.claim.epoch,
        "answered": result.answer.status,
        "problem": result.answer.error,
    }


async def _note_failure(transaction: Transaction, subscription_id: UUID, answer: Answer, now: datetime) -> None:
    """Begin, or go on, to count how long the endpoint fails; disable it when it is gone or has failed too long."""
    endpoint = {"endpoint": subscription_id, "now": now}
    since, mission = (await transaction.connection.execute(_FAILING, endpoint)).one()
    reason = "the endpoint answered 410 Gone" if answer.is_gone else None
    if failed_too_long(since, now):
        reason = reason or f"the endpoint has failed since {since.isoformat()}"
    if reason:
        version = await next_version(transaction, mission)
        await transaction.connection.execute(_DISABLE, {**endpoint, "reason": reason, "version": version})


async def _keep_attempts(transaction: Transaction, results: Sequence[Result]) -> None:
    if results:
        rows = [
            {
                "delivery_id": result.claim.delivery_id,
                "number": result.claim.attempt,
                "attempted_at": result.attempted_at,
                "duration_ms": result.answer.duration_ms,
                "status": result.answer.status,
                "error": result.answer.error,
            }
            for result in results
        ]
        await transaction.connection.execute(_KEEP_ATTEMPT, one_or_many(rows))
