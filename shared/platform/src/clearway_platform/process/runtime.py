"""One process: its services, their shared parts, and the HTTP server."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from clearway_contracts.topics import HEARTBEATS, TOPICS
from clearway_platform.auth.keys import MIGRATIONS as KEYS_MIGRATIONS
from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.keys.privileges import grant_writes_to_readers
from clearway_platform.auth.principals import People, Principal, is_signed
from clearway_platform.auth.signing_in import open_people
from clearway_platform.checkpoints.states import Chains
from clearway_platform.clock import Clock, SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.database.upgrading import bring_up_to_date
from clearway_platform.limiting.shares import Shares
from clearway_platform.limiting.stored import StoredBytes
from clearway_platform.log import open_broker
from clearway_platform.log.base import Broker, TopicSpec
from clearway_platform.messaging.dead_letters import DeadLetters
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.heartbeat import Heartbeat
from clearway_platform.messaging.housekeeping import Housekeeping
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.messaging.precedence import Precedence
from clearway_platform.messaging.relay.worker import Relay
from clearway_platform.process.auditing import Auditing
from clearway_platform.process.consuming import ConsumersOfProcess
from clearway_platform.process.mounts import owners_of
from clearway_platform.process.prerequisites import KEYS, Prerequisites
from clearway_platform.process.readiness import answers, are_there, workers_run
from clearway_platform.process.supervision import Supervisor
from clearway_platform.process.watchdog import Watchdog
from clearway_platform.service import (
    Parts,
    Platform,
    Plumbing,
    Service,
    Worker,
    migrations_of,
    permissions_of,
)
from clearway_platform.settings import ServiceSettings, Settings
from clearway_platform.web.around import around
from clearway_platform.web.audited import Audited
from clearway_platform.web.connection import BoundedConnection
from clearway_platform.web.dispatch import Dispatcher
from clearway_platform.web.large_bodies import LargeBodies
from clearway_platform.web.operations import RESERVED, Check, operations_app
from clearway_platform.web.turns import Turns

GRACE_SECONDS: Final = 5
# A tenth of what is usual: SQLite lets other threads go on at every row, so a list of 100 rows may wait so often.
SWITCH_SECONDS: Final = 0.0005
# Of new objects, of youngest collections and of young ones. By default 700 objects make a collection, and one body of
# 1 MB hundreds, which take twice as long as to parse it.
COLLECTED_AFTER: Final = (10_000, 10, 20)

TOPIC_SPECS: Final = tuple(
    TopicSpec(topic.name, topic.partitions, topic.retention_ms, topic.max_message_bytes) for topic in TOPICS
)


@dataclass(frozen=True, slots=True)
class Member:
    """A service in this process, with its platform and its parts."""

    service: Service
    platform: Platform
    parts: Parts


def build_member(
    service: Service,
    settings: Settings,
    clock: Clock,
    keys: SqlKeyDirectory,
    broker: Broker,
    own: ServiceSettings | None = None,
    precedence: Precedence | None = None,
    shares: Shares | None = None,
    people: People | None = None,
    keys_database: Database | None = None,
) -> Member:
    """Build a service, with its database if it has one. Nothing connects yet.

    `own`: the service's own settings; by default those of the environment. `precedence`, `shares` and `people` are
    those of the process. `keys_database`: it holds the audit too.
    """
    if own is None and service.settings is not None:
        own = service.settings()
    platform = Platform(
        settings=settings,
        clock=clock,
        keys=keys,
        broker=broker,
        plumbing=None if service.storage is None else _plumbing(settings, service.name, clock),
        shares=shares or Shares(settings, clock),
        own=own,
        permissions=permissions_of([service]),
        precedence=precedence or Precedence(),
        people=people,
        keys_database=keys_database,
    )
    return Member(service, platform, service.build(platform))


def _plumbing(settings: Settings, service: str, clock: Clock) -> Plumbing:
    database, outbox = Database(settings.database_url(service)), Outbox(clock)
    letters = DeadLetters(database, outbox, clock)
    return Plumbing(database, outbox, Feed(database), letters, StoredBytes(database, settings.mission_stored_bytes))


async def migrate(services: Sequence[Service], settings: Settings) -> None:
    """Bring the databases of the services, and the key directory, to their newest schema."""
    await bring_up_to_date("keys", settings.database_url("keys"), KEYS_MIGRATIONS)
    await grant_writes_to_readers(settings.database_url("keys"))
    for name, migrations in migrations_of(services).items():
        await bring_up_to_date(name, settings.database_url(name), migrations)


@dataclass(frozen=True, slots=True)
class Process:
    """A process that is built and not yet serving. `of_directory` are the workers that need the directory of keys:
    they begin when it is there, and no warning waits for them."""

    settings: Settings
    members: Sequence[Member]
    keys: SqlKeyDirectory
    prerequisites: Prerequisites
    supervisors: Sequence[Supervisor]
    of_directory: Sequence[Supervisor]
    app: ASGIApp

    async def run_workers(self) -> None:
        """Run the workers of every service, and the watchdog of the loop, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(Watchdog().run())
            for supervisor in self.supervisors:
                group.create_task(supervisor.run())
            await self.prerequisites.complete.wait()
            for supervisor in self.of_directory:
                group.create_task(supervisor.run())

    async def serve(self, listening: socket.socket, started: Callable[[], Awaitable[None]]) -> None:
        """Serve on a bound socket until a signal. `started` is awaited once requests are answered.

        Raises SchemaTooNew when a database that did not answer before is too new for this program.
        """
        config = uvicorn.Config(
            self.app,
            lifespan="off",
            log_config=None,
            http=BoundedConnection,
            ws="none",
            forwarded_allow_ips=list(self.settings.trusted_proxies),
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = _Server(config, [close for member in self.members for close in member.parts.on_shutdown])
        _favour_the_loop()
        async with asyncio.TaskGroup() as group:
            workers = group.create_task(self._work(server))
            serving = group.create_task(server.serve(sockets=[listening]))
            announcing = group.create_task(_announce(server, started))
            await serving
            announcing.cancel()
            workers.cancel()
        if self.prerequisites.refused is not None:
            raise self.prerequisites.refused

    async def _work(self, server: uvicorn.Server) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._await_everything(server))
            await self.prerequisites.workable.wait()
            await self.run_workers()

    async def _await_everything(self, server: uvicorn.Server) -> None:
        if not await self.prerequisites.wait():
            server.should_exit = True


def _favour_the_loop() -> None:
    """What a start has made stays: to look through it for garbage would hold the loop for a quarter of a second, again
    and again. And the loop need not wait for long until a thread that computes lets it go on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
    sys.setswitchinterval(SWITCH_SECONDS)


class _Server(uvicorn.Server):
    """Sets `answers` when it answers, and ends streams before it waits for open connections."""

    def __init__(self, config: uvicorn.Config, closing: Sequence[Callable[[], None]]) -> None:
        super().__init__(config)
        self._closing = closing
        self.answers = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for close in self._closing:
            close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The signal that stopped the server is not raised again: it would end the process before all is closed."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


async def _announce(server: _Server, started: Callable[[], Awaitable[None]]) -> None:
    await server.answers.wait()
    await started()


@asynccontextmanager
async def open_process(
    services: Sequence[Service], settings: Settings, own: Mapping[str, ServiceSettings] = MappingProxyType({})
) -> AsyncIterator[Process]:
    """Build the services of one process. At the end of the block everything is closed, in reverse order.

    `own`: the services' own settings, by service; by default those of the environment. Raises MountClash.
    """
    owners_of(services)
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        broker = open_broker(settings.broker_url, settings.data_dir)
        stack.push_async_callback(broker.close)
        await broker.start()
        if settings.broker_url is None:
            await broker.create_topics(TOPIC_SPECS)
        keys_database = Database(settings.database_url("keys"))
        stack.push_async_callback(keys_database.close)
        keys = SqlKeyDirectory(keys_database, clock)
        members, precedence, shares = [], Precedence(), Shares(settings, clock)
        people = open_people(settings, clock)
        for service in services:
            member = build_member(
                service, settings, clock, keys, broker, own.get(service.name), precedence, shares, people, keys_database
            )
            if member.platform.plumbing is not None:
                stack.push_async_callback(member.platform.database.close)
            # Behind a dispatcher the lifespan of an application does not run by itself.
            await stack.enter_async_context(member.parts.app.router.lifespan_context(member.parts.app))
            members.append(member)
        auditing = Auditing(settings, clock, keys_database, _chains(members))
        stack.push_async_callback(auditing.close)
        process = _assemble(settings, members, keys, keys_database, broker, auditing)
        await process.prerequisites.look()
        yield process


def _assemble(
    settings: Settings,
    members: Sequence[Member],
    keys: SqlKeyDirectory,
    keys_database: Database,
    broker: Broker,
    auditing: Auditing,
) -> Process:
    supervisors = [Supervisor(one.service.name, _workers(one), one.platform.workers) for one in members]
    of_keys = Supervisor(KEYS, {"endings": keys.endings.run, "use": keys.use.run}, {})
    databases = {name: database for name, (database, _) in _databases(members).items()} | {KEYS: keys_database}
    prerequisites = _prerequisites(members, keys_database, broker)
    vital: dict[str, Check] = {f"database {name}": answers(db.check) for name, db in databases.items()}
    vital["prerequisites"] = are_there(prerequisites)
    vital["workers"] = workers_run([*supervisors, of_keys])
    apps = {member.service.name: member.parts.app for member in members}
    permissions = permissions_of(member.service for member in members)
    progresses = [one.platform.progress for one in members]
    consumers = ConsumersOfProcess(progresses, members[0].platform.clock, lambda: prerequisites.missing)
    operations = operations_app(apps, vital, {"broker": answers(broker.check)}, consumers, permissions)
    owners = {path: apps[service.name] for path, service in owners_of(m.service for m in members).items()}
    dispatcher = Dispatcher(owners, operations, lambda: prerequisites.missing, RESERVED)
    large = LargeBodies(one for member in members for one in member.parts.large_bodies)
    answering = Audited(Turns(dispatcher, _callers(members[0].platform), large), auditing.trail)
    app = around(answering, max_body_bytes=settings.max_body_bytes, cors_origins=settings.cors_origins, large=large)
    # The audit's workers are in no readiness: what they cannot do must not stop a warning.
    audits = [Supervisor(f"audit of {one.service.name}", one.parts.audit_workers, {}) for one in members]
    of_directory = [of_keys, Supervisor("audit", auditing.workers(), {}), *audits]
    return Process(settings, members, keys, prerequisites, supervisors, of_directory, app)


def _chains(members: Sequence[Member]) -> list[Chains]:
    """The chains of the services' records in this process."""
    return [
        Chains(member.service.chains, member.platform.database)
        for member in members
        if member.service.chains is not None
    ]


def _callers(platform: Platform) -> Callable[[str], Awaitable[Principal | None]]:
    """Who is behind a key or a token. It is not said what is wrong with one: that is `web.access`'s."""

    async def caller(token: str) -> Principal | None:
        if platform.people is not None and is_signed(token):
            return await platform.people.principal(token)
        return await platform.keys.principal(token)

    return caller


def _prerequisites(members: Sequence[Member], keys_database: Database, broker: Broker) -> Prerequisites:
    names = {member.service.name for member in members}
    topics = [topic.name for topic in TOPICS if names & {*topic.producers, *topic.consumers}]
    return Prerequisites({KEYS: (keys_database, KEYS_MIGRATIONS), **_databases(members)}, broker, topics)


def _databases(members: Sequence[Member]) -> dict[str, tuple[Database, Path]]:
    """The databases of the services that have one, each with the folder of its migrations."""
    folders = migrations_of(member.service for member in members)
    return {
        member.service.name: (member.platform.database, folders[member.service.name])
        for member in members
        if member.service.name in folders
    }


def _workers(member: Member) -> Mapping[str, Worker]:
    """A service's own workers, its relay, its housekeeping and its heartbeat."""
    shared = {} if member.platform.plumbing is None else _shared_workers(member.platform, member.service.name)
    return {**shared, **member.parts.workers}


def _shared_workers(platform: Platform, name: str) -> dict[str, Worker]:
    settings = platform.settings
    relay = Relay(
        service=name,
        database=platform.database,
        broker=platform.broker,
        outbox=platform.outbox,
        feed=platform.feed,
        clock=platform.clock,
        poll_seconds=settings.relay_poll_seconds,
        turn=platform.precedence.after,
    )
    housekeeping = Housekeeping(
        service=name,
        database=platform.database,
        clock=platform.clock,
        feed_days=settings.feed_retention_days,
        idempotency_hours=settings.idempotency_hours,
    )
    workers: dict[str, Worker] = {
        "relay": relay.run,
        "housekeeping": housekeeping.run,
        "stored-bytes": platform.stored.run,
    }
    if name in HEARTBEATS.producers:
        heartbeat = Heartbeat(
            service=name,
            database=platform.database,
            outbox=platform.outbox,
            progress=platform.progress,
            clock=platform.clock,
        )
        workers["heartbeat"] = heartbeat.run
    if platform.database.dialect == "postgresql":
        # The relay of another replica may publish.
        workers["feed"] = lambda: platform.feed.watch(settings.relay_poll_seconds)
    return workers
