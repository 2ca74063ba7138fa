"""What the machine takes for each step alone, without Clearway: the floors of a run.

One report passes, from its POST to the subscriber's wire,

- on Kafka and PostgreSQL: a FastAPI POST, a PostgreSQL commit (the incident), a hop over Kafka, a PostgreSQL commit
  (the alert), and a webhook's POST;
- on the embedded default: a FastAPI POST, a SQLite commit (the incident), a SQLite commit (the log is a SQLite file;
  its hop is that commit), a SQLite commit (the alert), and a webhook's POST.

Their sum is the floor of the chain. Each is measured one run after the other, as fast as they follow, which is the
lower of the two ways; and once every 50 ms, as reports come at 20 a second. All are measured before the loads and
again after them, because a shared machine is not as fast in one minute as in the next.
"""

import random
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp
import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.structs import TopicPartition

from benchmarks.latency import Spread, timed
from benchmarks.processes import ROOT, listening, running
from benchmarks.receiver import receiving
from benchmarks.workload import as_body, report
from clearway_incidents.api.reports import NewReport
from clearway_platform.clock import new_id
from clearway_testing.server import LOOPBACK, free_port

POST: Final = "FastAPI POST"
WEBHOOK: Final = "webhook POST"
SQLITE: Final = "SQLite commit"
POSTGRES: Final = "PostgreSQL commit"
HOP: Final = "Kafka produce → consume"
CHAINS: Final = {
    "embedded": (POST, SQLITE, SQLITE, SQLITE, WEBHOOK),
    "kafka": (POST, POSTGRES, HOP, POSTGRES, WEBHOOK),
}

RUNS: Final = 500
PACED_RUNS: Final = 100
PACE_SECONDS: Final = 0.05
TOPIC: Final = "benchmark-floor"

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS incident (incident_id TEXT PRIMARY KEY, mission TEXT NOT NULL, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS incident_revision (incident_id TEXT, revision INTEGER, state TEXT NOT NULL,
    PRIMARY KEY (incident_id, revision));
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, value TEXT NOT NULL);
"""
INSERTS: Final = (
    "INSERT INTO incident VALUES ($1, 'benchmark', $2)",
    "INSERT INTO incident_revision VALUES ($1, 1, $2)",
    "INSERT INTO outbox (topic, value) VALUES ($1, $2)",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """The milliseconds of one step alone: run after run, and at 20 a second."""

    name: str
    close: Sequence[float]
    paced: Sequence[float]


@dataclass(frozen=True, slots=True)
class Floor:
    """One step alone: run after run, and at 20 a second."""

    name: str
    close: Spread
    paced: Spread


class Sums(NamedTuple):
    """The sums of the p50 and of the p99 of an engine's steps, in milliseconds."""

    p50: float
    p99: float


def floors_of(before: Sequence[Sample], after: Sequence[Sample]) -> list[Floor]:
    """Of what was measured before and after the loads, in the same order."""
    return [
        Floor(one.name, Spread.of_many([*one.close, *two.close]), Spread.of_many([*one.paced, *two.paced]))
        for one, two in zip(before, after, strict=True)
    ]


def sums(engine: str, floors: Sequence[Floor], *, paced: bool) -> Sums:
    """What an engine's steps take together: run after run, or `paced`, at 20 a second."""
    known = {floor.name: floor.paced if paced else floor.close for floor in floors}
    steps = [known[name] for name in CHAINS[engine]]
    return Sums(sum(step.p50 for step in steps), sum(step.p99 for step in steps))


def content() -> str:
    """A report with every default in its place: the size of what is stored and published."""
    return NewReport.model_validate(report(new_id(), random.Random(1))).model_dump_json()


async def measure(name: str, operation: Callable[[], Awaitable[object]]) -> Sample:
    close = await timed(operation, RUNS)
    return Sample(name, close, await timed(operation, PACED_RUNS, every=PACE_SECONDS))


async def bare_post(directory: Path) -> Sample:
    """FastAPI and pydantic under uvicorn in a process of its own, over a connection that is kept."""
    port, chance = free_port(), random.Random(1)
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(ROOT), "benchmarks.bare:app", "--port", str(port)]
    with running([*command, "--log-level", "warning"], listening(port), directory / "bare.log", {}):
        async with aiohttp.ClientSession() as session:
            address = f"http://{LOOPBACK}:{port}/reports"
            return await measure(POST, lambda: post(session, address, as_body(report(new_id(), chance))))


async def webhook_post() -> Sample:
    """A POST to the receiver that the alerts go to."""
    async with receiving() as receiver, aiohttp.ClientSession() as session:
        body = as_body({"type": "alert.issued", "data": {"incident_id": str(new_id()), "filler": "x" * 500}})
        return await measure(WEBHOOK, lambda: post(session, receiver.url, body))


async def post(session: aiohttp.ClientSession, address: str, body: bytes) -> None:
    async with session.post(address, data=body, headers={"content-type": "application/json"}) as response:
        await response.read()
        response.raise_for_status()


async def sqlite_commit(directory: Path) -> Sample:
    """Incident, revision and outbox row in one transaction, in WAL with synchronous=FULL."""
    text = content()
    with closing(sqlite3.connect(directory / "floor.db", isolation_level=None)) as file:
        file.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {SCHEMA}")

        async def commit() -> None:
            file.execute("BEGIN IMMEDIATE")
            for statement in INSERTS:
                file.execute(statement.replace("$1", "?").replace("$2", "?"), (str(new_id()), text))
            file.execute("COMMIT")

        return await measure(SQLITE, commit)


async def postgres_commit(url: str) -> Sample:
    """Incident, revision and outbox row in one transaction, with synchronous_commit."""
    text = content()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(SCHEMA.replace("id INTEGER PRIMARY KEY", "id BIGSERIAL PRIMARY KEY"))
        await connection.execute("SET synchronous_commit = on")
        statements = [await connection.prepare(statement) for statement in INSERTS]

        async def commit() -> None:
            async with connection.transaction():
                for statement in statements:
                    await statement.fetch(str(new_id()), text)

        return await measure(POSTGRES, commit)
    finally:
        await connection.close()


async def kafka_hop(url: str) -> Sample:
    """One message from `send` to the consumer's hand, acknowledged by all replicas, with nothing lingering."""
    value = content().encode()
    async with _kafka_clients(url.removeprefix("kafka://")) as (producer, consumer):

        async def hop() -> None:
            sent = await producer.send(TOPIC, value)
            await consumer.getone()
            await sent

        return await measure(HOP, hop)


@asynccontextmanager
async def _kafka_clients(servers: str) -> AsyncIterator[tuple[AIOKafkaProducer, AIOKafkaConsumer]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True, linger_ms=0)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    consumer.assign([TopicPartition(TOPIC, 0)])
    async with producer, consumer:
        await consumer.seek_to_end()
        yield producer, consumer
