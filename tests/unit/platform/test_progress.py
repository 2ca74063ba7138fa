"""How far a consumer says that it is."""

from datetime import UTC, datetime, timedelta

from clearway_platform.log.base import TopicPartition
from clearway_platform.messaging.progress import HELD, Progress, Standing
from clearway_testing.manual_clock import ManualClock

NOW = datetime(2026, 3, 14, 4, 10, tzinfo=UTC)
FIRST, SECOND = TopicPartition("incidents.v1", 0), TopicPartition("incidents.v1", 1)


def test_a_member_with_nothing_in_hand_has_handled_everything() -> None:
    progress = Progress()
    progress.left("alerts", NOW - timedelta(hours=1))
    assert progress.handled_until(NOW) == {"alerts": NOW - timedelta(hours=1)}
    progress.joined("alerts")
    assert progress.handled_until(NOW) == {"alerts": NOW}


def test_the_oldest_record_of_any_partition_counts_until_it_is_settled() -> None:
    progress = Progress()
    progress.joined("alerts")
    progress.working_on("alerts", FIRST, NOW - timedelta(minutes=9))
    progress.working_on("alerts", SECOND, NOW - timedelta(minutes=3))
    assert progress.handled_until(NOW) == {"alerts": NOW - timedelta(minutes=9)}
    progress.done_with("alerts", FIRST)
    assert progress.handled_until(NOW) == {"alerts": NOW - timedelta(minutes=3)}


def test_who_left_counts_from_the_first_moment_without_it() -> None:
    progress = Progress()
    progress.joined("alerts")
    progress.left("alerts", NOW - timedelta(minutes=9))
    progress.left("alerts", NOW - timedelta(minutes=3))
    assert progress.handled_until(NOW) == {"alerts": NOW - timedelta(minutes=9)}


def test_a_consumer_is_idle_until_its_group_has_it_and_again_when_it_leaves() -> None:
    progress = Progress()
    progress.left("alerts", NOW)
    assert progress.strangers() == {"alerts"}
    assert "joining its group, for 3 s" in progress.idle(NOW + timedelta(seconds=3))["alerts"]
    progress.joined("alerts")
    assert (progress.idle(NOW), progress.strangers()) == ({}, frozenset())
    progress.left("alerts", NOW)
    assert progress.idle(NOW).keys() == {"alerts"}
    assert progress.strangers() == frozenset(), "it was a member, and an upgrade does not wait for it again"


def test_what_is_not_awaited_is_idle_and_no_stranger() -> None:
    progress = Progress()
    progress.left("incidents", NOW)
    progress.not_awaited("incidents")
    assert progress.strangers() == frozenset()
    assert progress.idle(NOW).keys() == {"incidents"}


def test_a_partition_is_held_when_events_wait_and_none_is_settled(clock: ManualClock) -> None:
    progress = Progress()
    standing = Standing("alerts", progress, clock)
    standing.joined()
    standing.look({FIRST: 3, SECOND: 3}, settled=[SECOND])
    clock.advance(HELD)
    standing.look({FIRST: 3, SECOND: 3}, settled=[SECOND])
    said = progress.idle(clock.now())["alerts"]
    assert f"nothing of {FIRST.topic} partition {FIRST.partition} was handled for 15 s" in said
    standing.look({FIRST: 2, SECOND: 0}, settled=[FIRST])
    assert progress.idle(clock.now()) == {}
    standing.look({FIRST: 2, SECOND: 0}, settled=[])
    clock.advance(HELD)
    standing.look({FIRST: 0, SECOND: 0}, settled=[])
    assert progress.idle(clock.now()) == {}, "nothing waits"


def test_what_was_held_is_another_members_after_a_rebalance(clock: ManualClock) -> None:
    progress = Progress()
    standing = Standing("alerts", progress, clock)
    standing.joined()
    standing.look({FIRST: 3}, settled=[])
    clock.advance(HELD)
    standing.left()
    standing.joined()
    assert progress.idle(clock.now()) == {}
