"""The status of a service, on both databases: what it counts, for whom, and what it does not claim to know."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from clearway_contracts.heartbeats import EVERY_MISSION, HeartbeatState, ServiceBeat
from clearway_contracts.topics import INCIDENTS
from clearway_platform.auth.ceilings import UNLIMITED
from clearway_platform.auth.principals import Principal, Role
from clearway_platform.clock import Clock, SystemClock, new_id
from clearway_platform.database.engines import Database
from clearway_platform.limiting.shares import Shares
from clearway_platform.log.base import Broker, BrokerUnavailable, Message, TopicPartition
from clearway_platform.log.embedded.broker import EmbeddedBroker
from clearway_platform.messaging.dead_letters import DeadLetters
from clearway_platform.messaging.progress import HELD, Progress
from clearway_platform.process import supervision
from clearway_platform.process.runtime import TOPIC_SPECS
from clearway_platform.process.supervision import Supervisor
from clearway_platform.settings import Settings
from clearway_platform.version import VERSION
from clearway_platform.web.app import create_app
from clearway_platform.web.status import LATE, status_router
from clearway_platform.web.stream.client import Client, Selection
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.views import as_published
from clearway_testing.manual_clock import ManualClock
from clearway_testing.plumbing import Plumbing, eventually, message_of, plumb, record_of, running

PATH = "/v1/test-status"
CONSUMER = "analytics"
RECORD_KEY = b"incident"


class Keys:
    async def principal(self, token: str) -> Principal | None:
        role, _, mission = token.partition("-")
        return Principal(id=token, name=token, mission=mission, role=Role(role))


@dataclass(frozen=True, slots=True)
class Platform:
    """As much of the platform as the API asks for."""

    database: Database
    clock: Clock
    dead_letters: DeadLetters
    broker: Broker
    keys: Keys = field(default_factory=Keys)
    shares: Shares = field(default_factory=lambda: Shares(Settings(), SystemClock()))
    progress: Progress = field(default_factory=Progress)
    workers: dict[str, str | None] = field(default_factory=dict)
    people: None = None


@pytest.fixture
async def plumbing(database_url: str, clock: ManualClock) -> AsyncIterator[Plumbing]:
    made = await plumb(database_url, clock)
    yield made
    await made.database.close()


@pytest.fixture
async def platform(plumbing: Plumbing, tmp_path: Path) -> AsyncIterator[Platform]:
    broker = EmbeddedBroker(tmp_path / "log.db")
    await broker.start()
    await broker.create_topics(TOPIC_SPECS)
    yield Platform(plumbing.database, plumbing.clock, plumbing.dead_letters, broker)
    await broker.close()


@pytest.fixture
def hub(plumbing: Plumbing) -> Hub:
    return Hub(plumbing.feed, "tests", as_published)


@pytest.fixture
async def client(platform: Platform, hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    parts: Any = platform
    app = create_app(title="tests", description="", platform=parts)
    app.include_router(status_router(parts, PATH, hub))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def status(client: httpx.AsyncClient, mission: str = "unmas", role: str = "operator") -> dict[str, Any]:
    answer = await client.get(PATH, headers={"Authorization": f"Bearer {role}-{mission}"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def consumer_of(client: httpx.AsyncClient) -> dict[str, Any]:
    [found] = (await status(client))["consumers"]
    return dict(found)


def text_of(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


async def test_a_service_at_rest_says_so(client: httpx.AsyncClient, clock: ManualClock) -> None:
    started = clock.now()
    clock.advance(timedelta(hours=3))
    assert await status(client) == {
        "mission": "unmas",
        "version": VERSION,
        "running_since": text_of(started),
        "workers": [],
        "outbox": {"waiting": 0, "oldest_seconds": None},
        "consumers": [],
        "dead_letters": 0,
        "stream_clients": 0,
    }


@pytest.mark.parametrize("role", ["reporter", "verifier", "analyst", "subscriber"])
async def test_it_is_for_operators(client: httpx.AsyncClient, role: str) -> None:
    answer = await client.get(PATH, headers={"Authorization": f"Bearer {role}-unmas"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    assert await status(client, role="admin")


async def test_what_waits_to_be_published_is_ones_own_and_the_services(
    client: httpx.AsyncClient, plumbing: Plumbing, clock: ManualClock
) -> None:
    await plumbing.publish(1, 2, route=uuid4(), mission="monusco")
    clock.advance(timedelta(seconds=60))
    assert (await status(client))["outbox"] == {"waiting": 0, "oldest_seconds": None}
    await plumbing.publish(3, route=uuid4())
    clock.advance(timedelta(seconds=30))
    assert (await status(client))["outbox"] == {"waiting": 1, "oldest_seconds": 30}
    await beat(plumbing)
    assert (await status(client))["outbox"] == {"waiting": 2, "oldest_seconds": 30}
    assert (await status(client, "monusco"))["outbox"] == {"waiting": 3, "oldest_seconds": 90}


async def beat(plumbing: Plumbing) -> None:
    now = plumbing.clock.now()
    state = HeartbeatState(service="tests", instance=new_id(), at=now, consumers=())
    data = ServiceBeat(mission=EVERY_MISSION, service="tests", heartbeat=state)
    event = plumbing.outbox.event(data, subject="tests", source="/clearway/tests", occurred=now)
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        await plumbing.outbox.add_apart(transaction, [event])


async def test_dead_letters_that_wait_are_counted_for_their_mission(
    client: httpx.AsyncClient, plumbing: Plumbing
) -> None:
    letters = []
    for number, mission in enumerate(("unmas", "unmas", "monusco")):
        record = record_of(message_of(plumbing.event(number, route=uuid4(), mission=mission)), offset=number)
        async with plumbing.database.of_every_mission("a test").write() as transaction:
            letters.append(await plumbing.dead_letters.add(transaction, CONSUMER, record, ValueError("no"), 5))
    assert (await status(client))["dead_letters"] == 2
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        await plumbing.dead_letters.discard(transaction, letters[0], "a test")
    assert (await status(client))["dead_letters"] == 1
    assert (await status(client, "monusco"))["dead_letters"] == 1


async def test_stream_clients_are_counted_for_their_mission(client: httpx.AsyncClient, hub: Hub) -> None:
    selections = [Selection(mission, UNLIMITED) for mission in ("unmas", "unmas", "monusco")]
    first, second, theirs = (hub.following(Client(selection, "reader")) for selection in selections)
    with first, theirs:
        with second:
            assert (await status(client))["stream_clients"] == 2
        assert (await status(client))["stream_clients"] == 1
        assert (await status(client, "monusco"))["stream_clients"] == 1
    assert (await status(client))["stream_clients"] == 0


async def test_a_worker_that_failed_says_why_until_it_is_started_again(
    client: httpx.AsyncClient, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def works() -> None:
        await asyncio.Event().wait()

    async def breaks() -> None:
        raise ConnectionError("away")

    async def is_said() -> bool:
        broken = {"worker": "breaks", "runs": False, "problem": "ConnectionError"}
        sound = {"worker": "works", "runs": True, "problem": None}
        return bool((await status(client))["workers"] == [broken, sound])

    monkeypatch.setattr(supervision, "FIRST_PAUSE_SECONDS", 3600.0)
    async with running(Supervisor("tests", {"works": works, "breaks": breaks}, platform.workers).run):
        await eventually(is_said)


async def test_a_consumer_says_how_far_it_is(client: httpx.AsyncClient, platform: Platform, clock: ManualClock) -> None:
    platform.progress.joined(CONSUMER)
    at_rest = {"consumer": CONSUMER, "waits": False, "handled_until": text_of(clock.now()), "absent_since": None}
    assert await consumer_of(client) == at_rest
    await platform.broker.publish([Message(INCIDENTS.name, RECORD_KEY, b"{}")] * 3)
    platform.progress.working_on(CONSUMER, TopicPartition(INCIDENTS.name, 0), clock.now() - LATE)
    assert await consumer_of(client) == at_rest, "by what lasts a moment a mission could count the events of others"
    published = clock.now() - timedelta(minutes=9)
    platform.progress.working_on(CONSUMER, TopicPartition(INCIDENTS.name, 0), published)
    assert await consumer_of(client) == at_rest | {"waits": True, "handled_until": text_of(published)}


async def test_a_consumer_that_fetches_nothing_of_what_waits_says_so(
    client: httpx.AsyncClient, platform: Platform, clock: ManualClock
) -> None:
    platform.progress.joined(CONSUMER)
    await platform.broker.publish([Message(INCIDENTS.name, RECORD_KEY, b"{}")])
    platform.progress.held(CONSUMER, TopicPartition(INCIDENTS.name, 0), clock.now())
    assert (await consumer_of(client))["waits"] is False
    clock.advance(HELD)
    assert (await consumer_of(client))["waits"] is True


async def test_a_process_that_does_not_consume_says_so_and_reads_the_broker(
    client: httpx.AsyncClient, platform: Platform, clock: ManualClock
) -> None:
    """Another process may consume, or none: that something is left to do is known, and not how old it is."""
    left = clock.now()
    platform.progress.left(CONSUMER, left)
    await platform.broker.publish([Message(INCIDENTS.name, RECORD_KEY, b"{}")] * 3)
    clock.advance(timedelta(minutes=5))
    assert await consumer_of(client) == {
        "consumer": CONSUMER,
        "waits": True,
        "handled_until": None,
        "absent_since": text_of(left),
    }


async def test_without_the_broker_nobody_knows_how_far_a_consumer_is(
    client: httpx.AsyncClient, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise BrokerUnavailable("cut off")

    platform.progress.joined(CONSUMER)
    monkeypatch.setattr(platform.broker, "committed", away)
    assert await consumer_of(client) == {
        "consumer": CONSUMER,
        "waits": None,
        "handled_until": None,
        "absent_since": None,
    }
