"""Follows the keys to which subscriptions and watched sources belong: to the successor of one that is replaced. What
belongs to one that has ended is suspended."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from sqlalchemy import select, update

from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outbound.suspending import suspend, why_suspended
from clearway_alerts.policy.stages import Policy
from clearway_alerts.storage.mission_version import next_version
from clearway_alerts.storage.tables import SUBSCRIPTION, WATCHED_SOURCE
from clearway_platform.auth.principals import Endings
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.messaging.retry import retry_until_done

# A subscription that another process wrote for a key that has just ended is found by then.
_LOOK_SECONDS: Final = 30.0
_OWNERS: Final = (
    select(SUBSCRIPTION.c.owner, SUBSCRIPTION.c.mission, SUBSCRIPTION.c.state)
    .where(SUBSCRIPTION.c.deleted_at.is_(None))
    .distinct()
)
_WATCHERS: Final = (
    select(WATCHED_SOURCE.c.owner, WATCHED_SOURCE.c.mission).where(WATCHED_SOURCE.c.deleted_at.is_(None)).distinct()
)


class Owners:
    """One worker of a process. Before it has run, the delivery worker refuses to send on behalf of an ended key too."""

    def __init__(self, database: Database, clock: Clock, policy: Policy, endings: Endings) -> None:
        self._database = database
        self._all = database.of_every_mission("keys of all missions end, and are asked about together")
        self._clock = clock
        self._policy = policy
        self._endings = endings
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """A worker: follow until cancelled."""
        with self._endings.listening(self._woken.set):
            while True:
                self._woken.clear()
                await retry_until_done(self.follow)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._woken.wait()

    async def follow(self) -> None:
        """Bring everything to the present state of the keys."""
        owners, watchers = await self._all.measure(_OWNERS), await self._all.measure(_WATCHERS)
        replaced, ended = self._endings.replaced(), self._endings.ended()
        missions = {row.owner: row.mission for row in (*owners, *watchers)}
        for key_id in sorted(missions.keys() & replaced.keys()):
            await self._move(missions[key_id], key_id, replaced[key_id])
        active = {replaced.get(row.owner, row.owner): row for row in owners if row.state == SubscriptionState.ACTIVE}
        for key_id in sorted(active.keys() & ended.keys()):
            reason = why_suspended(key_id, ended[key_id].words)
            async with self._database.of(active[key_id].mission).write() as transaction:
                its_own = SUBSCRIPTION.c.owner == key_id
                await suspend(transaction, self._policy, its_own, reason, self._clock.now())

    async def _move(self, mission: str, key_id: str, successor: str) -> None:
        """All that belongs to a key, which is of one mission, to the key that replaces it."""
        now = self._clock.now()
        its_own = (SUBSCRIPTION.c.owner == key_id) & SUBSCRIPTION.c.deleted_at.is_(None)
        query = select(SUBSCRIPTION.c.id).where(its_own).order_by(SUBSCRIPTION.c.id).with_for_update()
        async with self._database.of(mission).write() as transaction:
            if (await transaction.connection.execute(query)).scalars().first() is not None:
                values = {"owner": successor, "updated_at": now, "revision": SUBSCRIPTION.c.revision + 1}
                values["changed_in"] = await next_version(transaction, mission)
                await transaction.connection.execute(update(SUBSCRIPTION).where(its_own).values(values))
            watched = update(WATCHED_SOURCE).where(WATCHED_SOURCE.c.owner == key_id)
            await transaction.connection.execute(watched.values(owner=successor))
