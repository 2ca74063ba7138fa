"""`python -m benchmarks.consumers`: the processor's time for each event in alerts, in analytics and in the relay.

The consumers of a service run alone here, on SQLite, without the log's reader: records are handed to them as a backlog
hands them over, and one by one. The floor is the bare driver, which writes the rows that they have left in transactions
of the same size. It is measured after each round, so that a slow minute of the machine affects both.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer
from rich.table import Table
from sqlalchemy import update

from benchmarks.conditions import machine
from benchmarks.figures import console, print_conditions
from benchmarks.workload import ROAD, report, subscription
from clearway_alerts.channels.registry import Channels
from clearway_alerts.channels.webhook.addresses import allowed_networks
from clearway_alerts.channels.webhook.channel import WebhookChannel
from clearway_alerts.commands.subscription_quota import SubscriptionQuota
from clearway_alerts.commands.subscriptions import Changes, Subscriptions
from clearway_alerts.consumers.incidents import IncidentHandler
from clearway_alerts.domain.renewal import Validity
from clearway_alerts.filter_form import FilterForm
from clearway_alerts.main import STORAGE as ALERTS
from clearway_alerts.outbound.hosts import Hosts
from clearway_alerts.outbound.queue import Queue
from clearway_alerts.outbound.worker import DeliveryWorker
from clearway_alerts.policy.stages import Policy, stages
from clearway_alerts.settings import AlertsSettings
from clearway_alerts.storage.tables import SUBSCRIPTION
from clearway_alerts.warning.hearing import Hearing
from clearway_alerts.warning.issuing import Issuing
from clearway_alerts.warning.pipeline import Pipeline
from clearway_alerts.warning.watchlist import Watchlist
from clearway_analytics.commands.announce import Announcer
from clearway_analytics.commands.apply_incidents import ApplyIncidents
from clearway_analytics.commands.register_route import RegisterRoute
from clearway_analytics.consumers.incidents import OnIncidents
from clearway_analytics.domain.line import checked
from clearway_analytics.domain.route import RouteDraft
from clearway_analytics.ledger.routes import RouteIndex
from clearway_analytics.main import STORAGE as ANALYTICS
from clearway_contracts.codec import encode
from clearway_contracts.envelope import Event
from clearway_contracts.incident import IncidentState
from clearway_contracts.incidents import INCIDENT_EVENTS, IncidentReported
from clearway_platform.auth.principals import Principal, Role
from clearway_platform.clock import SystemClock, new_id
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import upgrade
from clearway_platform.heavy import HeavyWork
from clearway_platform.log import open_broker
from clearway_platform.log.base import Record, TopicSpec
from clearway_platform.messaging.dead_letters import DeadLetters
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.handlers import BatchHandler, Handler
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.messaging.processor import MessageProcessor
from clearway_platform.messaging.relay.batch import BATCH
from clearway_platform.messaging.relay.worker import Relay
from clearway_testing.key_ends import KnownEndings

MISSION: Final = "benchmark"
# As many records as share a transaction while there is a backlog.
TOGETHER: Final = 50
CLOCK: Final = SystemClock()
Step = Callable[[], Awaitable[object]]
Handing = Callable[[Sequence[Event], int], AsyncIterator[Step]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of the processor for each event, of one round."""

    events: float
    floor: float


@dataclass(frozen=True, slots=True)
class Stage:
    """What is measured: `of` opens it on a database file of its own, and gives what handles some events."""

    name: str
    together: int
    of: Callable[[Path], AbstractAsyncContextManager[Handing]]


def main(
    events: Annotated[int, typer.Option(min=100, max=100_000, help="Events of a round, handled together.")] = 2_000,
    alone: Annotated[int, typer.Option(min=10, max=10_000, help="Events of a round, handled one by one.")] = 200,
    rounds: Annotated[int, typer.Option(min=1, max=20)] = 3,
) -> None:
    """Measure the consumers against the bare driver, and print both."""
    print_conditions(machine())
    table = Table(title="Processor's time for each event, in microseconds: the middle of the rounds")
    for heading in ("", "together", "events", "floor", "events / floor"):
        table.add_column(heading)
    for stage in (
        Stage("alerts", TOGETHER, _alerts),
        Stage("analytics", TOGETHER, _analytics),
        Stage("relay", BATCH.rows, _relay),
    ):
        for together, count in ((stage.together, events), (1, alone)):
            costs = [asyncio.run(_round(stage, count, together)) for _ in range(rounds)]
            cost, floor = median(one.events for one in costs), median(one.floor for one in costs)
            table.add_row(stage.name, f"{together}", f"{cost:.0f}", f"{floor:.0f}", f"{cost / floor:.1f}×")
    console.print(table)


async def _round(stage: Stage, count: int, together: int) -> Cost:
    with TemporaryDirectory(prefix="clearway-bench-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        async with stage.of(directory) as handing:
            async for step in handing(_events(TOGETHER), TOGETHER):
                await step()
            before, spent = _copied(directory), 0.0
            async for step in handing(_events(count), together):
                begun = time.process_time()
                await step()
                spent += time.process_time() - begun
        written = _written(directory, before)
        return Cost(1e6 * spent / count, 1e6 * _floor(before, written, -(-count // together)) / count)


def _events(count: int) -> list[Event]:
    """New reports of active hazards on the road: each warns the subscriber, and moves the risk of the route."""
    chance, outbox = random.Random(count), Outbox(CLOCK)
    states = [_state(chance) for _ in range(count)]
    return [
        outbox.event(
            IncidentReported(mission=MISSION, incident_id=state.incident_id, revision=1, incident=state),
            subject=str(state.incident_id),
            source="benchmark",
            occurred=state.time.earliest,
        )
        for state in states
    ]


def _state(chance: random.Random) -> IncidentState:
    said, now = report(new_id(), chance), datetime.now(UTC)
    occurred = now - timedelta(minutes=5)
    location = said["location"] | {"uncertainty_m": 20.0}
    times = {"earliest": occurred, "latest": occurred, "reported_at": now, "recorded_at": now}
    taken = {name: said[name] for name in ("category", "delivery", "outcome", "hazard_state", "target", "activity")}
    return IncidentState.model_validate(
        taken
        | {
            "incident_id": said["incident_id"],
            "revision": 1,
            "mission": MISSION,
            "exercise": False,
            "time": said["time"] | times,
            "location": location,
            "actuation": "unknown",
            "priority": said["priority"],
            "narrative": said["narrative"],
            "reports": [said["report"] | {"report_id": new_id(), "received_at": now}],
            "grading": {"source_reliability": "C", "info_credibility": 3},
            "status": "reported",
            "sharing": {"tlp": "green", "classification": "unclassified"},
            "audit": {"created_by": "benchmark", "created_at": now, "updated_at": now},
        }
    )


@asynccontextmanager
async def _alerts(directory: Path) -> AsyncIterator[Handing]:
    """The alerts service with one subscriber, to whom nothing is sent: its worker does not run."""
    url = f"sqlite:///{directory / 'service.db'}"
    await upgrade(url, ALERTS.migrations)
    database, outbox, endings, heavy = Database(url), Outbox(CLOCK), KnownEndings(CLOCK), HeavyWork("warnings")
    webhook = WebhookChannel(CLOCK, allowed=allowed_networks(["127.0.0.0/8"]), timeout=timedelta(seconds=5))
    channels, policy = Channels([webhook]), Policy(stages())
    worker = DeliveryWorker(database, CLOCK, channels, policy, Hosts(0, CLOCK), endings)
    queue = Queue(policy, channels, worker, CLOCK)
    pipeline = Pipeline(
        Watchlist(channels, heavy), Issuing(outbox, queue), CLOCK, news_hours=72, validity=Validity(), heavy=heavy
    )
    quota = SubscriptionQuota.from_settings(AlertsSettings())
    subscriptions = Subscriptions(CLOCK, channels, queue, quota, lambda: None, endings)
    owner, wanted = Principal("k", "k", MISSION, Role.SUBSCRIBER), subscription("http://127.0.0.1:9/hook")
    async with database.of(MISSION).write() as transaction:
        chosen = FilterForm.model_validate(wanted["filter"])
        await subscriptions.create(
            transaction, owner, "benchmark", Changes(filter=chosen, channel=channels.read(wanted["channel"]))
        )
        # As if the hazards that stand had been looked for, and the endpoint had answered.
        await transaction.connection.execute(
            update(SUBSCRIPTION).values(
                checked_in=SUBSCRIPTION.c.changed_in, challenged_url=SUBSCRIPTION.c.url, proved_at=CLOCK.now()
            )
        )
    handler = IncidentHandler(pipeline, CLOCK, Hearing(database, lambda: None))
    yield _handing(_processor("alerts", database, outbox, handler))
    await database.close()


@asynccontextmanager
async def _analytics(directory: Path) -> AsyncIterator[Handing]:
    """The analytics service with one route."""
    url = f"sqlite:///{directory / 'service.db'}"
    await upgrade(url, ANALYTICS.migrations)
    database, outbox, heavy = Database(url), Outbox(CLOCK), HeavyWork("ratings")
    announcer = Announcer(outbox, CLOCK, 1.25)
    register, line = RegisterRoute(announcer, heavy), tuple((point[0], point[1]) for point in ROAD)
    async with database.of(MISSION).write() as transaction:
        analyst = Principal("k", "k", MISSION, Role.ANALYST)
        await register.put(transaction, analyst, new_id(), RouteDraft("Road", checked(line), 500.0), None)
    handler = OnIncidents(ApplyIncidents(RouteIndex(heavy), announcer, heavy))
    yield _handing(_processor("analytics", database, outbox, handler))
    await database.close()


@asynccontextmanager
async def _relay(directory: Path) -> AsyncIterator[Handing]:
    """The relay of a service, onto the embedded log."""
    url = f"sqlite:///{directory / 'service.db'}"
    await upgrade(url, ALERTS.migrations)
    database, outbox, broker = Database(url), Outbox(CLOCK), open_broker(None, directory)
    await broker.start()
    await broker.create_topics([TopicSpec(IncidentReported.topic, 6, None)])
    relay = Relay(service="test", database=database, broker=broker, outbox=outbox, feed=Feed(database), clock=CLOCK)

    async def handing(events: Sequence[Event], together: int) -> AsyncIterator[Step]:
        for start in range(0, len(events), together):
            async with database.of(MISSION).write() as transaction:
                await outbox.add(transaction, events[start : start + together])
            yield relay.drain

    yield handing
    await broker.close()
    await database.close()


def _processor(name: str, database: Database, outbox: Outbox, handler: Handler | BatchHandler) -> MessageProcessor:
    return MessageProcessor(
        consumer=name,
        handlers=dict.fromkeys(INCIDENT_EVENTS, handler),
        database=database,
        dead_letters=DeadLetters(database, outbox, CLOCK),
        clock=CLOCK,
        attempts=5,
    )


def _handing(processor: MessageProcessor) -> Handing:
    async def handing(events: Sequence[Event], together: int) -> AsyncIterator[Step]:
        records = [_record(event, offset) for offset, event in enumerate(events)]
        for start in range(0, len(records), together):
            yield partial(processor.take, records[start : start + together])

    return handing


def _record(event: Event, offset: int) -> Record:
    encoded = encode(event)
    return Record(encoded.topic, 0, offset, CLOCK.now(), encoded.key, encoded.value, encoded.headers)


def _copied(directory: Path) -> Mapping[Path, Path]:
    """A copy of each database in the folder."""
    copies = {}
    for file in sorted(directory.glob("*.db")):
        copies[file] = file.with_suffix(".floor")
        with closing(sqlite3.connect(file)) as source:
            source.execute("VACUUM INTO ?", (str(copies[file]),))
    return copies


def _written(directory: Path, before: Mapping[Path, Path]) -> dict[Path, dict[str, list[Any]]]:
    """The rows that each database has and its copy has not, by table."""
    return {copy: dict(_new_rows(file, copy)) for file, copy in before.items()}


def _new_rows(file: Path, copy: Path) -> Iterator[tuple[str, list[Any]]]:
    with closing(sqlite3.connect(file)) as source:
        source.execute("ATTACH ? AS former", (str(copy),))
        for (table,) in source.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL"
        ).fetchall():
            if not table.startswith("sqlite_"):
                rows = source.execute(f"SELECT * FROM {table} EXCEPT SELECT * FROM former.{table}").fetchall()
                if rows:
                    yield table, rows


def _floor(before: Mapping[Path, Path], written: Mapping[Path, dict[str, list[Any]]], transactions: int) -> float:
    """Seconds of the processor for the bare driver to write the rows, in so many transactions."""
    spent = 0.0
    for copy in before.values():
        with closing(sqlite3.connect(copy, isolation_level=None)) as file:
            file.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
            begun = time.process_time()
            for number in range(transactions):
                file.execute("BEGIN IMMEDIATE")
                for table, rows in written[copy].items():
                    size = -(-len(rows) // transactions)
                    part = rows[number * size : (number + 1) * size]
                    if part:
                        places = ", ".join("?" * len(part[0]))
                        file.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({places})", part)
                file.execute("COMMIT")
            spent += time.process_time() - begun
    return spent


if __name__ == "__main__":
    typer.run(main)
