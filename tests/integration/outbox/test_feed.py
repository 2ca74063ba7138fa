"""The feed: no gap that is not told, nothing of another mission, and waiters that are woken."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from clearway_platform.database.tables import FeedHead
from clearway_platform.messaging.cursors import is_cursor
from clearway_platform.messaging.feed import Feed, Pruned
from clearway_platform.messaging.housekeeping import Housekeeping
from clearway_testing.manual_clock import ManualClock
from clearway_testing.plumbing import Plumbing, plumb
from clearway_testing.recording_log import RecordingLog


async def test_a_mission_sees_its_own_events_only(plumbing: Plumbing) -> None:
    ours, theirs = uuid4(), uuid4()
    await plumbing.publish(1, route=ours, mission="unmas")
    await plumbing.publish(2, route=theirs, mission="monusco")
    await plumbing.publish(3, route=ours, mission="unmas")
    await plumbing.relay(RecordingLog()).drain()
    assert [entry.position for entry in await plumbing.feed.after("unmas", 0, 10)] == [1, 3]
    assert [entry.subject for entry in await plumbing.feed.after("monusco", 0, 10)] == [str(theirs)]
    assert await plumbing.feed.after("unmas", 3, 10) == []
    assert await plumbing.feed.last_position() == 3


async def test_types_and_limit_select(plumbing: Plumbing) -> None:
    await plumbing.publish(1, 2, 3, route=uuid4())
    await plumbing.relay(RecordingLog()).drain()
    assert len(await plumbing.feed.after("unmas", 0, 2)) == 2
    assert len(await plumbing.feed.after("unmas", 0, 10, types=["route.risk_changed"])) == 3
    assert await plumbing.feed.after("unmas", 0, 10, types=["route.registered"]) == []


async def test_an_entry_is_the_event_as_published(plumbing: Plumbing) -> None:
    (event,) = await plumbing.publish(7, route=uuid4())
    await plumbing.relay(RecordingLog()).drain()
    (entry,) = await plumbing.feed.after("unmas", 0, 10)
    assert (entry.event_id, entry.time, entry.mission) == (event.envelope.id, event.envelope.time, "unmas")
    assert entry.json == event.data.model_dump_json()


async def test_cursors_are_of_the_database_and_of_a_mission(plumbing: Plumbing) -> None:
    cursors, again = await plumbing.feed.cursors(), await Feed(plumbing.database).cursors()
    event_id, place = cursors.event_id("unmas", 7), cursors.place("unmas", 7)
    assert event_id == again.event_id("unmas", 7) != cursors.event_id("unmas", 8)
    assert place != cursors.place("unmas", 7), "equal ones would say that nothing came between"
    for cursor in (event_id, place):
        assert is_cursor(cursor)
        assert again.position("unmas", cursor) == 7
        assert cursors.position("monusco", cursor) is None
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(update(FeedHead).values(epoch="another"))
    restored = await Feed(plumbing.database).cursors()
    assert restored.position("unmas", event_id) is None, "positions after a backup are given again, to other events"


@pytest.mark.parametrize("text", ["0123abcdef-7", "A" * 40, "A" * 39 + "=", "é" * 40, "", "A" * 38])
async def test_what_was_not_given_out_is_no_position(plumbing: Plumbing, text: str) -> None:
    assert (await plumbing.feed.cursors()).position("unmas", text) is None


async def test_what_is_pruned_is_told_and_positions_go_on(database_url: str, clock: ManualClock) -> None:
    plumbing = await plumb(database_url, clock)
    keeping = Housekeeping(service="test", database=plumbing.database, clock=clock, feed_days=30, idempotency_hours=72)
    relay = plumbing.relay(RecordingLog())
    await plumbing.publish(1, 2, route=uuid4())
    await relay.drain()
    clock.advance(timedelta(days=20))
    await plumbing.publish(3, route=uuid4())
    await relay.drain()
    clock.advance(timedelta(days=11))
    await keeping.sweep()
    with pytest.raises(Pruned):
        await plumbing.feed.after("unmas", 1, 10)
    assert [entry.position for entry in await plumbing.feed.after("unmas", 2, 10)] == [3]
    clock.advance(timedelta(days=31))
    await keeping.sweep()
    with pytest.raises(Pruned):
        await plumbing.feed.after("unmas", 2, 10)
    await plumbing.publish(4, route=uuid4())
    await relay.drain()
    assert [entry.position for entry in await plumbing.feed.after("unmas", 3, 10)] == [4]
    await plumbing.database.close()


async def test_a_watcher_sees_what_another_process_published(plumbing: Plumbing) -> None:
    here = Feed(plumbing.database)
    watching = asyncio.create_task(here.watch(0.01))
    with here.subscribe() as woken:
        async with asyncio.timeout(20):
            await woken.wait()
            woken.clear()
            await plumbing.publish(1, route=uuid4())
            await plumbing.relay(RecordingLog()).drain()
            await woken.wait()
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
