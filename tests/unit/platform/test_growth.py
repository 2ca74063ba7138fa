"""What a feed hands over to those who follow it, and when it must be read instead."""

from datetime import UTC, datetime
from uuid import UUID

from clearway_platform.messaging.feed import FRESH_CHARACTERS, FeedEntry, Growth

AT = datetime(2026, 3, 1, tzinfo=UTC)


def entries(*positions: int, json: str = "{}") -> list[FeedEntry]:
    return [
        FeedEntry(position, UUID(int=position), "unmas", "route.risk_changed", "r", AT, json) for position in positions
    ]


def test_a_new_follower_reads_the_feed_first() -> None:
    growth = Growth()
    assert growth.take(0) is None
    assert growth.take(0) == []


def test_what_follows_without_a_gap_is_handed_over_once() -> None:
    growth = Growth()
    growth.take(0)
    growth.add(entries(1, 2))
    growth.add(entries(3))
    assert growth.is_set()
    assert growth.take(0) == entries(1, 2, 3)
    assert growth.take(3) == []


def test_what_was_read_already_is_left_out() -> None:
    growth = Growth()
    growth.take(0)
    growth.add(entries(1, 2, 3))
    assert growth.take(2) == entries(3)


def test_a_gap_sends_the_follower_to_the_feed() -> None:
    growth = Growth()
    growth.take(0)
    growth.add(entries(2))
    assert growth.take(0) is None
    growth.add(entries(3))
    growth.add(entries(5))
    assert growth.take(2) is None


def test_growth_by_another_process_sends_the_follower_to_the_feed() -> None:
    growth = Growth()
    growth.take(0)
    growth.add(entries(1))
    growth.add(None)
    growth.add(entries(3))
    assert growth.take(0) is None


def test_a_follower_that_does_not_come_back_holds_no_more_than_it_may() -> None:
    growth = Growth()
    growth.take(0)
    growth.add(entries(1, 2, 3, 4, json=" " * (FRESH_CHARACTERS // 4)))
    growth.add(entries(5))
    assert growth.take(0) is None
