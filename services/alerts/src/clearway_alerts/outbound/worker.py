"""Sends what is due: leases, attempts, records, and lets no slow receiver delay another."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Counter as Metric

from clearway_alerts.channels.base import Outgoing, Sender
from clearway_alerts.channels.registry import Channels
from clearway_alerts.outbound.conduct import conduct_in
from clearway_alerts.outbound.holder import Holder
from clearway_alerts.outbound.hosts import Hosts
from clearway_alerts.outbound.leases import (
    Lease,
    Leased,
    Room,
    give_back,
    lease_due,
    postpone,
    waiting_subscriptions,
)
from clearway_alerts.outbound.measuring import DELIVERY_LATENCY
from clearway_alerts.outbound.passed_over import PassedOver, Unreadable
from clearway_alerts.outbound.planning import NOT_LEASED, STALE_HOLD, has_stale_holds, replan
from clearway_alerts.outbound.results import Attempt, Recorded, record
from clearway_alerts.outbound.slots import Slots, Taken
from clearway_alerts.outbound.suspending import suspend, why_suspended
from clearway_alerts.policy.facts import Cause
from clearway_alerts.policy.stages import Policy
from clearway_alerts.storage.tables import SUBSCRIPTION
from clearway_alerts.storage.unreadable import UnreadableRows
from clearway_platform.auth.principals import Endings
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database, Transaction
from clearway_platform.messaging.retry import retry_until_done
from clearway_platform.outages import brief

_POLL_SECONDS: Final = 0.5
# Every so many polls it is asked whether a hold was decided for a state of its subscription that is over.
_POLLS_BETWEEN_HOLDS: Final = 4
# A leased message is sent within this time or not at all: after it the receiver has the channel's whole timeout.
_START_WITHIN: Final = timedelta(seconds=5)
# At the end receivers have so long to answer, and the database to take the leases back.
_LAST_ANSWERS_SECONDS: Final = 2.0
_GIVE_BACK_SECONDS: Final = 2.0

ATTEMPTS = Metric("clearway_alert_delivery_attempts", "Attempts to deliver, by result", ["result"])
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Running:
    """What there is while the worker runs: the senders of the channels, by name."""

    senders: Mapping[str, Sender]
    tasks: asyncio.TaskGroup


@dataclass(frozen=True, slots=True)
class _Unsent:
    """A delivery for which there was no place, that waited too long to be sent with its lease, or that its host's share
    has no room for: any worker may lease it anew, from a time on where one is given."""

    lease: Lease
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Refused(_Unsent):
    """A delivery on behalf of a key that has ended: its subscription is suspended with the end of the lease."""


class DeliveryWorker:
    """One worker of a process. A new delivery may be inserted with its lease and be handed over when it is committed;
    all others are leased: when `wake` or `expect` says that they are due, and by looking from time to time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channels: Channels,
        policy: Policy,
        hosts: Hosts,
        endings: Endings,
    ) -> None:
        # Results of many missions are recorded together: one transaction, one sync to the disk.
        self._deliveries = database.of_every_mission("one worker sends the deliveries of all missions")
        self._clock = clock
        self._channels = channels
        self._policy = policy
        self._hosts = hosts
        self._endings = endings
        self._timeout = max((channel.timeout for channel in channels.sending_all.values()), default=timedelta(0))
        self._woken = asyncio.Event()
        self._finished: asyncio.Queue[Attempt | _Unsent] = asyncio.Queue()
        self._slots = Slots()
        self._holder = Holder(database, clock)
        self._passed_over, self._unreadable = PassedOver(), UnreadableRows()
        # Subscriptions of which something may wait for a lease, as soon as this worker has no lease of them.
        self._expected: set[UUID] = set()
        self._polls = 0
        self._is_full = False
        self._all_released = asyncio.Event()
        self._running: _Running | None = None

    def wake(self) -> None:
        self._woken.set()

    def lease_until(self, subscription_id: UUID) -> datetime | None:
        """Until when this worker would have the lease of a new delivery; None when it could not send it soon, and when
        others of the subscription wait for a lease: for that its messages must all be recorded, so no new ones start
        before."""
        waits = subscription_id in self._expected
        may_start = self._running is not None and not waits and self._slots.has_room(subscription_id)
        return self._clock.now() + self._lease_time if may_start else None

    def of_lease(self, epoch: int) -> dict[str, Any]:
        """The columns of a new lease that say who has it."""
        return self._holder.of_lease(epoch)

    def hand_over(self, leases: Iterable[Lease]) -> None:
        """Send what was committed with a lease of this worker. A worker that has ended meanwhile does
        nothing: the leases run out."""
        for lease in leases if self._running is not None else ():
            self._start(lease)

    def expect(self, subscription_ids: Iterable[UUID]) -> None:
        """Deliveries of these subscriptions were committed without a lease."""
        expected = set(subscription_ids)
        self._expected |= expected
        if not expected <= set(self._slots.busy):  # what is busy wakes it when it is free
            self.wake()

    async def run(self) -> None:
        """A worker: deliver until cancelled. Then receivers may still answer, and all other leases are given back."""
        async with AsyncExitStack() as opened, asyncio.TaskGroup() as tasks:
            senders = {
                name: await opened.enter_async_context(channel.open())
                for name, channel in self._channels.sending_all.items()
            }
            opened.push_async_callback(self._holder.end)
            await self._holder.begin()
            self._slots, self._finished = Slots(), asyncio.Queue()
            self._running = _Running(senders, tasks)
            tasks.create_task(self._record())
            tasks.create_task(self._holder.run(self.wake))
            try:
                await self._look()
            finally:
                self._running = None
                await self._end()

    async def _look(self) -> None:
        is_due = True
        while True:
            self._woken.clear()
            if is_due:
                await self._lease()
            is_due = await self._woken_soon() or await self._is_any_waiting()

    async def _woken_soon(self) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(_POLL_SECONDS):
                await self._woken.wait()
        return self._woken.is_set()

    async def _is_any_waiting(self) -> bool:
        """Whether a lease would find something now. What waits for a busy subscription is found when that is free."""
        self._polls += 1
        if self._polls % _POLLS_BETWEEN_HOLDS == 0:
            await retry_until_done(self._replan_stale_holds)
        found = await retry_until_done(self._waiting)
        self._expected |= found
        return not found <= set(self._slots.busy)

    async def _waiting(self) -> set[UUID]:
        now = self._clock.now()
        async with self._deliveries.read() as connection:
            return await waiting_subscriptions(connection, now, self._passed_over.at(now))

    async def _replan_stale_holds(self) -> None:
        async with self._deliveries.read() as connection:
            if not await has_stale_holds(connection):
                return
        async with self._deliveries.write() as transaction:
            which = STALE_HOLD & NOT_LEASED
            await replan(transaction, self._policy, which, Cause.SUBSCRIPTION_CHANGED, self._clock.now())

    async def _lease(self) -> None:
        """Lease and start what is due: again, when something could not be read, as that may have hidden what can."""
        may_be_hidden = True
        while may_be_hidden:
            count, busy = self._slots.room, self._slots.busy
            self._is_full = count == 0
            if self._is_full or self._passed_over.is_full or self._slots.is_crowded:
                return
            self._expected.intersection_update(busy)
            leased = await retry_until_done(partial(self._lease_now, count, busy))
            # There may be more: of these subscriptions, and of all others when there was no room.
            self._expected.update(lease.subscription_id for lease in leased.leases)
            self._is_full = len(leased.leases) == count
            taken = [self._start(lease) for lease in leased.leases]
            may_be_hidden = self._pass_over(leased.unreadable) or Taken.REFUSED in taken

    async def _lease_now(self, count: int, busy: Collection[UUID]) -> Leased:
        now = self._clock.now()
        async with self._deliveries.write() as transaction:
            room = Room(count, self._lease_time, self._holder.number, busy, self._passed_over.at(now))
            return await lease_due(transaction, self._channels, room, now)

    def _pass_over(self, unreadable: Sequence[Unreadable]) -> bool:
        for found in unreadable:
            self._unreadable.note(found.row, found.key, found.why)
        return self._passed_over.add(unreadable, self._clock.now())

    @property
    def _lease_time(self) -> timedelta:
        return _START_WITHIN + self._timeout

    def _start(self, lease: Lease) -> Taken:
        taken = self._slots.take(lease)
        if taken is Taken.STARTED:
            self._send_soon(lease)
        elif taken is Taken.REFUSED:
            self._finished.put_nowait(_Unsent(lease))
        return taken

    def _send_soon(self, lease: Lease) -> None:
        if self._running is not None:
            self._running.tasks.create_task(self._send(self._running.senders, lease))

    async def _send(self, senders: Mapping[str, Sender], lease: Lease) -> None:
        """What waited too long, in line or while the process slept, is not sent: its lease might end before the answer,
        and another worker may have the delivery by now. Nor is what belongs to a key that has ended."""
        await self._endings.look()
        now, conduct = self._clock.now(), None
        if self._endings.is_orphaned(lease.owner):
            self._finished.put_nowait(_Refused(lease))
        elif now > lease.until - self._timeout:
            # Of endpoints that fail there may be hundreds a minute.
            _log.debug("lease_too_short", delivery=str(lease.delivery_id), attempt=lease.attempt)
            self._finished.put_nowait(_Unsent(lease))
        elif (wait := await self._hosts.wait(lease.mission, lease.host)) is not None:
            self._finished.put_nowait(_Unsent(lease, now + wait))
        else:
            message = Outgoing(lease.delivery_id, now, lease.body)
            result = await senders[lease.channel].attempt(lease.destination, message)
            ATTEMPTS.labels("delivered" if result.is_delivered else "failed").inc()
            self._finished.put_nowait(Attempt(lease, result, now, random.random()))
            conduct = conduct_in(result)
        for following in self._slots.finish(lease, conduct):
            self._send_soon(following)
        if self._slots.relieved():
            self.wake()

    async def _record(self) -> None:
        """What has finished in the meantime is recorded together: one transaction, one sync to the disk."""
        while True:
            finished = [await self._finished.get()]
            while not self._finished.empty():
                finished.append(self._finished.get_nowait())
            recorded = await retry_until_done(partial(self._record_now, finished))
            self._expected |= recorded.recovered
            for seconds in recorded.latencies:
                DELIVERY_LATENCY.observe(max(seconds, 0.0))
            for result in finished:
                if isinstance(result, _Unsent):
                    self._expected.add(result.lease.subscription_id)
                elif result.lease.delivery_id not in recorded.deliveries:
                    _log.warning("lease_lost", delivery=str(result.lease.delivery_id), attempt=result.lease.attempt)
                self._release(result.lease)

    async def _record_now(self, finished: Sequence[Attempt | _Unsent]) -> Recorded:
        async with self._deliveries.write() as transaction:
            unsent = [result for result in finished if isinstance(result, _Unsent)]
            if again := [result.lease for result in unsent if result.due_at is None]:
                await give_back(transaction, again)
            if later := [(result.lease, result.due_at) for result in unsent if result.due_at is not None]:
                await postpone(transaction, later)
            await self._suspend(transaction, [result.lease for result in unsent if isinstance(result, _Refused)])
            attempts = [result for result in finished if isinstance(result, Attempt)]
            return await record(transaction, self._policy, attempts, self._clock.now())

    async def _suspend(self, transaction: Transaction, refused: Sequence[Lease]) -> None:
        """The subscriptions of these leases, unless they belong to another key by now."""
        ended = self._endings.ended()
        for subscription_id, owner in sorted({(lease.subscription_id, lease.owner) for lease in refused}):
            which = (SUBSCRIPTION.c.id == subscription_id) & (SUBSCRIPTION.c.owner == owner)
            reason = why_suspended(owner, ended[owner].words if owner in ended else "was replaced by one that ended")
            await suspend(transaction, self._policy, which, reason, self._clock.now())

    def _release(self, lease: Lease) -> None:
        """Make room, and lease again only when something may wait for it."""
        self._slots.release(lease)
        is_waited_for = lease.subscription_id in self._expected and lease.subscription_id not in self._slots.busy
        if self._is_full or is_waited_for:
            self.wake()
        if not self._slots.busy:
            self._all_released.set()

    async def _end(self) -> None:
        """Nothing starts any more. A receiver that has not answered by the end gets the message once more,
        under the same id."""
        unsent = self._slots.clear()
        if self._slots.busy:
            self._all_released.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_ANSWERS_SECONDS):
                    await self._all_released.wait()
        if left := [*unsent, *self._slots.leases]:
            await self._give_back(left)

    async def _give_back(self, left: list[Lease]) -> None:
        """So that the next process need not wait until the leases run out, which they do in any case."""
        try:
            async with asyncio.timeout(_GIVE_BACK_SECONDS), self._deliveries.write() as transaction:
                await give_back(transaction, left)
        except Exception as error:
            _log.warning("leases_not_given_back", deliveries=len(left), error=brief(error))
