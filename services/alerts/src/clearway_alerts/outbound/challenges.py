"""Challenges the endpoints that have not proved themselves. No alert waits for it: until then messages are thin."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy import RowMapping, case, or_, select, update

from clearway_alerts.channels.base import Outgoing, ProvingChannel, ProvingSender
from clearway_alerts.channels.registry import Channels
from clearway_alerts.domain.proof import next_challenge
from clearway_alerts.outbound.recipients import Address, recipient_of
from clearway_alerts.storage.mission_version import next_version
from clearway_alerts.storage.tables import IS_UNPROVED, SUBSCRIPTION
from clearway_platform.clock import Clock, new_id
from clearway_platform.database.engines import Database, Transaction
from clearway_platform.messaging.retry import retry_until_done

_POLL_SECONDS: Final = 1.0
_LOOKS: Final = "one worker challenges the endpoints of all missions"
# So many endpoints are challenged at the same time: a slow one delays no other.
_AT_ONCE: Final = 64
# After its timeout a challenge has so long to be recorded. Then any process may make the next.
_RECORDED_WITHIN: Final = timedelta(seconds=10)

CHALLENGES = Counter("clearway_alert_challenges", "Challenges of endpoints, by result", ["result"])
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Challenge:
    """Number `attempt` (1..) of an address. A result counts only while the row has both."""

    subscription_id: UUID
    mission: str
    url: str
    attempt: int
    address: Address


class Challenges:
    """One worker of a process. An address that is new is challenged when `wake` says so, or at the next look."""

    def __init__(self, database: Database, clock: Clock, channels: Channels) -> None:
        self._database = database
        self._clock = clock
        self._channels = channels
        self._woken = asyncio.Event()
        proving = [one for one in channels.sending_all.values() if isinstance(one, ProvingChannel)]
        self._lease_time = max((one.timeout for one in proving), default=timedelta(0)) + _RECORDED_WITHIN

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """A worker: challenge until cancelled. A challenge that is cut off is made again when its lease has ended."""
        async with AsyncExitStack() as opened, asyncio.TaskGroup() as tasks:
            senders = {
                name: await opened.enter_async_context(channel.open())
                for name, channel in self._channels.sending_all.items()
                if isinstance(channel, ProvingChannel)
            }
            running: set[asyncio.Task[None]] = set()
            while True:
                self._woken.clear()
                for challenge in await self._claim(_AT_ONCE - len(running)):
                    task = tasks.create_task(self._make(senders, challenge))
                    running.add(task)
                    task.add_done_callback(running.discard)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._woken.wait()

    async def _claim(self, room: int) -> list[Challenge]:
        if room <= 0 or not await retry_until_done(self._is_any_due):
            return []
        return await retry_until_done(partial(self._claim_now, room))

    async def _is_any_due(self) -> bool:
        query = select(SUBSCRIPTION.c.id).where(*_due(self._clock.now())).limit(1)
        async with self._database.of_every_mission(_LOOKS).read() as connection:
            return (await connection.execute(query)).first() is not None

    async def _claim_now(self, room: int) -> list[Challenge]:
        """The next attempt of each, with a lease: the date of the one after it, should this process end."""
        now = self._clock.now()
        due = select(SUBSCRIPTION.c.id).where(*_due(now)).limit(room).with_for_update(skip_locked=True)
        is_same = SUBSCRIPTION.c.challenged_url == SUBSCRIPTION.c.url
        claim = (
            update(SUBSCRIPTION)
            .where(SUBSCRIPTION.c.id.in_(due))
            .values(
                challenged_url=SUBSCRIPTION.c.url,
                challenge_due_at=now + self._lease_time,
                challenge_attempts=case((is_same, SUBSCRIPTION.c.challenge_attempts + 1), else_=1),
                challenge_problem=case((is_same, SUBSCRIPTION.c.challenge_problem), else_=None),
                challenged_at=now,
                proved_at=None,
            )
        )
        async with self._database.of_every_mission(_LOOKS).write() as transaction:
            rows = (await transaction.connection.execute(claim.returning(*SUBSCRIPTION.c))).mappings().all()
        return [found for row in rows if (found := _challenge(row, self._channels))]

    async def _make(self, senders: Mapping[str, ProvingSender], challenge: Challenge) -> None:
        problem = await self._challenge(senders, challenge)
        CHALLENGES.labels("failed" if problem else "proved").inc()
        if problem:
            _log.warning("endpoint_not_proved", subscription=str(challenge.subscription_id), problem=problem)
        await retry_until_done(partial(self._record, challenge, problem))

    async def _challenge(self, senders: Mapping[str, ProvingSender], challenge: Challenge) -> str | None:
        """What was wrong; None when the endpoint proved itself. The token is known to this attempt alone."""
        channel, token, now = challenge.address.channel, secrets.token_urlsafe(32), self._clock.now()
        assert isinstance(channel, ProvingChannel)
        body = channel.render_challenge(challenge.subscription_id, challenge.mission, token, now)
        message = Outgoing(new_id(), now, body)
        return await senders[challenge.address.name].challenge(challenge.address.destination, message, token)

    async def _record(self, challenge: Challenge, problem: str | None) -> None:
        """A result of an earlier attempt, or of an address that was changed meanwhile, is ignored."""
        now = self._clock.now()
        values: dict[str, Any] = {"challenge_problem": problem, "challenge_due_at": None}
        values |= {"challenge_due_at": next_challenge(challenge.attempt, now)} if problem else {"proved_at": now}
        async with self._database.of(challenge.mission).write() as transaction:
            recorded = update(SUBSCRIPTION).where(*_still(challenge)).values(values).returning(SUBSCRIPTION.c.id)
            if (await transaction.connection.execute(recorded)).first() and problem is None:
                await _tell_every_process(transaction, challenge)


async def _tell_every_process(transaction: Transaction, challenge: Challenge) -> None:
    """What processes remember of a subscription they read again when it has a later version."""
    version = await next_version(transaction, challenge.mission)
    changed = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == challenge.subscription_id).values(changed_in=version)
    await transaction.connection.execute(changed)


def _due(now: datetime) -> tuple[Any, ...]:
    is_new = or_(SUBSCRIPTION.c.challenged_url.is_(None), SUBSCRIPTION.c.challenged_url != SUBSCRIPTION.c.url)
    return IS_UNPROVED, SUBSCRIPTION.c.suspended_at.is_(None), or_(is_new, SUBSCRIPTION.c.challenge_due_at <= now)


def _still(challenge: Challenge) -> tuple[Any, ...]:
    return (
        SUBSCRIPTION.c.id == challenge.subscription_id,
        SUBSCRIPTION.c.url == challenge.url,
        SUBSCRIPTION.c.challenged_url == challenge.url,
        SUBSCRIPTION.c.challenge_attempts == challenge.attempt,
        SUBSCRIPTION.c.proved_at.is_(None),
        SUBSCRIPTION.c.deleted_at.is_(None),
    )


def _challenge(row: RowMapping, channels: Channels) -> Challenge | None:
    """None where this process cannot read the channel: a process that can has its turn when the lease has ended."""
    recipient = recipient_of(row, channels)
    if recipient is None or recipient.address is None or not isinstance(recipient.address.channel, ProvingChannel):
        return None
    return Challenge(row["id"], row["mission"], row["url"], row["challenge_attempts"], recipient.address)
