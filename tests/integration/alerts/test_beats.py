"""The relays and consumers of Clearway are heard by what each service says of itself."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from clearway_alerts.commands.sources import NewSource, Sources
from clearway_alerts.consumers.beats import BeatHandler
from clearway_alerts.storage.beats import ENDED_AFTER
from clearway_alerts.storage.tables import ALERT, WATCHED_SOURCE
from clearway_alerts.warning.hearing import Hearing
from clearway_contracts.heartbeats import EVERY_MISSION, ConsumerProgress, HeartbeatState, ServiceBeat
from clearway_contracts.vocabulary import SourceKind
from clearway_platform.auth.principals import Principal, Role
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow
from clearway_platform.messaging.heartbeat import Heartbeat
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.messaging.progress import Progress
from clearway_testing.contract import hold_against_contract

from .conftest import Service

HOUR = timedelta(hours=1)
OUTBOX = table_of(OutboxRow)


async def watch(alerts: Service, kind: SourceKind, mission: str = "unmix") -> None:
    principal = Principal(id="key-2", name="cell", mission=mission, role=Role.OPERATOR)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        wanted = NewSource("our own", kind, "analytics", HOUR)
        await Sources(alerts.clock, alerts.silences.wake).create(transaction, principal, wanted)


async def beat(alerts: Service, handled_until: datetime | None = None, instance: UUID | None = None) -> None:
    now = alerts.clock.now()
    consumers = (ConsumerProgress(consumer="analytics", handled_until=handled_until or now),)
    state = HeartbeatState(service="analytics", instance=instance or uuid4(), at=now, consumers=consumers)
    data = ServiceBeat(mission=EVERY_MISSION, service="analytics", heartbeat=state)
    event = Outbox(alerts.clock).event(data, subject="analytics", source="/test", occurred=now)
    hearing = Hearing(alerts.database, alerts.silences.wake)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await BeatHandler(hearing)(transaction, event)
    await hearing.write()


async def kinds(alerts: Service) -> list[str]:
    return [row["kind"] for row in await alerts.rows(ALERT, "id")]


async def minutes(alerts: Service, count: int, handled_until: datetime | None = None) -> None:
    """A beat in each minute, and the look for silence."""
    instance = uuid4()
    for _ in range(count):
        alerts.clock.advance(timedelta(minutes=1))
        await beat(alerts, handled_until, instance)
        await alerts.silences.look()


@pytest.mark.parametrize("kind", [SourceKind.RELAY, SourceKind.CONSUMER])
async def test_without_beats_it_is_silent_until_the_next_one(alerts: Service, kind: SourceKind) -> None:
    await alerts.subscribe()
    await watch(alerts, kind)
    await minutes(alerts, 70)
    assert await kinds(alerts) == []
    alerts.clock.advance(HOUR)
    await alerts.silences.look()
    assert await kinds(alerts) == ["issued"]
    alerts.clock.advance(ENDED_AFTER)
    await beat(alerts)
    await alerts.silences.look()
    assert await kinds(alerts) == ["issued", "cancelled"]


async def test_a_consumer_that_stands_still_is_silent_although_its_service_beats(alerts: Service) -> None:
    await alerts.subscribe()
    await watch(alerts, SourceKind.CONSUMER)
    await watch(alerts, SourceKind.RELAY)
    stuck = alerts.clock.now()
    await minutes(alerts, 59, stuck)
    assert await kinds(alerts) == []
    await minutes(alerts, 2, stuck)
    [alert] = await alerts.rows(ALERT)
    assert "the consumer our own" in alert["reason"]


async def test_a_consumer_is_as_far_as_the_slowest_of_its_processes(alerts: Service) -> None:
    await watch(alerts, SourceKind.CONSUMER)
    stuck, slow = alerts.clock.now(), uuid4()
    for _ in range(3):
        alerts.clock.advance(timedelta(minutes=1))
        await beat(alerts, stuck, slow)
        await beat(alerts)
    [row] = await alerts.rows(WATCHED_SOURCE)
    assert row["last_heard_at"] == stuck
    alerts.clock.advance(ENDED_AFTER + timedelta(seconds=1))
    await beat(alerts)
    [row] = await alerts.rows(WATCHED_SOURCE)
    assert row["last_heard_at"] == alerts.clock.now()


async def test_every_mission_hears_it(alerts: Service) -> None:
    await watch(alerts, SourceKind.RELAY)
    await watch(alerts, SourceKind.RELAY, mission="elsewhere")
    await minutes(alerts, 1)
    assert {row["last_heard_at"] for row in await alerts.rows(WATCHED_SOURCE)} == {alerts.clock.now()}


async def test_a_beat_is_one_row_that_enters_no_feed(alerts: Service) -> None:
    outbox, progress = Outbox(alerts.clock, check=hold_against_contract), Progress()
    progress.left("alerts", alerts.clock.now())
    heartbeat = Heartbeat(
        service="alerts", database=alerts.database, outbox=outbox, progress=progress, clock=alerts.clock
    )
    await heartbeat.beat()
    [row] = await alerts.rows(OUTBOX)
    assert (row["topic"], row["key"], row["event_id"]) == ("heartbeats.v1", b"alerts", None)
