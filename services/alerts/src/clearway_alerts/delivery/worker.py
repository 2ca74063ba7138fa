"""Sends what is due: claims, posts, records, and lets no slow receiver delay another."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter as Metric

from clearway_alerts.delivery.addresses import Network
from clearway_alerts.delivery.queue import Claim, Result, claim, settle
from clearway_alerts.delivery.signing import signed_headers
from clearway_alerts.delivery.webhook import WebhookClient, webhook_client
from clearway_shared.clock import Clock
from clearway_shared.database import Database
from clearway_shared.patience import patiently

_IN_FLIGHT: Final = 512
_POLL_SECONDS: Final = 0.5
# A claim is sent within this time or not at all: what is left of the lease is the receiver's.
_START_WITHIN: Final = timedelta(seconds=5)

ATTEMPTS = Metric("clearway_alert_delivery_attempts", "Requests to webhooks, by outcome", ["outcome"])
_log = structlog.get_logger(__name__)


class DeliveryWorker:
    """One worker of a process. `wake` tells it that something has become due; it looks by itself too."""

    def __init__(
        self, database: Database, clock: Clock, *, allowed: tuple[Network, ...], timeout_seconds: float
    ) -> None:
        self._database = database
        self._clock = clock
        self._allowed = allowed
        self._timeout = timedelta(seconds=timeout_seconds)
        self._woken = asyncio.Event()
        self._results: asyncio.Queue[Result] = asyncio.Queue()
        self._on_the_way: Counter[UUID] = Counter()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """A worker: deliver until cancelled."""
        async with (
            webhook_client(self._allowed, self._timeout.total_seconds(), self._clock) as client,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(self._record())
            while True:
                self._woken.clear()
                claims = await self._claim()
                for each in claims:
                    tasks.create_task(self._send(client, each))
                if not claims:
                    await self._wait()

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), _POLL_SECONDS)

    async def _claim(self) -> list[Claim]:
        room = _IN_FLIGHT - self._on_the_way.total()
        if room <= 0:
            return []
        claims: list[Claim] = []
        async for attempt in patiently():
            with attempt:
                async with self._database.write() as tx:
                    claims = await claim(
                        tx, self._clock.now(), lease=self._lease, limit=room, busy=list(self._on_the_way)
                    )
        self._on_the_way.update(each.subscription_id for each in claims)
        return claims

    @property
    def _lease(self) -> timedelta:
        return _START_WITHIN + self._timeout

    async def _send(self, client: WebhookClient, each: Claim) -> None:
        """A worker that slept over its lease sends nothing: another one may have the delivery by now."""
        now = self._clock.now()
        if now > each.lease_until - self._timeout:
            _log.warning("lease_lost", delivery=str(each.delivery_id), attempt=each.attempt)
            self._release(each)
            return
        headers = signed_headers(each.keys, str(each.delivery_id), now, each.body)
        answer = await client.post(each.url, each.body, headers)
        ATTEMPTS.labels("delivered" if answer.is_success else "failed").inc()
        self._results.put_nowait(Result(each, answer, now, random.random()))

    async def _record(self) -> None:
        """What has come back in the meantime is recorded together: one transaction, one sync to the disk."""
        while True:
            results = [await self._results.get()]
            while not self._results.empty():
                results.append(self._results.get_nowait())
            settled: set[UUID] = set()
            async for attempt in patiently():
                with attempt:
                    async with self._database.write() as tx:
                        settled = await settle(tx, results, self._clock.now())
            for result in results:
                if result.claim.delivery_id not in settled:
                    _log.warning("lease_lost", delivery=str(result.claim.delivery_id), attempt=result.claim.attempt)
                self._release(result.claim)

    def _release(self, each: Claim) -> None:
        self._on_the_way[each.subscription_id] -= 1
        if not self._on_the_way[each.subscription_id]:
            del self._on_the_way[each.subscription_id]
        self.wake()
