"""The relay: everything committed is published, in order, and has its place in the feed."""

import asyncio
from collections import defaultdict
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from clearway_contracts.codec import decode
from clearway_contracts.topics import DEAD_LETTERS
from clearway_platform.log.base import BrokerError, BrokerUnavailable, Message, MessageTooLarge
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.messaging.relay.batch import BatchLimit
from clearway_testing.plumbing import Plumbing, eventually, message_of, number_of, plumb, running
from clearway_testing.recording_log import RecordingLog


def numbers(messages: list[Message]) -> dict[UUID, list[int]]:
    """The published numbers of each route, in order, without repeats of an event."""
    found: dict[UUID, list[int]] = defaultdict(list)
    seen = set()
    for message in messages:
        event = decode(message.key, message.value, message.headers)
        assert event is not None
        if event.envelope.id not in seen:
            seen.add(event.envelope.id)
            found[UUID(event.envelope.subject)].append(number_of(event))
    return found


async def test_publishes_in_order_and_empties_the_outbox(plumbing: Plumbing) -> None:
    log, route = RecordingLog(), uuid4()
    await plumbing.publish(*range(25), route=route)
    assert await plumbing.relay(log, batch=BatchLimit(rows=10)).drain()
    assert numbers(log.messages) == {route: list(range(25))}
    assert await plumbing.waiting() == 0
    entries = await plumbing.feed.after("unmas", 0, 100)
    assert [entry.position for entry in entries] == list(range(1, 26))
    assert [entry.data["risk"]["expected_events"] for entry in entries] == list(range(25))


async def test_a_batch_ends_with_the_row_that_reaches_the_limit_of_bytes(plumbing: Plumbing) -> None:
    log, route = RecordingLog(), uuid4()
    events = await plumbing.publish(*range(7), route=route)
    size = len(message_of(events[0]).value or b"")
    assert await plumbing.relay(log, batch=BatchLimit(bytes=2 * size + 1)).drain()
    assert log.batches == [3, 3, 1]
    assert numbers(log.messages) == {route: list(range(7))}
    assert await plumbing.waiting() == 0


async def test_a_row_over_the_limit_of_bytes_is_a_batch_by_itself(plumbing: Plumbing) -> None:
    log = RecordingLog()
    await plumbing.publish(1, 2, route=uuid4())
    assert await plumbing.relay(log, batch=BatchLimit(bytes=1)).drain()
    assert log.batches == [1, 1]


async def test_a_commit_wakes_the_relay_long_before_it_would_look(plumbing: Plumbing) -> None:
    log = RecordingLog()
    async with running(plumbing.relay(log, poll_seconds=3600).run):
        with plumbing.feed.subscribe() as woken:
            for number in range(3):
                await plumbing.publish(number, route=uuid4())
                async with asyncio.timeout(20):
                    await woken.wait()
                woken.clear()
    assert len(log.messages) == 3


async def test_finds_what_another_process_committed(plumbing: Plumbing) -> None:
    log = RecordingLog()
    async with running(plumbing.relay(log).run):
        of_another_process = Outbox(plumbing.clock)
        async with plumbing.database.of_every_mission("a test").write() as transaction:
            await of_another_process.add(transaction, [plumbing.event(1, route=uuid4())])
        await eventually(lambda: _published(log, 1))


@pytest.mark.parametrize("refusal", [BrokerUnavailable("away"), MessageTooLarge("the log was made with a lower limit")])
async def test_a_log_that_is_away_stops_nothing_but_itself(plumbing: Plumbing, refusal: BrokerError) -> None:
    log, route = RecordingLog(), uuid4()
    log.refuse = refusal
    async with running(plumbing.relay(log).run):
        for number in range(5):
            await plumbing.publish(number, route=route)
        async with asyncio.timeout(20):
            await log.asked.wait()
        assert await plumbing.feed.after(None, 0, 10) == []
        log.refuse = None
        await eventually(lambda: _published(log, 5))
    assert numbers(log.messages) == {route: list(range(5))}


async def test_reports_are_accepted_while_the_log_is_slow(plumbing: Plumbing) -> None:
    log, route = RecordingLog(), uuid4()
    log.open.clear()
    async with running(plumbing.relay(log).run):
        await plumbing.publish(0, route=route)
        async with asyncio.timeout(20):
            await log.asked.wait()
        async with asyncio.timeout(20):
            await plumbing.publish(1, 2, route=route)
        log.open.set()
        await eventually(lambda: _published(log, 3))
    assert numbers(log.messages) == {route: [0, 1, 2]}


async def test_a_crash_after_the_acknowledgement_repeats_and_loses_nothing(plumbing: Plumbing) -> None:
    log, route = RecordingLog(), uuid4()
    await plumbing.publish(1, 2, route=route)
    log.crash = RuntimeError("power cut")
    with pytest.raises(RuntimeError, match="power cut"):
        await plumbing.relay(log).drain()
    assert await plumbing.waiting() == 2
    log.crash = None
    await plumbing.relay(log).drain()
    assert len(log.messages) == 4
    assert numbers(log.messages) == {route: [1, 2]}
    assert [entry.position for entry in await plumbing.feed.after(None, 0, 10)] == [1, 2]


async def test_two_relays_and_many_writers_keep_the_order_and_leave_no_gap(plumbing: Plumbing) -> None:
    log, routes = RecordingLog(), [uuid4() for _ in range(6)]

    async def write(route: UUID) -> None:
        for number in range(20):
            await plumbing.publish(number, route=route)

    relays = [plumbing.relay(log, batch=BatchLimit(rows=7)) for _ in range(2)]
    async with running(*(relay.run for relay in relays)):
        await asyncio.gather(*map(write, routes))
        await eventually(lambda: _empty(plumbing))
    assert numbers(log.messages) == {route: list(range(20)) for route in routes}
    entries = await plumbing.feed.after(None, 0, 1000)
    assert [entry.position for entry in entries] == list(range(1, 121))
    assert len({entry.event_id for entry in entries}) == 120


@pytest.mark.postgres
async def test_a_row_that_commits_late_is_not_lost(postgres_url: str) -> None:
    """Its number is below one that is published already: a reader of "all above the last" would never see it."""
    plumbing = await plumb(postgres_url)
    log, early, late = RecordingLog(), uuid4(), uuid4()
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        await plumbing.outbox.add(transaction, [plumbing.event(1, route=late)])
        await plumbing.publish(2, route=early)
        await plumbing.relay(log).drain()
        assert numbers(log.messages) == {early: [2]}
    await plumbing.relay(log).drain()
    assert numbers(log.messages) == {early: [2], late: [1]}
    assert [entry.subject for entry in await plumbing.feed.after(None, 0, 10)] == [str(early), str(late)]
    await plumbing.database.close()


@pytest.mark.postgres
async def test_only_one_relay_of_a_database_leads(postgres_url: str) -> None:
    plumbing = await plumb(postgres_url)
    log, other = RecordingLog(), RecordingLog()
    log.open.clear()
    await plumbing.publish(1, route=uuid4())
    leading = asyncio.create_task(plumbing.relay(log).drain())
    async with asyncio.timeout(20):
        await log.asked.wait()
    assert not await plumbing.relay(other).drain()
    log.open.set()
    assert await leading
    assert other.messages == []
    await plumbing.database.close()


async def test_what_is_no_event_of_the_service_stays_out_of_its_feed(plumbing: Plumbing) -> None:
    log = RecordingLog()
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        await plumbing.outbox.add_messages(transaction, [Message(DEAD_LETTERS.name, b"key", b"\xff", ())])
    await plumbing.publish(1, route=uuid4())
    await plumbing.relay(log).drain()
    assert len(log.messages) == 2
    assert [entry.position for entry in await plumbing.feed.after(None, 0, 10)] == [1]


async def test_numbers_are_not_given_twice(sqlite_url: str) -> None:
    """On SQLite too: a number reused after its row was published would break the order of what follows."""
    plumbing = await plumb(sqlite_url)
    await plumbing.publish(1, 2, route=uuid4())
    await plumbing.relay(RecordingLog()).drain()
    await plumbing.publish(3, route=uuid4())
    async with plumbing.database.of_every_mission("a test").read() as connection:
        assert (await connection.execute(text("SELECT id FROM outbox"))).scalar_one() == 3
    await plumbing.database.close()


async def _published(log: RecordingLog, count: int) -> bool:
    return len(log.messages) >= count


async def _empty(plumbing: Plumbing) -> bool:
    return await plumbing.waiting() == 0
