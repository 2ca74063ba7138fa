"""The alerts service's parts on a real database, and a receiver that a test can make as bad as it likes."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiohttp import web
from fastapi import FastAPI
from sqlalchemy import RowMapping, Table, select, update

from clearway_alerts.api import alerts as alerts_api
from clearway_alerts.api import deliveries, inspection, previews, sources, subscriptions
from clearway_alerts.api.dependencies import Wiring
from clearway_alerts.channels.base import AttemptResult, Channel
from clearway_alerts.channels.registry import Channels
from clearway_alerts.channels.stream.channel import StreamChannel
from clearway_alerts.channels.webhook.addresses import allowed_networks
from clearway_alerts.channels.webhook.channel import WebhookChannel
from clearway_alerts.commands.acknowledge import Acknowledge
from clearway_alerts.commands.deliveries import Deliveries
from clearway_alerts.commands.sources import Sources
from clearway_alerts.commands.subscription_quota import SubscriptionQuota
from clearway_alerts.commands.subscriptions import Changes, Subscriptions
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.renewal import Validity
from clearway_alerts.filter_form import FilterForm
from clearway_alerts.main import STORAGE
from clearway_alerts.outbound.challenges import Challenges
from clearway_alerts.outbound.hosts import Hosts
from clearway_alerts.outbound.leases import Lease, Room, lease_due
from clearway_alerts.outbound.owners import Owners
from clearway_alerts.outbound.queue import Queue
from clearway_alerts.outbound.results import Attempt, Recorded, record
from clearway_alerts.outbound.worker import DeliveryWorker
from clearway_alerts.policy.facts import Stage
from clearway_alerts.policy.stages import Policy, stages
from clearway_alerts.queries.preview import Previews
from clearway_alerts.settings import AlertsSettings
from clearway_alerts.storage.tables import SUBSCRIPTION
from clearway_alerts.warning.issuing import Issuing
from clearway_alerts.warning.pipeline import Pipeline, Revision
from clearway_alerts.warning.renewals import Renewals
from clearway_alerts.warning.silences import Silences
from clearway_alerts.warning.standing_hazards import StandingHazards
from clearway_alerts.warning.watchlist import Watchlist
from clearway_contracts.vocabulary import (
    Category,
    Classification,
    HazardState,
    InfoCredibility,
    Outcome,
    SourceReliability,
    Status,
    Tlp,
)
from clearway_platform.auth.principals import Principal, Role
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Database, Transaction
from clearway_platform.heavy import HeavyWork
from clearway_platform.limiting.shares import Shares
from clearway_platform.limiting.stored import StoredBytes
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.settings import Settings
from clearway_platform.web.app import create_app
from clearway_testing.contract import hold_against_contract
from clearway_testing.key_ends import KnownEndings
from clearway_testing.manual_clock import ManualClock

OWNER = Principal(id="key-1", name="convoy", mission="unmix", role=Role.SUBSCRIBER)
ANSWER_WITHIN = timedelta(seconds=2)
ALLOWED = allowed_networks(["127.0.0.0/8"])
CIRCLE = {"type": "circle", "center": {"type": "Point", "coordinates": [-1.0, 17.0]}, "radius_m": 1000}
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Service:
    """The parts that the tests drive."""

    database: Database
    clock: ManualClock
    channels: Channels
    policy: Policy
    pipeline: Pipeline
    subscriptions: Subscriptions
    queue: Queue
    worker: DeliveryWorker
    standing: StandingHazards
    renewals: Renewals
    challenges: Challenges
    silences: Silences
    endings: KnownEndings
    owners: Owners

    def new_worker(self) -> DeliveryWorker:
        hosts = Hosts(0, self.clock)
        return DeliveryWorker(self.database, self.clock, self.channels, self.policy, hosts, self.endings)

    def new_issuing(self, issuing: type[Issuing] = Issuing) -> Issuing:
        return issuing(Outbox(self.clock), Queue(self.policy, self.channels, self.new_worker(), self.clock))

    def new_pipeline(self) -> Pipeline:
        return new_pipeline(self.new_issuing(), self.clock)

    def new_standing(self, issuing: type[Issuing] = Issuing) -> StandingHazards:
        return new_standing(self.database, self.new_issuing(issuing), self.clock)

    def new_silences(self, issuing: type[Issuing] = Issuing) -> Silences:
        return new_silences(self.database, self.new_issuing(issuing), self.clock)

    def new_renewals(self) -> Renewals:
        return new_renewals(self.database, self.new_issuing(), self.clock)

    async def lease(self, limit: int = 10) -> list[Lease]:
        """What a worker would lease now, for 20 seconds."""
        room = Room(limit, timedelta(seconds=20))
        async with self.database.of_every_mission("a test").write() as transaction:
            return (await lease_due(transaction, self.channels, room, self.clock.now())).leases

    async def record(self, leases: Iterable[Lease], result: AttemptResult) -> Recorded:
        """What each attempt gave."""
        now = self.clock.now()
        async with self.database.of_every_mission("a test").write() as transaction:
            attempts = [Attempt(lease, result, now, 0.5) for lease in leases]
            return await record(transaction, self.policy, attempts, now)

    async def subscribe(
        self,
        url: str | None = None,
        area: dict[str, Any] = CIRCLE,
        owner: Principal = OWNER,
        *,
        proved: bool = True,
        **more: Any,
    ) -> RowMapping:
        """A subscription whose endpoint has answered its challenge, unless it is not to be `proved`."""
        chosen = FilterForm.model_validate({"area": area, **more})
        channel = self.channels.read({"type": "webhook", "url": url} if url else {"type": "stream"})
        async with self.database.of_every_mission("a test").write() as transaction:
            wanted = Changes(filter=chosen, channel=channel)
            made = await self.subscriptions.create(transaction, owner, "convoy", wanted)
            if url and proved:
                await self._prove(transaction, made)
            return made

    async def _prove(self, transaction: Transaction, made: RowMapping) -> None:
        now = self.clock.now()
        answered = {"challenged_url": made["url"], "challenge_attempts": 1, "challenged_at": now, "proved_at": now}
        proof = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == made["id"]).values(answered)
        await transaction.connection.execute(proof)

    async def warn(self, *incidents: IncidentView) -> None:
        """Revisions that are handled in one transaction."""
        async with self.database.of_every_mission("a test").write() as transaction:
            await self.pipeline.warn(transaction, revisions(*incidents))

    async def rows(self, table: Table, *order: str) -> list[Any]:
        async with self.database.of_every_mission("a test").read() as connection:
            query = select(table).order_by(*(table.c[name] for name in order))
            return list((await connection.execute(query)).mappings())


def revisions(*incidents: IncidentView) -> list[Revision]:
    """As events bring them."""
    return [Revision(incident, new_id()) for incident in incidents]


def new_pipeline(issuing: Issuing, clock: ManualClock) -> Pipeline:
    heavy = HeavyWork("warnings")
    watchlist = Watchlist(issuing.queue.channels, heavy)
    return Pipeline(watchlist, issuing, clock, news_hours=72, validity=Validity(), heavy=heavy)


def new_standing(database: Database, issuing: Issuing, clock: ManualClock) -> StandingHazards:
    channels, heavy = issuing.queue.channels, HeavyWork("looking")
    return StandingHazards(database, issuing, channels, clock, validity=Validity(), heavy=heavy)


def new_renewals(database: Database, issuing: Issuing, clock: ManualClock) -> Renewals:
    heavy = HeavyWork("warnings")
    watchlist = Watchlist(issuing.queue.channels, heavy)
    return Renewals(database, watchlist, issuing, clock, validity=Validity(), heavy=heavy)


def new_silences(database: Database, issuing: Issuing, clock: ManualClock) -> Silences:
    watchlist = Watchlist(issuing.queue.channels, HeavyWork("warnings"))
    return Silences(database, watchlist, issuing, clock)


@pytest.fixture
def scripts_run() -> Path:
    """A fresh database has the tables of the service."""
    return STORAGE.migrations


@pytest.fixture
def extra_channels() -> list[Channel]:
    """What a test registers beside the webhook and the stream."""
    return []


@pytest.fixture
def extra_stages() -> list[Stage]:
    """What a test adds to the end of the policy."""
    return []


@pytest.fixture
def answer_within() -> timedelta:
    """How long a webhook may take to answer."""
    return ANSWER_WITHIN


@asynccontextmanager
async def service(
    url: str,
    clock: ManualClock,
    extra_channels: Sequence[Channel] = (),
    extra_stages: Sequence[Stage] = (),
    answer_within: timedelta = ANSWER_WITHIN,
    host_attempts: int = 0,
) -> AsyncIterator[Service]:
    database = Database(url)
    webhook = WebhookChannel(clock, allowed=ALLOWED, timeout=answer_within)
    channels, policy = Channels([webhook, StreamChannel(), *extra_channels]), Policy([*stages(), *extra_stages])
    endings = KnownEndings(clock)
    worker = DeliveryWorker(database, clock, channels, policy, Hosts(host_attempts, clock), endings)
    queue = Queue(policy, channels, worker, clock)
    issuing = Issuing(Outbox(clock, check=hold_against_contract), queue)
    standing, renewals = new_standing(database, issuing, clock), new_renewals(database, issuing, clock)
    challenges = Challenges(database, clock, channels)

    def look() -> None:
        standing.wake()
        challenges.wake()

    quota = SubscriptionQuota.from_settings(AlertsSettings())
    subscriptions = Subscriptions(clock, channels, queue, quota, look, endings)
    pipeline = new_pipeline(issuing, clock)
    silences = new_silences(database, issuing, clock)
    yield Service(
        database,
        clock,
        channels,
        policy,
        pipeline,
        subscriptions,
        queue,
        worker,
        standing,
        renewals,
        challenges,
        silences,
        endings,
        Owners(database, clock, policy, endings),
    )
    await database.close()
    await connections_ended()


@pytest.fixture
def host_attempts() -> int:
    """How many messages a mission may send to a host in a minute; 0: any number."""
    return 0


@pytest.fixture
async def alerts(
    database_url: str,
    clock: ManualClock,
    extra_channels: list[Channel],
    extra_stages: list[Stage],
    answer_within: timedelta,
    host_attempts: int,
) -> AsyncIterator[Service]:
    async with service(database_url, clock, extra_channels, extra_stages, answer_within, host_attempts) as found:
        yield found


@pytest.fixture
async def postgres_alerts(postgres_url: str, clock: ManualClock) -> AsyncIterator[Service]:
    """Where transactions run beside each other."""
    async with service(postgres_url, clock) as found:
        yield found


@pytest.fixture
def report(clock: ManualClock) -> Callable[..., IncidentView]:
    """An active IED at 1°W 17°N; the fields that are given differ."""
    return lambda **changes: replace(_incident(clock.now()), **changes)


def _incident(now: datetime) -> IncidentView:
    return IncidentView(
        mission="unmix",
        incident_id=UUID("01890000-0000-7000-8000-000000000001"),
        revision=1,
        exercise=False,
        status=Status.REPORTED,
        category=Category.IED,
        outcome=Outcome.FOUND_NOT_CLEARED,
        hazard_state=HazardState.ACTIVE,
        longitude=-1.0,
        latitude=17.0,
        uncertainty_m=50.0,
        place_name="Ansongo",
        earliest=now,
        latest=now,
        occurred_at=now,
        killed_high=0,
        injured_high=0,
        reliability=SourceReliability.B,
        credibility=InfoCredibility.PROBABLY_TRUE,
        tlp=Tlp.GREEN,
        classification=Classification.UNCLASSIFIED,
    )


@dataclass
class Receiver:
    """A webhook's other end: it keeps what it gets, and answers as `answer` says."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answer: Answering | None = None
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.StreamResponse:
        async with self.arrived:
            self.got.append((dict(request.headers), await request.read()))
            self.arrived.notify_all()
        return await self.answer(request) if self.answer else web.Response(status=204)

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(20), self.arrived:
            await self.arrived.wait_for(lambda: len(self.got) >= count)


@pytest.fixture
async def new_receiver() -> AsyncIterator[Callable[[], Awaitable[Receiver]]]:
    runners: list[web.AppRunner] = []

    async def start() -> Receiver:
        receiver = Receiver()
        app = web.Application()
        app.router.add_post("/hook", receiver.take)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        return receiver

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def receiver(new_receiver: Callable[[], Awaitable[Receiver]]) -> Receiver:
    return await new_receiver()


async def connections_ended() -> None:
    """A worker that is cancelled leaves a SQLite connection to end in its own thread: before the loop closes."""
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Until it holds, looking again and again; the test fails after 20 seconds."""
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - what is waited for is a row of the database
            await asyncio.sleep(0.02)


@pytest.fixture
def until() -> Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]:
    return eventually


@pytest.fixture
async def delivering(alerts: Service) -> AsyncIterator[DeliveryWorker]:
    """The service's own worker, running."""
    task = asyncio.create_task(alerts.worker.run())
    yield alerts.worker
    assert not task.done(), task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Keys:
    """A token is `name-role-mission`. The name is the key's id."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        """The token of each key that is found by its id."""

    async def principal_of(self, key_id: str) -> Principal | None:
        return await self.principal(self.tokens.get(key_id, ""))

    async def principal(self, token: str) -> Principal | None:
        name, _, rest = token.partition("-")
        role, _, mission = rest.partition("-")
        return Principal(id=name, name=name, mission=mission, role=Role(role)) if mission else None


class ApiPlatform:
    """As much of the platform as the API asks for."""

    def __init__(self, service: Service, keys: Keys) -> None:
        self.database = service.database
        self.clock = service.clock
        self.keys = keys
        self.shares = Shares(Settings(), service.clock)
        self.stored = StoredBytes(service.database, 0)
        self.people = None


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
async def client(alerts: Service, keys: Keys) -> AsyncIterator[httpx.AsyncClient]:
    platform: Any = ApiPlatform(alerts, keys)
    app: FastAPI = create_app(title="alerts", description="", platform=platform)
    sending = Deliveries(alerts.queue)
    acknowledge = Acknowledge(Outbox(alerts.clock), alerts.clock)
    app.state.wiring = Wiring(
        alerts.subscriptions,
        sending,
        acknowledge,
        Sources(alerts.clock, alerts.silences.wake),
        Previews(alerts.database, alerts.clock, validity=Validity(), news_hours=72, heavy=HeavyWork("previews")),
        72,
        HeavyWork("requests"),
        alerts.channels,
    )
    for part in (alerts_api, subscriptions, previews, deliveries, inspection, sources):
        app.include_router(part.router)
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": "Bearer ann-subscriber-unmix"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client
