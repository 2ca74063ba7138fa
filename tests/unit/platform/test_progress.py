"""How far a consumer says that it is."""

from datetime import UTC, datetime, timedelta

from clearway_platform.log.base import TopicPartition
from clearway_platform.messaging.progress import Progress

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
