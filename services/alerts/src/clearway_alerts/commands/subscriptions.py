"""Make, change, pause, resume and delete subscriptions, rotate their secrets, and test-fire them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, select, update

from clearway_alerts.channels.webhook.addresses import Network, check_url
from clearway_alerts.channels.webhook.signing import new_key_pair, new_secret
from clearway_alerts.domain.subscription import SubscriptionState, may_change
from clearway_alerts.filter_form import FilterForm, RouteForm, stored_filter
from clearway_alerts.storage.mission_version import next_version
from clearway_alerts.storage.tables import DELIVERY, ROUTE_VIEW, SUBSCRIPTION, is_pending
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock, new_id
from clearway_platform.database.engines import Transaction, insert
from clearway_platform.refusals import StaleRevision

# While a receiver changes over to a new secret, the old one signs too.
OVERLAP: Final = timedelta(hours=24)


class NoSuchSubscription(Exception):
    """There is none of this id in the mission."""


class NotTheOwner(Exception):
    """Only the owner, operators and administrators may change it."""


class UnknownRoute(Exception):
    """The route is not registered, or word of it has not come here yet."""


class NoWebhook(Exception):
    """The subscription has no endpoint: it is read from the stream."""


class NotActive(Exception):
    """The subscription is paused or disabled."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a subscriber asks for; None leaves a part as it is."""

    name: str | None = None
    filter: FilterForm | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A subscription after a command, and whether the command changed anything."""

    row: RowMapping
    changed: bool


class Subscriptions:
    """`wake` is called when deliveries have become due by a commit of this process."""

    def __init__(self, clock: Clock, allowed: tuple[Network, ...], wake: Callable[[], None]) -> None:
        self._clock = clock
        self._allowed = allowed
        self._wake = wake

    async def create(self, transaction: Transaction, principal: Principal, name: str, wanted: Changes) -> RowMapping:
        """Raises ForbiddenUrl, UnknownRoute. The row that is returned holds the new secret."""
        now = self._clock.now()
        row = {
            "id": new_id(),
            "mission": principal.mission,
            "owner": principal.id,
            "name": name,
            "state": SubscriptionState.ACTIVE,
            "revision": 1,
            "changed_in": await next_version(transaction, principal.mission),
            "created_at": now,
            "updated_at": now,
            **await self._checked(transaction, principal.mission, wanted),
        }
        if wanted.url is not None:
            private_key, public_key = new_key_pair()
            row |= {"secret": new_secret(), "private_key": private_key, "public_key": public_key}
        made = insert(transaction.connection, SUBSCRIPTION).values(row).returning(*SUBSCRIPTION.c)
        return (await transaction.connection.execute(made)).mappings().one()

    async def change(
        self, transaction: Transaction, principal: Principal, subscription_id: UUID, seen: int, wanted: Changes
    ) -> Kept:
        """Raises what `create` raises, NoSuchSubscription, NotTheOwner, StaleRevision, NoWebhook."""
        row = await _lock_seen(transaction, principal, subscription_id, seen)
        if wanted.url is not None and row["url"] is None:
            raise NoWebhook
        values = await self._checked(transaction, principal.mission, wanted)
        if wanted.name is not None:
            values["name"] = wanted.name
        return await self._update(transaction, row, values)

    async def pause(self, transaction: Transaction, principal: Principal, subscription_id: UUID, seen: int) -> Kept:
        """From now on deliveries wait. Alerts go on being issued, so that nothing is missed."""
        row = await _lock_seen(transaction, principal, subscription_id, seen)
        return await self._update(
            transaction, row, {"state": SubscriptionState.PAUSED, "state_reason": "paused by its owner"}
        )

    async def resume(self, transaction: Transaction, principal: Principal, subscription_id: UUID, seen: int) -> Kept:
        """Everything that waits is due at once, in order."""
        row = await _lock_seen(transaction, principal, subscription_id, seen)
        waiting = (DELIVERY.c.subscription_id == subscription_id) & is_pending()
        due_now = update(DELIVERY).where(waiting, DELIVERY.c.lease_until.is_(None)).values(due_at=self._clock.now())
        await transaction.connection.execute(due_now)
        transaction.after_commit(self._wake)
        values = {"state": SubscriptionState.ACTIVE, "state_reason": None, "failing_since": None}
        return await self._update(transaction, row, values)

    async def delete(self, transaction: Transaction, principal: Principal, subscription_id: UUID, seen: int) -> None:
        """It is gone for everyone; its alerts stay on record, what was still to be sent is not."""
        row = await _lock_seen(transaction, principal, subscription_id, seen)
        now = self._clock.now()
        waiting = (DELIVERY.c.subscription_id == subscription_id) & is_pending()
        ended = {"state": "dead", "last_error": "the subscription was deleted", "finished_at": now}
        await transaction.connection.execute(update(DELIVERY).where(waiting).values(ended))
        forgotten = {"secret": None, "old_secret": None, "private_key": None}
        await self._update(transaction, row, {"deleted_at": now, "state": SubscriptionState.DISABLED, **forgotten})

    async def rotate_secret(
        self, transaction: Transaction, principal: Principal, subscription_id: UUID, seen: int
    ) -> RowMapping:
        """The row that is returned holds the new secret; the old one signs too for a day."""
        row = await _lock_seen(transaction, principal, subscription_id, seen)
        if row["url"] is None:
            raise NoWebhook
        until = self._clock.now() + OVERLAP
        values = {"secret": new_secret(), "old_secret": row["secret"], "old_secret_until": until}
        return (await self._update(transaction, row, values)).row

    async def test_fire(self, transaction: Transaction, principal: Principal, subscription_id: UUID) -> UUID:
        """Send a signed test message the way that alerts go; returns its delivery's id."""
        row = await lock(transaction, principal, subscription_id)
        if row["url"] is None:
            raise NoWebhook
        if row["state"] != SubscriptionState.ACTIVE:
            raise NotActive
        now, delivery_id = self._clock.now(), new_id()
        values = {"id": delivery_id, "mission": row["mission"], "subscription_id": row["id"], "sequence": 1}
        values |= {"state": "pending", "due_at": now, "attempts": 0, "lease_epoch": 0, "created_at": now}
        await transaction.connection.execute(insert(transaction.connection, DELIVERY).values(values))
        transaction.after_commit(self._wake)
        return delivery_id

    async def _update(self, transaction: Transaction, row: RowMapping, values: dict[str, Any]) -> Kept:
        """Make a new revision, unless everything is so already."""
        if all(row[name] == value for name, value in values.items()):
            return Kept(row, changed=False)
        marks = {"revision": row["revision"] + 1, "updated_at": self._clock.now()}
        marks["changed_in"] = await next_version(transaction, row["mission"])
        changed = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == row["id"]).values(values | marks)
        return Kept(
            (await transaction.connection.execute(changed.returning(*SUBSCRIPTION.c))).mappings().one(), changed=True
        )

    async def _checked(self, transaction: Transaction, mission: str, wanted: Changes) -> dict[str, Any]:
        """The columns of a URL and a route that exist. The area was checked before the transaction, which it would
        hold up: see `check_area`."""
        values: dict[str, Any] = {}
        if wanted.url is not None:
            check_url(wanted.url, self._allowed)
            values["url"] = wanted.url
        if wanted.filter is not None:
            route_id = wanted.filter.area.route_id if isinstance(wanted.filter.area, RouteForm) else None
            if route_id is not None:
                await _require_route(transaction, mission, route_id)
            values |= {"filter": stored_filter(wanted.filter), "route_id": route_id}
        return values


async def lock(transaction: Transaction, principal: Principal, subscription_id: UUID) -> RowMapping:
    """The subscription, which nobody else changes meanwhile. Raises NoSuchSubscription, NotTheOwner."""
    its_own = (SUBSCRIPTION.c.mission == principal.mission) & (SUBSCRIPTION.c.id == subscription_id)
    query = select(SUBSCRIPTION).where(its_own, SUBSCRIPTION.c.deleted_at.is_(None)).with_for_update()
    row = (await transaction.connection.execute(query)).mappings().first()
    if row is None:
        raise NoSuchSubscription
    if not may_change(row["owner"], principal):
        raise NotTheOwner
    return row


async def _lock_seen(transaction: Transaction, principal: Principal, subscription_id: UUID, seen: int) -> RowMapping:
    """The subscription at the revision that the caller has seen. Raises StaleRevision as well."""
    row = await lock(transaction, principal, subscription_id)
    if row["revision"] != seen:
        raise StaleRevision(row["revision"])
    return row


async def _require_route(transaction: Transaction, mission: str, route_id: UUID) -> None:
    its_own = (ROUTE_VIEW.c.mission == mission) & (ROUTE_VIEW.c.route_id == route_id)
    if (await transaction.connection.execute(select(ROUTE_VIEW.c.revision).where(its_own))).first() is None:
        raise UnknownRoute
