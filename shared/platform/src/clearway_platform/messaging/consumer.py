"""A consumer: joins a group and processes its partitions' records in order, each with effect once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from typing import Final
from uuid import UUID

from clearway_contracts.envelope import EventData
from clearway_contracts.topics import Topic
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.log.base import Broker, BrokerError
from clearway_platform.messaging.dead_letters import DeadLetters
from clearway_platform.messaging.handlers import BatchHandler, Handler
from clearway_platform.messaging.lag import Lag
from clearway_platform.messaging.membership import Membership
from clearway_platform.messaging.precedence import Turn
from clearway_platform.messaging.processor import MessageProcessor
from clearway_platform.messaging.progress import Progress, Standing
from clearway_platform.messaging.retry import Outage, retry_until_done

_REPLAY_POLL_SECONDS: Final = 5.0


class Consumer:
    """Consumes `topics` as the group `name`, and replays that group's dead letters on request.

    `attempts` is how often a handler may fail before its message becomes a dead letter. While the database or the
    broker is away no failure is counted: the partition waits. `turn` orders its work among the process's consumers.
    `progress` is told how far it is. Requests wait at a start until it is a member of its group, unless they are not
    `awaiting` it.
    Raises ValueError for a topic that does not list it.
    """

    def __init__(
        self,
        *,
        name: str,
        topics: Sequence[Topic],
        handlers: Mapping[type[EventData], Handler | BatchHandler],
        broker: Broker,
        database: Database,
        dead_letters: DeadLetters,
        clock: Clock,
        attempts: int = 5,
        revoke_seconds: float = 2.0,
        turn: Turn = nullcontext,
        progress: Progress | None = None,
        awaiting: bool = True,
    ) -> None:
        if unlisted := [topic.name for topic in topics if name not in topic.consumers]:
            raise ValueError(
                f"The topic {', '.join(unlisted)} does not list the consumer {name!r}, and a backup would not keep "
                "what it has not read yet: add it to the topic's `consumers` in clearway_contracts/topics.py."
            )
        self._name = name
        self._topics = tuple(topic.name for topic in topics)
        self._broker = broker
        self._dead_letters = dead_letters
        self._revoke_seconds = revoke_seconds
        self._turn = turn
        self._clock = clock
        self._progress = progress or Progress()
        self._progress.left(name, clock.now())
        if not awaiting:
            self._progress.not_awaited(name)
        self._outage = Outage(f"consumer {name}")
        self._processor = MessageProcessor(
            consumer=name,
            handlers=handlers,
            database=database,
            dead_letters=dead_letters,
            clock=clock,
            attempts=attempts,
        )

    async def run(self) -> None:
        """A worker: consume until cancelled, and join the group again after the broker was away."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._consume())
            tasks.create_task(self._replay())

    async def _consume(self) -> None:
        while True:
            await retry_until_done(self._join, lambda error: isinstance(error, BrokerError), self._outage)

    async def _join(self) -> None:
        """Be a member of the group until the broker is away. Raises BrokerError."""
        standing = Standing(self._name, self._progress, self._clock)
        member = Membership(self._processor, Lag(self._name), standing, self._outage, self._revoke_seconds, self._turn)
        try:
            reader = await self._broker.reader(
                self._topics, group=self._name, on_revoked=member.revoked, on_assigned=member.assigned
            )
            async with reader:
                await member.run(reader)
        finally:
            standing.left()

    async def _replay(self) -> None:
        while True:
            self._dead_letters.replay_requested.clear()
            await retry_until_done(self._replay_due)
            with suppress(TimeoutError):
                async with asyncio.timeout(_REPLAY_POLL_SECONDS):
                    await self._dead_letters.replay_requested.wait()

    async def _replay_due(self) -> None:
        """Each that is due now once, a part after the other: one that stays due is asked for again at the next turn."""
        seen: set[UUID] = set()
        while letters := [one for one in await self._dead_letters.due(self._name) if one.id not in seen]:
            for letter in letters:
                seen.add(letter.id)
                await self._processor.replay(letter)
