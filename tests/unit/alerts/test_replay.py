"""What would have been told in a time that has passed is decided by the rules that warn."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from clearway_alerts.domain.alert import DecisionKind
from clearway_alerts.domain.areas import Circle
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.matching import Index, watch_of
from clearway_alerts.domain.replay import Handled, Replayed, Rules, replayed
from clearway_alerts.domain.subscription import Filter
from clearway_contracts.vocabulary import HazardState, Status

Make = Callable[..., IncidentView]
BEGIN = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = Rules(BEGIN, BEGIN + 30 * DAY, news_hours=72, danger_stands=7 * DAY)
FAR = 18.0


def replay(history: Sequence[Handled], rules: Rules = RULES) -> Replayed:
    watch = watch_of(UUID(int=1), Filter(Circle((-1.0, 17.0), 1000)))
    assert watch
    [found] = replayed(Index([watch]), [history], rules)
    return found


def kinds(found: Replayed) -> list[DecisionKind]:
    return [one.decision.kind for one in found.decided]


def test_each_revision_is_decided_on_after_what_was_told_before(make: Make) -> None:
    found = replay(
        [
            Handled(make(), BEGIN + DAY),
            Handled(make(revision=2), BEGIN + 2 * DAY),
            Handled(make(revision=3, hazard_state=HazardState.MARKED), BEGIN + 3 * DAY),
            Handled(make(revision=4, status=Status.RETRACTED), BEGIN + 4 * DAY),
        ]
    )
    assert kinds(found) == [
        DecisionKind.ISSUED,
        DecisionKind.NO_MATTER,
        DecisionKind.DOWNGRADED,
        DecisionKind.CANCELLED,
    ]
    assert not found.stands


def test_what_never_matches_is_not_decided_on(make: Make) -> None:
    assert kinds(replay([Handled(make(latitude=FAR), BEGIN + DAY)])) == []


def test_what_stood_at_the_beginning_is_known_and_not_counted(make: Make) -> None:
    found = replay([Handled(make(), BEGIN - 90 * DAY), Handled(make(revision=2, latitude=FAR), BEGIN + DAY)])
    assert kinds(found) == [DecisionKind.UPDATED]
    assert not found.stands


def test_what_ended_before_the_beginning_is_new_when_it_comes_back(make: Make) -> None:
    cleared = make(hazard_state=HazardState.CLEARED)
    found = replay([Handled(cleared, BEGIN - DAY), Handled(make(revision=2), BEGIN + 29 * DAY)])
    assert kinds(found) == [DecisionKind.ISSUED]


def test_a_hazard_that_stands_is_renewed_before_its_alert_expires(make: Make) -> None:
    found = replay([Handled(make(), BEGIN)])
    assert kinds(found) == [DecisionKind.RENEWED] * 4
    first = found.decided[0]
    assert first.at == BEGIN + 7 * DAY - timedelta(hours=1)
    assert found.stands


def test_nothing_is_renewed_once_it_has_ended_or_left(make: Make) -> None:
    for change in ({"status": Status.RETRACTED}, {"latitude": FAR}):
        found = replay([Handled(make(), BEGIN), Handled(make(revision=2, **change), BEGIN + DAY)])
        assert DecisionKind.RENEWED not in kinds(found)


def test_an_imported_past_is_no_news(make: Make) -> None:
    old = make(is_imported=True, hazard_state=HazardState.UNKNOWN, latest=BEGIN - 30 * DAY)
    assert kinds(replay([Handled(old, BEGIN + DAY)])) == [DecisionKind.NOT_NEWS]
