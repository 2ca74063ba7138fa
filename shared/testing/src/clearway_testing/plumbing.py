"""A service with only the shared tables, for tests of the outbox, the relay and the consumers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, func, select

from clearway_contracts.codec import encode
from clearway_contracts.envelope import Event
from clearway_contracts.route import RiskState
from clearway_contracts.routes import RouteRiskChanged
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.clock import Clock, SystemClock
from clearway_platform.database.engines import Database, Transaction
from clearway_platform.database.tables import OutboxRow
from clearway_platform.database.upgrading import bring_up_to_date
from clearway_platform.log.base import Broker, Message, Record
from clearway_platform.messaging.dead_letters import DeadLetters
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.messaging.relay.batch import BATCH, BatchLimit
from clearway_platform.messaging.relay.worker import Relay
from clearway_testing.contract import hold_against_contract

MIGRATIONS: Final = Path(__file__).parent / "migrations"
OCCURRED: Final = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)

EFFECTS: Final = Table(
    "effect",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("consumer", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("number", Integer, nullable=False),
)
"""The effects of a test's handlers: one row for each call, so that a repeated effect is seen."""


@dataclass(frozen=True, slots=True)
class Plumbing:
    """One service's database, and the outbox, feed and dead letters in it."""

    database: Database
    clock: Clock
    outbox: Outbox
    feed: Feed
    dead_letters: DeadLetters

    def relay(self, broker: Broker, *, poll_seconds: float = 0.05, batch: BatchLimit = BATCH) -> Relay:
        return Relay(
            service="test",
            database=self.database,
            broker=broker,
            outbox=self.outbox,
            feed=self.feed,
            clock=self.clock,
            poll_seconds=poll_seconds,
            batch=batch,
        )

    async def publish(self, *numbers: int, route: UUID, mission: str = "unmas") -> list[Event]:
        """Commit one event of `route` for each number to the outbox."""
        events = [self.event(number, route=route, mission=mission) for number in numbers]
        async with self.database.of_every_mission("a test").write() as transaction:
            await self.outbox.add(transaction, events)
        return events

    def event(self, number: int, *, route: UUID, mission: str = "unmas") -> Event:
        """An event that carries `number`, so that order, loss and repetition show."""
        data = route_risk(number, route, mission)
        return self.outbox.event(data, subject=str(route), source="/test", occurred=OCCURRED)

    async def waiting(self) -> int:
        """How many messages wait in the outbox."""
        async with self.database.of_every_mission("a test").read() as connection:
            return (await connection.execute(select(func.count()).select_from(OutboxRow))).scalar_one()

    async def effects(self, consumer: str) -> list[tuple[str, int]]:
        """The effects of a consumer's handlers, in order: (subject, number)."""
        query = select(EFFECTS.c.subject, EFFECTS.c.number).where(EFFECTS.c.consumer == consumer)
        async with self.database.of_every_mission("a test").read() as connection:
            return [(row.subject, row.number) for row in await connection.execute(query.order_by(EFFECTS.c.id))]


def effect(consumer: str) -> Callable[[Transaction, Event], Awaitable[None]]:
    """A handler that writes one row for each call."""

    async def handle(transaction: Transaction, event: Event) -> None:
        values = {"consumer": consumer, "subject": event.envelope.subject, "number": number_of(event)}
        await transaction.connection.execute(EFFECTS.insert().values(values))

    return handle


def route_risk(number: int, route: UUID, mission: str = "unmas") -> RouteRiskChanged:
    risk = RiskState(
        route_id=route,
        mission=mission,
        at=OCCURRED,
        horizon_days=7,
        expected_events=number,
        low=0,
        high=number,
        n_eff=1,
        probability=0.5,
        band=RiskBand.LOW,
    )
    return RouteRiskChanged(mission=mission, route_id=route, risk=risk)


def number_of(event: Event) -> int:
    """The number that `Plumbing.event` put into an event."""
    assert isinstance(event.data, RouteRiskChanged)
    return int(event.data.risk.expected_events)


def message_of(event: Event) -> Message:
    encoded = encode(event)
    return Message(encoded.topic, encoded.key, encoded.value, encoded.headers)


def record_of(message: Message, offset: int, *, partition: int = 0, at: datetime = OCCURRED) -> Record:
    return Record(message.topic, partition, offset, at, message.key, message.value, message.headers)


def events_as_messages(events: Sequence[Event]) -> list[Message]:
    return [message_of(event) for event in events]


async def plumb(url: str, clock: Clock | None = None) -> Plumbing:
    """A database with the shared tables and the table of effects. Close `database` after use."""
    await bring_up_to_date("plumbing", url, MIGRATIONS)
    clock = clock or SystemClock()
    database, outbox = Database(url), Outbox(clock, check=hold_against_contract)
    async with database.of_every_mission("a test").write() as transaction:
        await transaction.connection.run_sync(EFFECTS.create, checkfirst=True)
    return Plumbing(database, clock, outbox, Feed(database), DeadLetters(database, outbox, clock))


@pytest.fixture
def scripts_run() -> Path:
    """A fresh database has the shared tables."""
    return MIGRATIONS


@pytest.fixture
async def plumbing(database_url: str) -> AsyncIterator[Plumbing]:
    """The shared tables on SQLite and on PostgreSQL."""
    made = await plumb(database_url)
    yield made
    await made.database.close()


@asynccontextmanager
async def running(*workers: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """The workers at work; one that ends by itself fails the test."""
    tasks = [asyncio.create_task(worker()) for worker in workers]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
                raise AssertionError("a worker ended")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
    """Return once `holds`; raises TimeoutError when it never does."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - the awaited change is in a database
            await asyncio.sleep(0.01)
