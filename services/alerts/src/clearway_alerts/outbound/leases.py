"""The deliveries that are due, claimed by lease. Rows of the database, not a second queue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, RowMapping, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.channels.webhook.signing import SigningKeys
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outgoing import state_of, test_body, webhook_body
from clearway_alerts.storage.rows import read_alert, read_incident
from clearway_alerts.storage.tables import ALERT, DELIVERY, INCIDENT_VIEW, SUBSCRIPTION, is_pending
from clearway_platform.database.engines import Transaction

# So many messages of one endpoint are on their way at the same time.
PER_ENDPOINT: Final = 8


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a subscription's messages go. An endpoint that is not active is sent nothing for now."""

    url: str
    is_active: bool
    keys: SigningKeys


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


def _unleased(delivery: FromClause) -> ColumnElement[bool]:
    """Due at `now`, and nobody holds it."""
    free = or_(delivery.c.lease_until.is_(None), delivery.c.lease_until <= bindparam("now"))
    return and_(is_pending(delivery), delivery.c.due_at <= bindparam("now"), free)


_EARLIER: Final = DELIVERY.alias("earlier")
# Something earlier about the same incident waits for the same endpoint.
OVERTAKES: Final = exists().where(
    _EARLIER.c.incident_id == DELIVERY.c.incident_id,
    _EARLIER.c.subscription_id == DELIVERY.c.subscription_id,
    _EARLIER.c.sequence < DELIVERY.c.sequence,
    is_pending(_EARLIER),
)
_MAY_START: Final = and_(
    _unleased(DELIVERY),
    ~OVERTAKES,
    SUBSCRIPTION.c.state == SubscriptionState.ACTIVE,
)
_TO_ENDPOINT: Final = DELIVERY.join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
_WAITING: Final = select(DELIVERY.c.subscription_id).select_from(_TO_ENDPOINT).where(_MAY_START).distinct()
_PLACE: Final = func.row_number().over(
    partition_by=DELIVERY.c.subscription_id, order_by=(DELIVERY.c.due_at, DELIVERY.c.id)
)
_DUE: Final = (
    select(DELIVERY.c.id, DELIVERY.c.due_at, _PLACE.label("place"))
    .select_from(_TO_ENDPOINT)
    .where(_MAY_START, DELIVERY.c.subscription_id.not_in(bindparam("busy", expanding=True)))
    .subquery("due")
)
_CANDIDATES: Final = (
    select(_DUE.c.id).where(_DUE.c.place <= PER_ENDPOINT).order_by(_DUE.c.due_at, _DUE.c.id).limit(bindparam("room"))
)
# On PostgreSQL another worker's rows are skipped, and the conditions are tested again on the locked row.
_LOCKED: Final = (
    select(DELIVERY.c.id).where(DELIVERY.c.id.in_(_CANDIDATES), _unleased(DELIVERY)).with_for_update(skip_locked=True)
)
_LEASE: Final = (
    update(DELIVERY)
    .where(DELIVERY.c.id.in_(_LOCKED))
    .values(lease_until=bindparam("until"), lease_epoch=DELIVERY.c.lease_epoch + 1)
    .returning(DELIVERY.c.id)
)
# What is needed to send: the alert with its incident (neither for a test message), and the endpoint's keys.
_CONTENTS: Final = (
    select(*(DELIVERY.c[name].label(f"delivery_{name}") for name in ("id", "attempts", "created_at", "alert_id")))
    .add_columns(DELIVERY.c.lease_epoch, DELIVERY.c.lease_until)
    .add_columns(
        *(
            SUBSCRIPTION.c[name].label(f"endpoint_{name}")
            for name in ("id", "mission", "url", "secret", "old_secret", "old_secret_until", "private_key")
        )
    )
    .add_columns(*ALERT.c, INCIDENT_VIEW.c.incident)
    .select_from(
        _TO_ENDPOINT.outerjoin(ALERT, ALERT.c.id == DELIVERY.c.alert_id).outerjoin(
            INCIDENT_VIEW,
            and_(
                INCIDENT_VIEW.c.mission == ALERT.c.mission,
                INCIDENT_VIEW.c.incident_id == ALERT.c.incident_id,
                INCIDENT_VIEW.c.revision == ALERT.c.revision,
            ),
        )
    )
    .where(DELIVERY.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(DELIVERY.c.id)
)
# A lease that is given back unused: the next holder counts on from its epoch.
_GIVE_BACK: Final = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("delivery"), DELIVERY.c.lease_epoch == bindparam("epoch"), is_pending(DELIVERY))
    .values(lease_until=None)
)


async def waiting_endpoints(connection: AsyncConnection, now: datetime) -> set[UUID]:
    """The endpoints of which a claim would find something, asked without writing."""
    return set((await connection.execute(_WAITING, {"now": now})).scalars())


async def claim(
    transaction: Transaction, now: datetime, *, lease: timedelta, limit: int, busy: Collection[UUID] = ()
) -> list[Claim]:
    """Lease up to `limit` deliveries, at most PER_ENDPOINT of each endpoint and none of the `busy` ones."""
    asked = {"now": now, "until": now + lease, "room": limit, "busy": list(busy)}
    ids = list((await transaction.connection.execute(_LEASE, asked)).scalars())
    if not ids:
        return []
    rows = await transaction.connection.execute(_CONTENTS, {"ids": ids})
    return [_claim(row) for row in rows.mappings()]


async def give_back(transaction: Transaction, claims: Sequence[Claim]) -> None:
    """Let anyone claim them at once: this process will not send them."""
    held = [{"delivery": each.delivery_id, "epoch": each.epoch} for each in claims]
    await transaction.connection.execute(_GIVE_BACK, held)


def _claim(row: RowMapping) -> Claim:
    return Claim(
        delivery_id=row["delivery_id"],
        subscription_id=row["endpoint_id"],
        epoch=row["lease_epoch"],
        lease_until=row["lease_until"],
        attempt=row["delivery_attempts"] + 1,
        url=row["endpoint_url"],
        keys=SigningKeys(
            row["endpoint_secret"],
            row["endpoint_private_key"],
            row["endpoint_old_secret"],
            row["endpoint_old_secret_until"],
        ),
        body=_body(row),
    )


def _body(row: RowMapping) -> bytes:
    if row["delivery_alert_id"] is None:
        return test_body(row["endpoint_id"], row["endpoint_mission"], row["delivery_created_at"])
    return webhook_body(state_of(read_alert(row), read_incident(row["incident"])))
