"""Who hears what of a revision, and how severe it is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from clearway_alerts.domain.alert import DecisionKind as Decided
from clearway_alerts.domain.alert import Told, decide, what_matters
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.news import stands, why_no_first_alert
from clearway_alerts.domain.severity import certainty, expires_at, headline, severity, urgency
from clearway_contracts.vocabulary import (
    AlertKind,
    Category,
    Certainty,
    ClearanceState,
    HazardState,
    InfoCredibility,
    Outcome,
    Severity,
    Status,
    Urgency,
)

NOW = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
Make = Callable[..., IncidentView]


@pytest.mark.parametrize(
    ("changes", "warns"),
    [
        ({"hazard_state": HazardState.ACTIVE, "latest": NOW - timedelta(days=900)}, True),
        ({"hazard_state": HazardState.SUSPECTED, "latest": NOW - timedelta(days=900)}, True),
        ({"hazard_state": HazardState.MARKED, "latest": NOW - timedelta(days=900)}, True),
        ({"hazard_state": HazardState.NONE, "latest": NOW - timedelta(hours=72)}, True),
        ({"hazard_state": HazardState.NONE, "latest": NOW - timedelta(hours=73)}, False),
        ({"hazard_state": HazardState.UNKNOWN, "latest": NOW - timedelta(days=900)}, False),
        ({"status": Status.RETRACTED}, False),
        ({"status": Status.MERGED}, False),
        ({"status": Status.CLOSED}, False),
        ({"category": Category.NOT_EXPLOSIVE}, False),
    ],
)
def test_an_import_warns_of_a_danger_or_of_news(make: Make, changes: dict[str, object], warns: bool) -> None:
    assert (why_no_first_alert(make(is_imported=True, **changes), NOW, 72) is None) is warns


@pytest.mark.parametrize("category", sorted(set(Category) - {Category.NOT_EXPLOSIVE}))
@pytest.mark.parametrize("hazard", [HazardState.UNKNOWN, HazardState.NONE])
def test_what_a_person_reports_warns_however_long_ago_it_was_seen(
    make: Make, hazard: HazardState, category: Category
) -> None:
    seen = make(hazard_state=hazard, category=category, latest=NOW - timedelta(days=10))
    assert why_no_first_alert(seen, NOW, 72) is None


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        *(({"hazard_state": state}, state in {"active", "suspected", "marked"}) for state in HazardState),
        *(({"status": status}, status not in {"retracted", "merged", "closed"}) for status in Status),
        ({"category": Category.NOT_EXPLOSIVE}, False),
    ],
)
def test_a_hazard_stands_until_it_is_cleared_or_the_incident_ends(
    make: Make, changes: dict[str, object], standing: bool
) -> None:
    assert stands(make(**changes)) is standing


@pytest.mark.parametrize("status", [Status.RETRACTED, Status.MERGED, Status.CLOSED])
def test_what_a_person_reports_of_an_incident_that_ended_warns_nobody(make: Make, status: Status) -> None:
    assert why_no_first_alert(make(status=status), NOW, 72) == f"the incident is {status}"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Severity.SEVERE),
        ({"killed_high": 1}, Severity.EXTREME),
        ({"killed_high": 1, "hazard_state": HazardState.NONE}, Severity.SEVERE),
        ({"injured_high": 2}, Severity.SEVERE),
        ({"injured_high": 2, "hazard_state": HazardState.CLEARED}, Severity.MODERATE),
        ({"hazard_state": HazardState.SUSPECTED}, Severity.MODERATE),
        ({"hazard_state": HazardState.UNKNOWN}, Severity.MODERATE),
        ({"hazard_state": HazardState.CLEARED}, Severity.MINOR),
        ({"hazard_state": HazardState.NONE, "outcome": Outcome.DETONATED}, Severity.MODERATE),
        ({"hazard_state": HazardState.NONE, "outcome": Outcome.HOAX}, Severity.MINOR),
    ],
)
def test_severity(make: Make, changes: dict[str, object], expected: Severity) -> None:
    assert severity(make(**changes)) is expected


@pytest.mark.parametrize(
    ("state", "hours", "expected"),
    [
        (HazardState.ACTIVE, 6, Urgency.IMMEDIATE),
        (HazardState.ACTIVE, 7, Urgency.EXPECTED),
        (HazardState.ACTIVE, 25, Urgency.FUTURE),
        (HazardState.MARKED, 1, Urgency.EXPECTED),
        (HazardState.CLEARED, 0, Urgency.PAST),
        (HazardState.UNKNOWN, 25, Urgency.UNKNOWN),
    ],
)
def test_urgency(make: Make, state: HazardState, hours: int, expected: Urgency) -> None:
    assert urgency(make(hazard_state=state, latest=NOW - timedelta(hours=hours)), NOW) is expected


def test_certainty_follows_the_credibility_and_every_alert_expires(make: Make) -> None:
    words = [certainty(make(credibility=grade)) for grade in InfoCredibility]
    assert words == [
        Certainty.OBSERVED, Certainty.LIKELY, Certainty.POSSIBLE, Certainty.UNLIKELY, Certainty.UNLIKELY,
        Certainty.UNKNOWN,
    ]  # fmt: skip
    assert all(expires_at(make(hazard_state=state), NOW, timedelta(days=7)) > NOW for state in HazardState)


def told(incident: IncidentView, kind: AlertKind = AlertKind.ISSUED, *, matched: bool = True) -> Told:
    return Told(UUID(int=1), 1, kind, matched, incident)


def decided(incident: IncidentView, before: Told | None, *, matches: bool = True) -> Decided:
    return decide(incident, before, matches=matches, now=NOW, news_hours=72).kind


def test_the_life_of_a_warning(make: Make) -> None:
    first = make()
    assert decided(first, None) is Decided.ISSUED
    assert decided(first, None, matches=False) is Decided.OUTSIDE
    assert decided(make(revision=2, status=Status.VERIFIED), told(first)) is Decided.NO_MATTER
    assert decided(make(revision=2, credibility=InfoCredibility.CONFIRMED), told(first)) is Decided.UPDATED
    assert decided(make(revision=2, hazard_state=HazardState.CLEARED), told(first)) is Decided.DOWNGRADED
    moved = make(revision=3, latitude=17.027)
    assert decided(moved, told(first), matches=False) is Decided.UPDATED
    assert (
        decided(make(revision=4, latitude=17.04), told(moved, AlertKind.UPDATED, matched=False), matches=False)
        is Decided.OUTSIDE
    )
    assert decided(first, told(moved, AlertKind.UPDATED, matched=False)) is Decided.UPDATED


CLAIMED = {"clearance": ClearanceState.CLAIMED}
CLEARED = {"clearance": ClearanceState.CONFIRMED, "hazard_state": HazardState.CLEARED}


def test_a_claimed_clearance_is_told_and_downgrades_nothing(make: Make) -> None:
    decision = decide(make(revision=2, **CLAIMED), told(make()), matches=True, now=NOW, news_hours=72)
    assert (decision.kind, decision.reason) == (Decided.UPDATED, "changed: reported cleared, not confirmed")
    fell = decide(make(revision=3), told(make(revision=2, **CLAIMED)), matches=True, now=NOW, news_hours=72)
    assert (fell.kind, fell.reason) == (Decided.UPDATED, "changed: no longer reported cleared")
    assert decided(make(revision=3, **CLEARED), told(make(revision=2, **CLAIMED))) is Decided.DOWNGRADED


def test_the_headline_says_how_sure_a_clearance_is(make: Make) -> None:
    assert "active, reported cleared, not confirmed near" in headline(make(**CLAIMED))
    assert "cleared near" in headline(make(**CLEARED))
    assert "cleared, by one person near" in headline(make(**CLEARED, by_one_person=True))
    reasons = what_matters(make(), make(**CLEARED, by_one_person=True), NOW)
    assert "cleared, by one person" in reasons


def test_a_verification_that_is_taken_back_is_told(make: Make) -> None:
    back = make(revision=2, status=Status.UNDER_REVIEW, taken_back=True)
    decision = decide(back, told(make()), matches=True, now=NOW, news_hours=72)
    assert (decision.kind, decision.reason) == (Decided.UPDATED, "changed: verified no longer, back under review")
    assert decided(make(revision=3, status=Status.UNDER_REVIEW), told(back)) is Decided.NO_MATTER


@pytest.mark.parametrize("matches", [True, False])
@pytest.mark.parametrize("was_inside", [True, False])
@pytest.mark.parametrize("status", [Status.RETRACTED, Status.MERGED])
def test_a_subscription_that_was_warned_hears_of_the_end(
    make: Make, status: Status, was_inside: bool, matches: bool
) -> None:
    assert (
        decided(make(revision=2, status=status), told(make(), matched=was_inside), matches=matches) is Decided.CANCELLED
    )


def test_closing_ends_a_warning_only_when_nothing_is_there_any_more(make: Make) -> None:
    over = make(revision=2, status=Status.CLOSED, hazard_state=HazardState.CLEARED)
    assert decided(over, told(make())) is Decided.CANCELLED
    assert decided(make(revision=2, status=Status.CLOSED), told(make())) is Decided.UPDATED


def test_after_a_cancellation_the_next_is_a_first_alert_again(make: Make) -> None:
    assert decided(make(revision=3), told(make(), AlertKind.CANCELLED)) is Decided.ISSUED
    gone = make(revision=3, status=Status.RETRACTED)
    assert decided(gone, told(make(), AlertKind.CANCELLED)) is Decided.NOT_NEWS


def test_the_passing_of_time_alone_does_not_matter(make: Make) -> None:
    later = NOW + timedelta(days=2)
    assert what_matters(make(), make(revision=2), later) == []


@pytest.mark.parametrize(
    ("changes", "matters"),
    [
        ({"latitude": 17.0004}, False),
        ({"latitude": 17.0006}, True),
        ({"uncertainty_m": 140}, False),
        ({"uncertainty_m": 160}, True),
    ],
)
def test_a_move_matters_beyond_its_uncertainty(make: Make, changes: dict[str, float], matters: bool) -> None:
    assert (what_matters(make(), make(**changes), NOW) == ["place"]) is matters
