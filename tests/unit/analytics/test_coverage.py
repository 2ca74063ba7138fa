"""By whom and when each stretch of a route was last verified."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clearway_analytics.domain.check import Check, CheckDraft, CheckKind, check_time, stretch_of
from clearway_analytics.domain.coverage import Verified, coverage, last_checked_at
from clearway_analytics.domain.route import Route
from clearway_platform.clock import new_id
from clearway_platform.refusals import Invalid

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


def check(start_m: float, end_m: float, days_ago: float, **changes: Any) -> Check:
    values: dict[str, Any] = {
        "mission": "unmis",
        "check_id": new_id(),
        "revision": 1,
        "route_id": new_id(),
        "kind": CheckKind.CLEARANCE,
        "start_m": start_m,
        "end_m": end_m,
        "at": NOW - timedelta(days=days_ago),
        "organisation": "Mine Action Centre",
        "way": "detector",
        "result": "nothing_found",
        "items_found": None,
        "note": "",
        "route_revision": 1,
        "line_digest": "a",
        "recorded_by": "k1",
        "recorded_at": NOW,
        "withdrawn": False,
        "reason": None,
    }
    return Check(**values | changes)


def shown(stretches: list[Verified]) -> list[tuple[float, float, int | None]]:
    return [(one.start_m, one.end_m, None if one.check is None else (NOW - one.check.at).days) for one in stretches]


def test_each_stretch_has_the_last_check_that_verified_it() -> None:
    newest_first = [check(5_000, 9_000, 1), check(0, 6_000, 3), check(8_000, 20_000, 10)]
    found = coverage(newest_first, 22_000)
    assert shown(found) == [
        (0, 5_000, 3),
        (5_000, 9_000, 1),
        (9_000, 20_000, 10),
        (20_000, 22_000, None),
    ]
    assert last_checked_at(found) is None


def test_a_route_is_verified_since_its_oldest_stretch_was() -> None:
    found = coverage([check(0, 14_000, 3), check(0, 22_000, 9)], 22_000)
    assert last_checked_at(found) == NOW - timedelta(days=9)
    assert last_checked_at(coverage([], 22_000)) is None


def test_a_difference_of_odometers_is_no_gap() -> None:
    assert last_checked_at(coverage([check(50, 21_950, 3)], 22_000)) == NOW - timedelta(days=3)


@pytest.mark.parametrize(
    "changes",
    [
        {"result": "found_not_cleared"},
        {"result": "incomplete"},
        {"withdrawn": True},
        {"kind": CheckKind.PASS, "result": "signs_seen"},
        {"kind": CheckKind.PASS, "result": "turned_back"},
        {"kind": CheckKind.PASS, "result": "incident"},
        {"kind": CheckKind.PASS, "result": "nothing_seen", "withdrawn": True},
    ],
)
def test_what_found_the_stretch_in_another_state_verifies_nothing(changes: dict[str, Any]) -> None:
    assert shown(coverage([check(0, 22_000, 1, **changes)], 22_000)) == [(0, 22_000, None)]


def test_a_pass_on_which_nothing_was_seen_verifies_and_clears_nothing() -> None:
    passed = check(0, 22_000, 1, kind=CheckKind.PASS, result="nothing_seen")
    assert (passed.verifies, passed.clears) == (True, False)


def route(length_m: float) -> Route:
    line = ((30.0, 5.0), (30.2, 5.0))
    return Route("unmis", new_id(), "Falcon", line, 500.0, length_m, 1, "k1", NOW, NOW, None)


def draft(from_km: float, to_km: float | None) -> CheckDraft:
    return CheckDraft(CheckKind.PASS, from_km, to_km, NOW, "Patrol 7", "patrol", "nothing_seen")


@pytest.mark.parametrize(
    ("from_km", "to_km", "stretch"),
    [(0, None, (0, 22_000)), (3, 14, (3_000, 14_000)), (3, 22.09, (3_000, 22_000))],
)
def test_a_stretch_is_within_the_route(from_km: float, to_km: float | None, stretch: tuple[float, float]) -> None:
    assert stretch_of(draft(from_km, to_km), route(22_000)) == stretch


@pytest.mark.parametrize(
    ("from_km", "to_km", "place"), [(3, 22.2, "to_km"), (14, 3, "from_km"), (3, 3, "from_km"), (22, None, "from_km")]
)
def test_a_stretch_that_the_route_does_not_have_is_refused(from_km: float, to_km: float | None, place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        stretch_of(draft(from_km, to_km), route(22_000))
    assert refusal.value.fault.place == place
    assert refusal.value.fault.remedy


def test_what_is_not_done_yet_is_refused() -> None:
    check_time(NOW + timedelta(minutes=4), NOW)
    with pytest.raises(Invalid, match="future"):
        check_time(NOW + timedelta(minutes=6), NOW)
