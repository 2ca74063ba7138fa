"""A consumer with its own topic, on every pair of broker and database."""

from contextlib import nullcontext
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest

from clearway_contracts.envelope import Event
from clearway_contracts.routes import RouteRiskChanged
from clearway_contracts.topics import ROUTE_RISK, Topic
from clearway_platform.log.base import Broker, Message, TopicSpec
from clearway_platform.messaging.consumer import Consumer
from clearway_platform.messaging.handlers import BatchHandler, Handler
from clearway_platform.messaging.precedence import Turn
from clearway_platform.messaging.progress import Progress
from clearway_testing.plumbing import Plumbing, effect, message_of, plumbing, scripts_run

__all__ = ["plumbing", "scripts_run"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A topic of this test alone, and what reads it."""

    topic: Topic
    broker: Broker
    plumbing: Plumbing

    def of(self, plumbing: Plumbing) -> "Stage":
        """The same topic, read by another service."""
        return replace(self, plumbing=plumbing)

    def consumer(
        self,
        handler: Handler | BatchHandler | None = None,
        *,
        attempts: int = 3,
        name: str = "reader",
        turn: Turn = nullcontext,
        progress: Progress | None = None,
    ) -> Consumer:
        return Consumer(
            name=name,
            topics=[replace(self.topic, consumers=(name,))],
            handlers={RouteRiskChanged: handler or effect(name)},
            broker=self.broker,
            database=self.plumbing.database,
            dead_letters=self.plumbing.dead_letters,
            clock=self.plumbing.clock,
            attempts=attempts,
            turn=turn,
            progress=progress,
        )

    def message(self, event: Event) -> Message:
        return replace(message_of(event), topic=self.topic.name)

    async def send(self, *events: Event) -> None:
        await self.broker.publish([self.message(event) for event in events])


async def stage_on(broker: Broker, plumbing: Plumbing) -> Stage:
    topic = replace(ROUTE_RISK, name=f"route-risk.{uuid4().hex}")
    await broker.create_topics([TopicSpec(topic.name, topic.partitions, None)])
    return Stage(topic, broker, plumbing)


@pytest.fixture
async def stage(broker: Broker, plumbing: Plumbing) -> Stage:
    """The test runs on the embedded log and Kafka, each with SQLite and PostgreSQL."""
    return await stage_on(broker, plumbing)
