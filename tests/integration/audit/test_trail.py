"""What requests leave: bounded, also in a flood, and nothing is lost without a word."""

from __future__ import annotations

from datetime import timedelta

from clearway_platform.audit.chain import append
from clearway_platform.audit.reading import Wanted, records
from clearway_platform.audit.records import NO_MISSION, RecordKind
from clearway_platform.audit.trail import CAPACITY, DISTINCT, READ_AGAIN, WINDOW, Caller, Trail
from clearway_testing.manual_clock import ManualClock

from .conftest import Audit

OURS = Caller("unmix", "key", "request-1")


def everything(trail: Trail) -> list[tuple[str, str | None, dict[str, object]]]:
    found = []
    while taken := trail.take():
        found += [(str(entry.kind), entry.subject, dict(entry.detail)) for entry in taken]
    return found


def test_a_flood_of_denials_is_two_records(clock: ManualClock) -> None:
    trail = Trail(clock)
    for _ in range(10_000):
        trail.denied(OURS, "not_permitted", "GET /v1/keys")
    assert everything(trail) == [("request.denied", "not_permitted GET /v1/keys", {})]
    clock.advance(WINDOW)
    [(kind, subject, detail)] = everything(trail)
    assert (kind, subject, detail["repeats"]) == ("request.denied", "not_permitted GET /v1/keys", 9_999)
    assert everything(trail) == []


def test_denials_of_every_kind_are_bounded_too(clock: ManualClock) -> None:
    trail = Trail(clock)
    for number in range(5_000):
        trail.denied(Caller(NO_MISSION), "bad_key", f"GET /{number}")
    found = everything(trail)
    assert len(found) == DISTINCT + 1
    clock.advance(WINDOW)
    assert [detail["repeats"] for _, _, detail in everything(trail)] == [5_000 - DISTINCT - 1]


def test_one_mission_does_not_push_out_another(clock: ManualClock) -> None:
    trail = Trail(clock)
    trail.read_restricted(OURS, [f"incident {number}" for number in range(CAPACITY + 7)])
    trail.denied(Caller("other", "key"), "not_permitted", "GET /v1/keys")
    found = everything(trail)
    assert len([one for one in found if one[0] == "restricted.read"]) == CAPACITY
    assert ("audit.not_recorded", None, {"entries": 7}) in found
    assert ("request.denied", "not_permitted GET /v1/keys", {}) in found


def test_the_same_key_reads_the_same_thing_once_an_hour(clock: ManualClock) -> None:
    trail = Trail(clock)
    for _ in range(3):
        trail.read_restricted(OURS, ["incident 1"])
    trail.read_restricted(Caller("unmix", "another"), ["incident 1"])
    assert len(everything(trail)) == 2
    clock.advance(READ_AGAIN)
    trail.read_restricted(OURS, ["incident 1"])
    assert len(everything(trail)) == 1


def test_the_end_of_a_process_ends_every_window(clock: ManualClock) -> None:
    trail = Trail(clock)
    trail.exported(OURS, "stream of incidents")
    trail.exported(OURS, "stream of incidents")
    clock.advance(timedelta(seconds=1))
    trail.end()
    assert [detail.get("repeats") for _, _, detail in everything(trail)] == [None, 1]


async def test_records_are_listed_by_what_they_are_of(audit: Audit) -> None:
    trail = Trail(audit.clock)
    trail.denied(OURS, "not_permitted", "GET /v1/keys")
    trail.read_restricted(OURS, ["incident 1", "incident 2"])
    async with audit.database.of_every_mission("a test").write() as transaction:
        await append(transaction, trail.take())
    found = await records(audit.database, "unmix", Wanted(subject="incident 2"), before=None, limit=10)
    assert [(one.sequence, one.entry.kind, one.entry.request_id) for one in found] == [
        (3, RecordKind.RESTRICTED_READ, "request-1")
    ]
    found = await records(audit.database, "unmix", Wanted(actor="key"), before=3, limit=10)
    assert [one.sequence for one in found] == [2, 1]
    assert await records(audit.database, "other", Wanted(), before=None, limit=10) == []
