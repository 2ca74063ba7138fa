"""Sends what is due: claims, posts, records, and lets no slow receiver delay another."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter as Metric

from clearway_alerts.channels.webhook.addresses import Network
from clearway_alerts.channels.webhook.request import WebhookClient, webhook_client
from clearway_alerts.outbound.leases import Claim, claim, give_back, waiting_endpoints
from clearway_alerts.outbound.measuring import DELIVERY_LATENCY
from clearway_alerts.outbound.results import Result, Settled, settle
from clearway_alerts.outbound.slots import Flights
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.messaging.retry import retry_until_done

_POLL_SECONDS: Final = 0.5
# A claim is sent within this time or not at all: what is left of the lease is the receiver's.
_START_WITHIN: Final = timedelta(seconds=5)
# At the end receivers have so long to answer, and the database to take the leases back.
_LAST_ANSWERS_SECONDS: Final = 2.0
_GIVE_BACK_SECONDS: Final = 2.0

ATTEMPTS = Metric("clearway_alert_delivery_attempts", "Requests to webhooks, by outcome", ["outcome"])
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Running:
    """What there is while the worker runs."""

    client: WebhookClient
    tasks: asyncio.TaskGroup


@dataclass(frozen=True, slots=True)
class _Unsent:
    """A delivery that waited too long to be sent with its lease: anyone may claim it anew."""

    claim: Claim


class DeliveryWorker:
    """One worker of a process. A new delivery may be born with its lease and be handed over when it is committed;
    all others are claimed: when `wake` or `expect` says that they are due, and by looking from time to time."""

    def __init__(
        self, database: Database, clock: Clock, *, allowed: tuple[Network, ...], timeout_seconds: float
    ) -> None:
        self._database = database
        self._clock = clock
        self._allowed = allowed
        self._timeout = timedelta(seconds=timeout_seconds)
        self._woken = asyncio.Event()
        self._back: asyncio.Queue[Result | _Unsent] = asyncio.Queue()
        self._flights = Flights()
        # Endpoints of which something in the database may wait for a claim, as soon as nothing of theirs is held.
        self._expected: set[UUID] = set()
        self._is_full = False
        self._landed = asyncio.Event()
        self._running: _Running | None = None

    def wake(self) -> None:
        self._woken.set()

    def lease(self, subscription_id: UUID) -> datetime | None:
        """Until when this worker would hold a new delivery; None when it could not send it soon, and when others of
        the endpoint wait for a claim: for that its messages must all be back, so no new ones start before."""
        waits = subscription_id in self._expected
        may_start = self._running is not None and not waits and self._flights.has_room(subscription_id)
        return self._clock.now() + self._lease if may_start else None

    def hand_over(self, claims: Iterable[Claim]) -> None:
        """Send what was committed with a lease of this worker. One that has ended since lets the leases run out."""
        for each in claims if self._running is not None else ():
            self._start(each)

    def expect(self, subscription_ids: Iterable[UUID]) -> None:
        """Deliveries of these endpoints were committed without a lease."""
        self._expected.update(subscription_ids)
        self.wake()

    async def run(self) -> None:
        """A worker: deliver until cancelled. Then what is on its way may come back, and the rest is given back."""
        async with (
            webhook_client(self._allowed, self._timeout.total_seconds(), self._clock) as client,
            asyncio.TaskGroup() as tasks,
        ):
            self._flights, self._back = Flights(), asyncio.Queue()
            self._running = _Running(client, tasks)
            tasks.create_task(self._record())
            try:
                await self._look()
            finally:
                self._running = None
                await self._land()

    async def _look(self) -> None:
        is_due = True
        while True:
            self._woken.clear()
            if is_due:
                for each in await self._claim():
                    self._start(each)
            is_due = await self._woken_soon() or await self._is_any_waiting()

    async def _woken_soon(self) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(_POLL_SECONDS):
                await self._woken.wait()
        return self._woken.is_set()

    async def _is_any_waiting(self) -> bool:
        """Whether a claim would find something now. What waits for a busy endpoint is found when that is free."""
        found = await retry_until_done(self._waiting)
        self._expected |= found
        return not found <= set(self._flights.busy)

    async def _waiting(self) -> set[UUID]:
        async with self._database.read() as connection:
            return await waiting_endpoints(connection, self._clock.now())

    async def _claim(self) -> list[Claim]:
        room, busy = self._flights.room, self._flights.busy
        self._is_full = room == 0
        if self._is_full:
            return []
        self._expected.intersection_update(busy)
        claims = await retry_until_done(partial(self._claim_now, room, busy))
        # There may be more: of these endpoints, and of all others when there was no room.
        self._expected.update(each.subscription_id for each in claims)
        self._is_full = len(claims) == room
        return claims

    async def _claim_now(self, room: int, busy: list[UUID]) -> list[Claim]:
        async with self._database.write() as transaction:
            return await claim(transaction, self._clock.now(), lease=self._lease, limit=room, busy=busy)

    @property
    def _lease(self) -> timedelta:
        return _START_WITHIN + self._timeout

    def _start(self, each: Claim) -> None:
        if self._flights.take(each):
            self._send_soon(each)

    def _send_soon(self, each: Claim) -> None:
        if self._running is not None:
            self._running.tasks.create_task(self._send(self._running.client, each))

    async def _send(self, client: WebhookClient, each: Claim) -> None:
        """What waited too long, in line or while the process slept, is not sent: its lease might end before the answer,
        and another worker may have the delivery by now."""
        now = self._clock.now()
        if now > each.lease_until - self._timeout:
            _log.warning("lease_too_short", delivery=str(each.delivery_id), attempt=each.attempt)
            self._back.put_nowait(_Unsent(each))
        else:
            headers = each.keys.headers(str(each.delivery_id), now, each.body)
            answer = await client.post(each.url, each.body, headers)
            ATTEMPTS.labels("delivered" if answer.is_success else "failed").inc()
            self._back.put_nowait(Result(each, answer, now, random.random()))
        self._land_one(each)

    def _land_one(self, each: Claim) -> None:
        following = self._flights.land(each)
        if following is not None:
            self._send_soon(following)

    async def _record(self) -> None:
        """What has come back in the meantime is recorded together: one transaction, one sync to the disk."""
        while True:
            back = [await self._back.get()]
            while not self._back.empty():
                back.append(self._back.get_nowait())
            settled = await retry_until_done(partial(self._settle, back))
            self._expected |= settled.recovered
            for seconds in settled.latencies:
                DELIVERY_LATENCY.observe(max(seconds, 0.0))
            for each in back:
                if isinstance(each, _Unsent):
                    self._expected.add(each.claim.subscription_id)
                elif each.claim.delivery_id not in settled.deliveries:
                    _log.warning("lease_lost", delivery=str(each.claim.delivery_id), attempt=each.claim.attempt)
                self._release(each.claim)

    async def _settle(self, back: Sequence[Result | _Unsent]) -> Settled:
        async with self._database.write() as transaction:
            if unsent := [each.claim for each in back if isinstance(each, _Unsent)]:
                await give_back(transaction, unsent)
            return await settle(transaction, [each for each in back if isinstance(each, Result)], self._clock.now())

    def _release(self, each: Claim) -> None:
        """Make room, and claim again only when something may wait for it."""
        self._flights.release(each)
        waited_for = each.subscription_id in self._expected and each.subscription_id not in self._flights.busy
        if self._is_full or waited_for:
            self.wake()
        if not self._flights.busy:
            self._landed.set()

    async def _land(self) -> None:
        """Nothing starts any more. A receiver that has not answered by the end gets the message once more,
        under the same id."""
        unsent = self._flights.ground()
        if self._flights.busy:
            self._landed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_ANSWERS_SECONDS):
                    await self._landed.wait()
        if left := [*unsent, *self._flights.held]:
            await self._give_back(left)

    async def _give_back(self, left: list[Claim]) -> None:
        """So that the next process need not wait until the leases run out, which they do in any case."""
        try:
            async with asyncio.timeout(_GIVE_BACK_SECONDS), self._database.write() as transaction:
                await give_back(transaction, left)
        except Exception as error:
            _log.warning("leases_not_given_back", deliveries=len(left), error=repr(error))
