"""Where a mission's events stand: the tag changes with each event of the mission, published or not, and no other's."""

from datetime import timedelta
from typing import cast
from uuid import uuid4

from clearway_platform.log.base import Broker
from clearway_platform.messaging import standing
from clearway_platform.messaging.housekeeping import Housekeeping
from clearway_platform.messaging.standing import Standing, standing_of
from clearway_testing.manual_clock import ManualClock
from clearway_testing.plumbing import Plumbing, plumb
from clearway_testing.recording_log import RecordingLog


async def stands(plumbing: Plumbing, mission: str = "unmas") -> Standing:
    async with plumbing.database.of_every_mission("a test").read() as connection:
        return await standing_of(connection, await plumbing.feed.cursors(), mission, plumbing.clock.now())


async def position_of(plumbing: Plumbing, standing: Standing, mission: str = "unmas") -> int | None:
    return (await plumbing.feed.cursors()).position(mission, standing.cursor)


async def test_each_event_of_the_mission_changes_the_tag(database_url: str, clock: ManualClock) -> None:
    plumbing, route = await plumb(database_url, clock), uuid4()
    relay = plumbing.relay(cast(Broker, RecordingLog()))
    keeping = Housekeeping(service="test", database=plumbing.database, clock=clock, feed_days=30, idempotency_hours=72)
    seen = [await stands(plumbing)]
    for _ in range(2):
        await plumbing.publish(1, route=route)
        seen.append(await stands(plumbing))
        await relay.drain()
        seen.append(await stands(plumbing))
        assert await position_of(plumbing, seen[-1]) == await plumbing.feed.last_position()
        before = await stands(plumbing)
        await plumbing.publish(1, route=route, mission="other")
        assert (await stands(plumbing)).tag == before.tag
        await relay.drain()
        assert (await stands(plumbing)).tag == before.tag
    # One that is published and pruned while the client was away.
    for _ in range(2):
        await plumbing.publish(1, route=route)
        await relay.drain()
        clock.advance(timedelta(days=31))
        await keeping.sweep()
        seen.append(await stands(plumbing))
    assert len({one.tag for one in seen}) == len(seen)
    assert (await stands(plumbing, "other")).tag != seen[-1].tag
    await plumbing.database.close()


async def test_what_others_publish_and_prune_shows_in_nothing(database_url: str, clock: ManualClock) -> None:
    """Neither do two cursors tell whether anything came between them: each is another text."""
    plumbing = await plumb(database_url, clock)
    keeping = Housekeeping(service="test", database=plumbing.database, clock=clock, feed_days=1, idempotency_hours=72)
    relay = plumbing.relay(cast(Broker, RecordingLog()))
    seen = [await stands(plumbing), await stands(plumbing)]
    await plumbing.publish(1, route=uuid4(), mission="other")
    await relay.drain()
    seen.append(await stands(plumbing))
    assert len({one.cursor for one in seen}) == 3
    clock.advance(timedelta(days=2))
    tags = {(await stands(plumbing)).tag}
    await keeping.sweep()
    tags.add((await stands(plumbing)).tag)
    assert len({one.tag for one in seen}) == len(tags) == 1
    await plumbing.database.close()


async def test_too_many_that_wait_have_no_tag(database_url: str, clock: ManualClock) -> None:
    plumbing = await plumb(database_url, clock)
    await plumbing.publish(*range(standing.MOST_WAITING), route=uuid4())
    assert (await stands(plumbing)).tag is not None
    await plumbing.publish(1, route=uuid4())
    assert (await stands(plumbing)).tag is None
    await plumbing.database.close()
