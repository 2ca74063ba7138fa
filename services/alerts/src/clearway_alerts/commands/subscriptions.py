"""Make, change, pause, resume and delete subscriptions, rotate their secrets, and send test messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select, update

from clearway_alerts.channels.base import Channel, ChannelForm, ProvingChannel, Secrets
from clearway_alerts.channels.registry import Channels
from clearway_alerts.commands.subscription_quota import SubscriptionQuota
from clearway_alerts.domain.errors import (
    AnotherChannel,
    NoMessages,
    NoSuchOwner,
    NoSuchSubscription,
    NotActive,
    NotTheOwner,
    OwnerEnded,
    ReadsMore,
    UnknownRoute,
)
from clearway_alerts.domain.proof import ProofState
from clearway_alerts.domain.subscription import SubscriptionState, may_change
from clearway_alerts.filter_form import FilterForm, RouteForm
from clearway_alerts.outbound.queue import Queue
from clearway_alerts.permissions import SUBSCRIBE
from clearway_alerts.storage.channels import FORGOTTEN, form_columns, read_channel, secret_columns
from clearway_alerts.storage.mission_version import next_version
from clearway_alerts.storage.owners import owner_columns, suspended_at
from clearway_alerts.storage.proofs import NOT_CHALLENGED, proof_of
from clearway_alerts.storage.states import stored_filter
from clearway_alerts.storage.tables import ROUTE_VIEW, SUBSCRIPTION
from clearway_platform.auth.principals import Endings, Principal
from clearway_platform.clock import Clock, new_id
from clearway_platform.database.engines import Transaction, insert
from clearway_platform.refusals import StaleRevision


@dataclass(frozen=True, slots=True)
class Changes:
    """What a subscriber asks for; None leaves a part as it is."""

    name: str | None = None
    filter: FilterForm | None = None
    channel: ChannelForm | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A subscription, or a watched source, after a command, and whether the command changed anything."""

    row: RowMapping
    changed: bool


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """What waits for a subscription is planned anew in the transaction that changes it. After the commit `look` is
    called: there may be hazards that stand where it newly looks, and an endpoint to challenge."""

    clock: Clock
    channels: Channels
    queue: Queue
    quota: SubscriptionQuota
    look: Callable[[], None]
    endings: Endings

    async def create(self, transaction: Transaction, principal: Principal, name: str, wanted: Changes) -> RowMapping:
        """Raises Invalid, UnknownRoute, QuotaUsedUp. The row that is returned holds the new secrets."""
        now = self.clock.now()
        version = await next_version(transaction, principal.mission)
        await self.quota.check(transaction, principal)
        row = {
            "id": new_id(),
            "mission": principal.mission,
            **owner_columns(principal),
            "name": name,
            "state": SubscriptionState.ACTIVE,
            "revision": 1,
            "changed_in": version,
            "created_at": now,
            "updated_at": now,
            **await self._checked(transaction, principal.mission, wanted),
        }
        if wanted.channel is not None:
            secrets = self.channels.of(wanted.channel).new_secrets()
            row |= secret_columns(wanted.channel.type, secrets, row["id"], self.channels.keys)
        transaction.after_commit(self.look)
        made = insert(transaction.connection, SUBSCRIPTION).values(row).returning(*SUBSCRIPTION.c)
        return (await transaction.connection.execute(made)).mappings().one()

    async def change(
        self, transaction: Transaction, principal: Principal, subscription_id: UUID, seen: int, wanted: Changes
    ) -> Kept:
        """Raises what `create` raises, NoSuchSubscription, NotTheOwner, StaleRevision, AnotherChannel."""
        row = await _lock_seen(transaction, principal, subscription_id, seen)
        if wanted.channel is not None and wanted.channel.type != read_channel(row).type:
            raise AnotherChannel
        values = await self._checked(transaction, principal.mission, wanted)
        if wanted.name is not None:
            values["name"] = wanted.name
        return await self._update(transaction, row, values)

    async def pause(self, transaction: Transaction, principal: Principal, subscription_id: UUID, seen: int) -> Kept:
        """From now on deliveries wait. Alerts go on being issued, so that nothing is missed."""
        row = await _lock_seen(transaction, principal, subscription_id, seen)
        values = {"state": SubscriptionState.PAUSED, "state_reason": "paused by its owner"}
        kept = await self._update(transaction, row, values)
        await self.queue.subscription_changed(transaction, subscription_id)
        return kept

    async def resume(self, transaction: Transaction, principal: Principal, subscription_id: UUID, seen: int) -> Kept:
        """What waits is due, in order, as the policy says. Raises OwnerEnded as well."""
        row = await _lock_seen(transaction, principal, subscription_id, seen)
        if self.endings.is_orphaned(row["owner"]):
            raise OwnerEnded
        values = {"state": SubscriptionState.ACTIVE, "state_reason": None, "failing_since": None, "suspended_at": None}
        kept = await self._update(transaction, row, values)
        await self.queue.subscription_changed(transaction, subscription_id)
        return kept

    async def transfer(
        self, transaction: Transaction, principal: Principal, subscription_id: UUID, seen: int, heir: Principal | None
    ) -> Kept:
        """Make it that of another key. One that is suspended is active again, and what waits for it is due.
        Raises ReadsMore as well, as its messages say what the heir's ceiling allows, and NoSuchOwner."""
        row = await _lock_seen(transaction, principal, subscription_id, seen)
        if heir is None or heir.mission != principal.mission or not heir.may(SUBSCRIBE):
            raise NoSuchOwner
        if not principal.ceiling.covers(heir.ceiling):
            raise ReadsMore
        values = owner_columns(heir)
        if suspended_at(row) is not None:
            values |= {"state": SubscriptionState.ACTIVE, "state_reason": None, "suspended_at": None}
        kept = await self._update(transaction, row, values)
        await self.queue.subscription_changed(transaction, subscription_id)
        return kept

    async def delete(self, transaction: Transaction, principal: Principal, subscription_id: UUID, seen: int) -> Kept:
        """No request finds it any more. Its alerts stay on record; what was still to be sent is not sent."""
        row = await _lock_seen(transaction, principal, subscription_id, seen)
        ended = {"deleted_at": self.clock.now(), "state": SubscriptionState.DISABLED, **FORGOTTEN}
        kept = await self._update(transaction, row, ended)
        await self.queue.subscription_deleted(transaction, subscription_id)
        return kept

    async def rotate_secret(
        self, transaction: Transaction, principal: Principal, subscription_id: UUID, seen: int
    ) -> Kept:
        """The row that is returned holds the new secret; the old one signs too for a day."""
        row = await _lock_seen(transaction, principal, subscription_id, seen)
        channel, secrets = self._channel(row)
        rotated = channel.rotated(secrets, self.clock.now())
        values = secret_columns(channel.name(), rotated, row["id"], self.channels.keys)
        return await self._update(transaction, row, values)

    async def send_test(self, transaction: Transaction, principal: Principal, subscription_id: UUID) -> UUID:
        """Send a signed test message the way that alerts go; returns its delivery's id."""
        row = await lock(transaction, principal, subscription_id)
        if self.channels.sending(read_channel(row).type) is None:
            raise NoMessages
        if row["state"] != SubscriptionState.ACTIVE:
            raise NotActive
        return await self.queue.enqueue_test(transaction, row)

    async def challenge(self, transaction: Transaction, principal: Principal, subscription_id: UUID) -> Kept:
        """Challenge the endpoint at once, unless it has proved itself. It makes no revision: a person changes nothing.
        Raises NoSuchSubscription, NotTheOwner, NoMessages."""
        row = await lock(transaction, principal, subscription_id)
        if not isinstance(self.channels.sending(read_channel(row).type), ProvingChannel):
            raise NoMessages
        if proof_of(row).state is ProofState.PROVED:
            return Kept(row, changed=False)
        anew = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == row["id"]).values(NOT_CHALLENGED)
        transaction.after_commit(self.look)
        changed = (await transaction.connection.execute(anew.returning(*SUBSCRIPTION.c))).mappings().one()
        return Kept(changed, changed=True)

    def _channel(self, row: RowMapping) -> tuple[Channel, Secrets]:
        stored = self.channels.stored(row)
        return self.channels.of(self.channels.read(stored.form)), stored.secrets

    async def _update(self, transaction: Transaction, row: RowMapping, values: dict[str, Any]) -> Kept:
        """Make a new revision, unless everything is so already."""
        if all(row[name] == value for name, value in values.items()):
            return Kept(row, changed=False)
        marks = {"revision": row["revision"] + 1, "updated_at": self.clock.now()}
        marks["changed_in"] = await next_version(transaction, row["mission"])
        transaction.after_commit(self.look)
        changed = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == row["id"]).values(values | marks)
        return Kept(
            (await transaction.connection.execute(changed.returning(*SUBSCRIPTION.c))).mappings().one(), changed=True
        )

    async def _checked(self, transaction: Transaction, mission: str, wanted: Changes) -> dict[str, Any]:
        """The columns of an address and a route that exist. The area was checked before the transaction, which it would
        hold up: see `check_area`."""
        values: dict[str, Any] = {}
        if wanted.channel is not None:
            self.channels.of(wanted.channel).check(wanted.channel)
            values |= form_columns(wanted.channel.model_dump(mode="json"))
        if wanted.filter is not None:
            route_id = wanted.filter.area.route_id if isinstance(wanted.filter.area, RouteForm) else None
            if route_id is not None:
                await _require_route(transaction, mission, route_id)
            values |= {"filter": stored_filter(wanted.filter), "route_id": route_id}
        return values


async def lock(transaction: Transaction, principal: Principal, subscription_id: UUID) -> RowMapping:
    """The subscription, locked until the commit. Raises NoSuchSubscription, NotTheOwner."""
    its_own = (SUBSCRIPTION.c.mission == principal.mission) & (SUBSCRIPTION.c.id == subscription_id)
    query = select(SUBSCRIPTION).where(its_own, SUBSCRIPTION.c.deleted_at.is_(None)).with_for_update()
    row = (await transaction.connection.execute(query)).mappings().first()
    if row is None:
        raise NoSuchSubscription(subscription_id)
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
