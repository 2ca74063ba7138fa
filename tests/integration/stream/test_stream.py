"""Streams: what a client missed comes first, nothing twice, nothing of another mission, and a gap is told."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import UNLIMITED, Ceiling
from clearway_platform.messaging.cursors import Cursors
from clearway_platform.messaging.feed import FeedEntry
from clearway_platform.messaging.housekeeping import Housekeeping
from clearway_platform.web.stream.client import QUEUE_BYTES, TAKE_BYTES
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.replays import AT_ONCE_PER_KEY, Replays
from clearway_platform.web.stream.session import SCAN_POSITIONS
from clearway_platform.web.stream.views import as_published
from clearway_platform.web.stream.wire import PING
from clearway_testing.manual_clock import ManualClock
from clearway_testing.metrics import sample
from clearway_testing.plumbing import Plumbing, eventually, plumb, running
from clearway_testing.recording_log import RecordingLog

from .following import Event, Follower, events_in, following

NOT_OF_OURS = "monusco"


async def publish(plumbing: Plumbing, *numbers: int, mission: str = "unmas") -> None:
    await plumbing.publish(*numbers, route=uuid4(), mission=mission)
    await plumbing.relay(RecordingLog()).drain()


def ids(cursors: Cursors, *positions: int) -> list[str]:
    return [cursors.event_id("unmas", position) for position in positions]


def position_of(cursors: Cursors, event: Event) -> int | None:
    return cursors.position("unmas", event.id)


def behind() -> float:
    return sample("clearway_stream_behind_total", stream="routes")


@pytest.fixture
def hub(plumbing: Plumbing) -> Hub:
    return Hub(plumbing.feed, "routes", as_published)


async def test_a_live_client_gets_each_event_once_and_none_of_another_mission(plumbing: Plumbing, hub: Hub) -> None:
    async with running(hub.run), following(hub) as follower:
        await follower.until("event: cursor")
        await publish(plumbing, 1, 2)
        await publish(plumbing, 3, mission=NOT_OF_OURS)
        await publish(plumbing, 4)
        await follower.until_events(3)
        assert follower.ids() == ids(hub.cursors, 1, 2, 4)


async def test_a_stream_begins_with_an_id_before_anything_happened(plumbing: Plumbing, hub: Hub) -> None:
    """So a client that has had no event comes back with a cursor, and what happened in between is sent."""
    async with running(hub.run):
        async with following(hub) as follower:
            [first] = events_in(await follower.until("\n\n"))
        assert (position_of(hub.cursors, first), first.type) == (0, "cursor")
        assert first.data == {"stream": "routes", "cursor": first.id}
        await publish(plumbing, 1)
        async with following(hub, first.id) as again:
            assert [event.id for event in await again.until_events(1)] == ids(hub.cursors, 1)


async def test_a_cursor_brings_what_was_missed_and_then_goes_live(plumbing: Plumbing, hub: Hub) -> None:
    await publish(plumbing, 1, 2, 3)
    cursors = await plumbing.feed.cursors()
    async with running(hub.run), following(hub, cursors.event_id("unmas", 1)) as follower:
        await follower.until_events(2)
        await publish(plumbing, 4)
        await follower.until_events(3)
        assert follower.ids() == ids(cursors, 2, 3, 4)


async def test_events_published_while_a_client_catches_up_come_once_and_in_order(plumbing: Plumbing, hub: Hub) -> None:
    await publish(plumbing, *range(1, 21))
    cursors = await plumbing.feed.cursors()
    async with running(hub.run), following(hub, cursors.event_id("unmas", 0)) as follower:
        for number in range(21, 41):
            await publish(plumbing, number)
        await follower.until_events(40)
        assert follower.ids() == ids(cursors, *range(1, 41))


@pytest.mark.parametrize("which", ["of a release before", "too far", "of another mission", "nonsense"])
async def test_a_cursor_that_cannot_be_resumed_is_told_and_can_be_gone_on_from(
    plumbing: Plumbing, hub: Hub, which: str
) -> None:
    await publish(plumbing, 1)
    cursors = await plumbing.feed.cursors()
    others = cursors.event_id(NOT_OF_OURS, 1)
    given = {
        "of a release before": "abcdefabcdef-1",
        "too far": cursors.event_id("unmas", 99),
        "of another mission": others,
    }
    async with running(hub.run), following(hub, given.get(which, which)) as follower:
        [first] = events_in(await follower.until("\n\n"))
        assert (first.type, position_of(cursors, first), first.data["snapshot"]) == ("resync", 1, "/v1/routes")
        await publish(plumbing, 2)
        await follower.until(f"id: {cursors.event_id('unmas', 2)}\n")


async def test_a_cursor_behind_what_is_kept_is_told(database_url: str, clock: ManualClock) -> None:
    plumbing = await plumb(database_url, clock)
    keeping = Housekeeping(service="test", database=plumbing.database, clock=clock, feed_days=1, idempotency_hours=72)
    await publish(plumbing, 1, 2)
    clock.advance(timedelta(days=2))
    await keeping.sweep()
    await publish(plumbing, 3)
    hub = Hub(plumbing.feed, "routes", as_published)
    cursors = await plumbing.feed.cursors()
    async with running(hub.run):
        async with following(hub, cursors.event_id("unmas", 1)) as late:
            [resync] = await late.until_events(1)
            assert (resync.type, position_of(cursors, resync)) == ("resync", 3)
        async with following(hub, cursors.event_id("unmas", 2)) as in_time:
            assert [event.id for event in await in_time.until_events(1)] == ids(cursors, 3)
    await plumbing.database.close()


async def test_a_client_that_stops_reading_holds_little_and_goes_on_without_a_gap(plumbing: Plumbing, hub: Hub) -> None:
    """While others are served, and it is neither dropped nor told to resync."""
    total = 2000
    async with running(hub.run), following(hub) as slow, following(hub) as quick:
        await slow.until("event: cursor")
        await quick.until("event: cursor")
        slow.reads.clear()
        before = behind()
        for begin in range(0, total, 500):
            await publish(plumbing, *range(begin, begin + 500))
        await quick.until_events(total)
        assert behind() == before + 1
        assert slow.client.bytes_waiting <= QUEUE_BYTES
        assert slow.held <= TAKE_BYTES
        slow.reads.set()
        await slow.until_events(total)
        assert slow.ids() == quick.ids() == ids(hub.cursors, *range(1, total + 1))


async def test_a_batch_of_any_size_drops_no_client_that_reads(plumbing: Plumbing, hub: Hub) -> None:
    before = behind()
    async with running(hub.run), following(hub) as first, following(hub) as second:
        await first.until("event: cursor")
        await second.until("event: cursor")
        await publish(plumbing, *range(1, 501))
        await first.until_events(500)
        await second.until_events(500)
    assert behind() == before


async def test_types_select(plumbing: Plumbing, hub: Hub) -> None:
    await publish(plumbing, 1)
    cursors = await plumbing.feed.cursors()
    risk, routes = frozenset({"route.risk_changed"}), frozenset({"route.registered"})
    async with running(hub.run):
        async with following(hub, cursors.event_id("unmas", 0), types=risk) as wanted:
            assert [event.id for event in await wanted.until_events(1)] == ids(cursors, 1)
        async with following(hub, cursors.event_id("unmas", 0), types=routes) as unwanted:
            await unwanted.until_cursors(2)
            await publish(plumbing, 2)
            await eventually(lambda: _reached(hub, 2))
            assert unwanted.events() == []


async def _reached(hub: Hub, position: int) -> bool:
    return hub.position == position


async def test_the_cursor_moves_past_what_was_not_for_the_client(plumbing: Plumbing, hub: Hub) -> None:
    """Else the cursor of a quiet filter, which it keeps over its connections, would fall out of what is kept."""
    await publish(plumbing, *range(1, SCAN_POSITIONS + 51), mission=NOT_OF_OURS)
    cursors = await plumbing.feed.cursors()
    async with running(hub.run), following(hub, cursors.event_id("unmas", 0)) as follower:
        await follower.until_cursors(2)
        assert [position_of(cursors, event) for event in events_in(follower.text)] == [0, SCAN_POSITIONS + 50]


async def test_what_other_missions_publish_shows_in_nothing(plumbing: Plumbing, hub: Hub) -> None:
    """A client that comes back again and again would count it by what differs."""
    async with running(hub.run):
        async with following(hub) as follower:
            [last] = await follower.until_cursors(1)
        seen = []
        for number in (0, 1, SCAN_POSITIONS + 1):
            if number:
                await publish(plumbing, *range(number), mission=NOT_OF_OURS)
            async with following(hub, last.id) as again:
                first, last = await again.until_cursors(2)
                await publish(plumbing, 1)
                await again.until_events(1)
                seen.append([(event.type, len(event.id)) for event in events_in(again.text)])
            assert len({first.id, last.id}) == 2
            last = again.events()[-1]
    assert seen == [[("cursor", 40), ("cursor", 40), ("route.risk_changed", 40)]] * 3


async def test_a_client_that_goes_while_it_is_told_its_place_leaves_the_hub(plumbing: Plumbing, hub: Hub) -> None:
    await publish(plumbing, 1, mission=NOT_OF_OURS)
    cursors = await plumbing.feed.cursors()
    async with running(hub.run):
        async with following(hub, cursors.event_id("unmas", 0), stops_after=1):
            await eventually(lambda: _has_clients(hub))
        assert not await _has_clients(hub)


async def _has_clients(hub: Hub) -> bool:
    return hub.client_count > 0


async def test_an_open_stream_is_counted_for_its_mission_also_while_it_catches_up(plumbing: Plumbing, hub: Hub) -> None:
    await publish(plumbing, 1)
    cursors = await plumbing.feed.cursors()
    before = sample("clearway_stream_clients", stream="routes")
    async with running(hub.run), following(hub), following(hub, mission=NOT_OF_OURS):
        async with following(hub, cursors.event_id("unmas", 0), stops_at="id: ") as follower:
            await eventually(lambda: _is_held(follower))
            assert (hub.clients_of("unmas"), hub.clients_of(NOT_OF_OURS)) == (2, 1)
            assert sample("clearway_stream_clients", stream="routes") == before + 3
        assert (hub.clients_of("unmas"), hub.clients_of(NOT_OF_OURS)) == (1, 1)
    assert (hub.clients_of("unmas"), sample("clearway_stream_clients", stream="routes")) == (0, before)


async def _is_held(follower: Follower) -> bool:
    return not follower.reads.is_set()


async def test_pings_are_comments_that_end_no_event(plumbing: Plumbing, hub: Hub) -> None:
    async with running(hub.run), following(hub, ping_seconds=0.05) as follower:
        await follower.until(3 * PING.decode())
        await publish(plumbing, 1)
        await follower.until_events(1)
        await follower.until("\n\n" + 3 * PING.decode())
        assert follower.text.count("\n\n") == 2


async def test_a_hub_that_failed_and_runs_again_leaves_no_gap(plumbing: Plumbing, hub: Hub) -> None:
    async with following(hub) as follower:
        async with running(hub.run):
            await follower.until("event: cursor")
        await publish(plumbing, 1, 2)
        async with running(hub.run):
            await publish(plumbing, 3)
            await follower.until_events(3)
    assert follower.ids() == ids(hub.cursors, 1, 2, 3)


async def test_a_closed_stream_ends_after_what_was_sent(plumbing: Plumbing, hub: Hub) -> None:
    async with running(hub.run), following(hub) as follower:
        await follower.until("event: cursor")
        hub.close()
        assert follower.client.closing
        async with following(hub) as late:
            await late.until("event: cursor")
            await eventually(lambda: _closing(late))


async def _closing(follower: Follower) -> bool:
    return follower.client.closing


async def test_few_clients_of_one_key_read_the_database_at_once(plumbing: Plumbing, hub: Hub) -> None:
    """The others wait their turn, and another key goes before them."""
    replays = Replays()
    entered = asyncio.Semaphore(0)
    leave = asyncio.Event()

    async def read(principal: str) -> None:
        async with replays.turn(principal):
            entered.release()
            await leave.wait()

    tasks = [asyncio.create_task(read("one")) for _ in range(2 * AT_ONCE_PER_KEY)]
    for _ in range(AT_ONCE_PER_KEY):
        await entered.acquire()
    await asyncio.sleep(0)
    assert entered.locked()
    other = asyncio.create_task(read("other"))
    async with asyncio.timeout(20):
        await entered.acquire()
    leave.set()
    await asyncio.gather(*tasks, other)


async def test_a_read_of_the_feed_ends_with_the_event_that_fills_it(plumbing: Plumbing) -> None:
    await publish(plumbing, *range(1, 11))
    one = len((await plumbing.feed.after("unmas", 0, 1))[0].json)

    async def positions(max_bytes: int) -> list[int]:
        return [entry.position for entry in await plumbing.feed.after("unmas", 2, 100, max_bytes=max_bytes)]

    assert await positions(1) == [3]
    assert await positions(one) == [3]
    assert await positions(3 * one) == [3, 4, 5]
    assert len(await positions(100 * one)) == 8


async def test_what_is_handed_over_is_bounded_by_its_size(plumbing: Plumbing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearway_platform.messaging.feed.FRESH_CHARACTERS", 1000)
    with plumbing.feed.subscribe() as grown:
        grown.take(0)
        entry = FeedEntry(1, uuid4(), "unmas", "route.risk_changed", "", plumbing.clock.now(), "x" * 600)
        grown.add([entry])
        assert grown.take(0) == [entry]
        grown.add([entry])
        grown.add([entry])
        assert grown.take(0) is None


def _without_place(data: Mapping[str, Any], ceiling: Ceiling) -> Mapping[str, Any] | None:
    """Events of odd numbers are above every ceiling but the highest; at TLP clear the others lose their risk."""
    if data["risk"]["expected_events"] % 2:
        return None
    return data if ceiling.tlp is Tlp.AMBER else {**data, "risk": None}


async def test_each_ceiling_sees_its_own_view_live_and_missed(plumbing: Plumbing) -> None:
    """The same from the database as from the hub; what is not seen moves the cursor on, and leaves no gap."""
    hub = Hub(plumbing.feed, "routes", _without_place)
    amber = Ceiling(Tlp.AMBER, Classification.UNCLASSIFIED, None)
    clear = Ceiling(Tlp.CLEAR, Classification.UNCLASSIFIED, None)
    async with running(hub.run):
        await hub.started.wait()
        beginning = hub.cursors.place("unmas", 0)
        async with (
            following(hub, ceiling=UNLIMITED) as all_of_it,
            following(hub, ceiling=amber) as some,
            following(hub, ceiling=clear) as less,
        ):
            for follower in (all_of_it, some, less):
                await follower.until("event: cursor")
            await publish(plumbing, 1, 2, 3, 4)
            live = [await all_of_it.until_events(4), await some.until_events(2), await less.until_events(2)]
        missed = []
        for ceiling, number in ((UNLIMITED, 4), (amber, 2), (clear, 2)):
            async with following(hub, beginning, ceiling=ceiling) as late:
                missed.append(await late.until_events(number))
    assert missed == live
    assert [position_of(hub.cursors, event) for event in live[1]] == [2, 4]
    assert [event.data["risk"] for event in live[2]] == [None, None]
    assert all(event.data["risk"] for event in live[1])
