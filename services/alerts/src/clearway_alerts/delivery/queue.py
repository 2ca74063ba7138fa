"""The deliveries that are due, claimed by lease, and what became of them. Rows of the database, not a second queue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, or_, select, tuple_, update

from clearway_alerts.delivery.signing import SigningKeys
from clearway_alerts.delivery.webhook import Answer
from clearway_alerts.domain.retries import failed_too_long, next_wait
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outgoing import test_body, webhook_body
from clearway_alerts.rows import read_alert, read_incident
from clearway_alerts.tables import ALERT, DELIVERY, DELIVERY_ATTEMPT, INCIDENT_VIEW, SUBSCRIPTION
from clearway_shared.database import Transaction, insert

# So many messages of one endpoint are on their way at the same time.
PER_ENDPOINT: Final = 4


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this worker may send until `lease_until`, and only while `epoch` is still its own."""

    delivery_id: UUID
    subscription_id: UUID
    epoch: int
    lease_until: datetime
    attempt: int
    url: str
    keys: SigningKeys
    body: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one attempt. `chance` in [0, 1) spreads the next one."""

    claim: Claim
    answer: Answer
    attempted_at: datetime
    chance: float


async def claim(
    tx: Transaction, now: datetime, *, lease: timedelta, limit: int, busy: Collection[UUID] = ()
) -> list[Claim]:
    """Lease up to `limit` deliveries, at most PER_ENDPOINT of each endpoint and none of the `busy` ones."""
    leased = (
        update(DELIVERY)
        .where(DELIVERY.c.id.in_(_locked(now, limit, busy)))
        .values(lease_until=now + lease, lease_epoch=DELIVERY.c.lease_epoch + 1)
        .returning(DELIVERY.c.id)
    )
    ids = list((await tx.connection.execute(leased)).scalars())
    if not ids:
        return []
    rows = await tx.connection.execute(_contents().where(DELIVERY.c.id.in_(ids)).order_by(DELIVERY.c.id))
    return [_claim(row, now) for row in rows.mappings()]


def _claimable(now: datetime) -> ColumnElement[bool]:
    free = or_(DELIVERY.c.lease_until.is_(None), DELIVERY.c.lease_until <= now)
    return and_(DELIVERY.c.state == "pending", DELIVERY.c.due_at <= now, free)


def _locked(now: datetime, limit: int, busy: Collection[UUID]) -> Select[Any]:
    """On PostgreSQL another worker's rows are skipped, and the conditions are tested again on the locked row."""
    return (
        select(DELIVERY.c.id)
        .where(DELIVERY.c.id.in_(_candidates(now, limit, busy)), _claimable(now))
        .with_for_update(skip_locked=True)
    )


def _candidates(now: datetime, limit: int, busy: Collection[UUID]) -> Select[Any]:
    earlier = DELIVERY.alias("earlier")
    overtakes = (
        select(earlier.c.id)
        .where(
            earlier.c.incident_id == DELIVERY.c.incident_id,
            earlier.c.subscription_id == DELIVERY.c.subscription_id,
            earlier.c.sequence < DELIVERY.c.sequence,
            earlier.c.state == "pending",
        )
        .exists()
    )
    order = (DELIVERY.c.due_at, DELIVERY.c.id)
    place = func.row_number().over(partition_by=DELIVERY.c.subscription_id, order_by=order).label("place")
    due = (
        select(DELIVERY.c.id, DELIVERY.c.due_at, place)
        .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
        .where(_claimable(now), ~overtakes, SUBSCRIPTION.c.state == SubscriptionState.ACTIVE)
        .where(DELIVERY.c.subscription_id.not_in(list(busy)))
        .subquery("due")
    )
    return select(due.c.id).where(due.c.place <= PER_ENDPOINT).order_by(due.c.due_at, due.c.id).limit(limit)


def _contents() -> Select[Any]:
    """What is needed to send: the alert with its incident (neither for a test message), and the endpoint's keys."""
    view = and_(
        INCIDENT_VIEW.c.mission == ALERT.c.mission,
        INCIDENT_VIEW.c.incident_id == ALERT.c.incident_id,
        INCIDENT_VIEW.c.revision == ALERT.c.revision,
    )
    delivery = [DELIVERY.c[name].label(f"delivery_{name}") for name in ("id", "attempts", "created_at", "alert_id")]
    lease = (DELIVERY.c.lease_epoch, DELIVERY.c.lease_until)
    endpoint = [
        SUBSCRIPTION.c[name].label(f"endpoint_{name}")
        for name in ("id", "mission", "url", "secret", "old_secret", "old_secret_until", "private_key")
    ]
    return (
        select(*delivery, *lease, *endpoint, *ALERT.c, INCIDENT_VIEW.c.incident)
        .join_from(DELIVERY, SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
        .outerjoin(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
        .outerjoin(INCIDENT_VIEW, view)
    )


def _claim(row: RowMapping, now: datetime) -> Claim:
    overlaps = row["endpoint_old_secret_until"] is not None and row["endpoint_old_secret_until"] > now
    old_secret = row["endpoint_old_secret"] if overlaps else None
    return Claim(
        delivery_id=row["delivery_id"],
        subscription_id=row["endpoint_id"],
        epoch=row["lease_epoch"],
        lease_until=row["lease_until"],
        attempt=row["delivery_attempts"] + 1,
        url=row["endpoint_url"],
        keys=SigningKeys(row["endpoint_secret"], row["endpoint_private_key"], old_secret),
        body=_body(row),
    )


def _body(row: RowMapping) -> bytes:
    if row["delivery_alert_id"] is None:
        return test_body(row["endpoint_id"], row["endpoint_mission"], row["delivery_created_at"])
    return webhook_body(read_alert(row), read_incident(row["incident"]))


async def settle(tx: Transaction, results: Sequence[Result], now: datetime) -> set[UUID]:
    """Record what came of the attempts, and return the deliveries whose lease was still held.

    The word of a worker whose lease another one has taken over does not count.
    """
    by_status: dict[int | None, list[Result]] = defaultdict(list)
    for result in results:
        if result.answer.is_success:
            by_status[result.answer.status].append(result)
    settled: set[UUID] = set()
    for status, delivered in by_status.items():
        settled |= await _settle_delivered(tx, status, delivered, now)
    for failed in (result for result in results if not result.answer.is_success):
        settled |= await _settle_failed(tx, failed, now)
    await _keep_attempts(tx, [result for result in results if result.claim.delivery_id in settled])
    return settled


async def _settle_delivered(tx: Transaction, status: int | None, results: list[Result], now: datetime) -> set[UUID]:
    held = tuple_(DELIVERY.c.id, DELIVERY.c.lease_epoch).in_(
        [(result.claim.delivery_id, result.claim.epoch) for result in results]
    )
    values = {"state": "delivered", "last_status": status, "last_error": None, "finished_at": now, "lease_until": None}
    done = (
        update(DELIVERY)
        .where(held, DELIVERY.c.state == "pending")
        .values(**values, attempts=DELIVERY.c.attempts + 1)
        .returning(DELIVERY.c.id)
    )
    settled = set((await tx.connection.execute(done)).scalars())
    await _note_recovery(tx, {result.claim.subscription_id for result in results}, now)
    return settled


async def _note_recovery(tx: Transaction, endpoints: set[UUID], now: datetime) -> None:
    """An endpoint that answers again gets at once what waited for it."""
    failing = SUBSCRIPTION.c.failing_since.is_not(None)
    recovered = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id.in_(endpoints), failing).values(failing_since=None)
    ids = list((await tx.connection.execute(recovered.returning(SUBSCRIPTION.c.id))).scalars())
    if ids:
        waiting = (DELIVERY.c.state == "pending") & (DELIVERY.c.due_at > now) & DELIVERY.c.lease_until.is_(None)
        await tx.connection.execute(
            update(DELIVERY).where(DELIVERY.c.subscription_id.in_(ids), waiting).values(due_at=now)
        )


async def _settle_failed(tx: Transaction, result: Result, now: datetime) -> set[UUID]:
    lease, answer = result.claim, result.answer
    wait = None if answer.is_gone else next_wait(lease.attempt, result.chance, answer.retry_after)
    ending = {"state": "dead", "finished_at": now} if wait is None else {"due_at": now + wait}
    held = (DELIVERY.c.id == lease.delivery_id) & (DELIVERY.c.lease_epoch == lease.epoch)
    failed = (
        update(DELIVERY)
        .where(held, DELIVERY.c.state == "pending")
        .values(
            **ending,
            attempts=DELIVERY.c.attempts + 1,
            last_status=answer.status,
            last_error=answer.error,
            lease_until=None,
        )
        .returning(DELIVERY.c.id)
    )
    settled = set((await tx.connection.execute(failed)).scalars())
    if settled:
        await _note_failure(tx, lease.subscription_id, answer, now)
    return settled


async def _note_failure(tx: Transaction, subscription_id: UUID, answer: Answer, now: datetime) -> None:
    """Begin, or go on, to count how long the endpoint fails; disable it when it is gone or has failed too long."""
    endpoint = SUBSCRIPTION.c.id == subscription_id
    counting = (
        update(SUBSCRIPTION).where(endpoint).values(failing_since=func.coalesce(SUBSCRIPTION.c.failing_since, now))
    )
    since = (await tx.connection.execute(counting.returning(SUBSCRIPTION.c.failing_since))).scalar_one()
    reason = "the endpoint answered 410 Gone" if answer.is_gone else None
    if failed_too_long(since, now):
        reason = reason or f"the endpoint has failed since {since.isoformat()}"
    if reason:
        await tx.connection.execute(
            update(SUBSCRIPTION)
            .where(endpoint)
            .values(
                state=SubscriptionState.DISABLED,
                state_reason=reason,
                updated_at=now,
                revision=SUBSCRIPTION.c.revision + 1,
            )
        )


async def _keep_attempts(tx: Transaction, results: Sequence[Result]) -> None:
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
        await tx.connection.execute(insert(tx.connection, DELIVERY_ATTEMPT), rows)
