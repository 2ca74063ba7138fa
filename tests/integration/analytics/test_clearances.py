"""Clearances and passes of a route: what they take out of its risk, and what stays on record."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from clearway_analytics.commands.record_checks import RecordChecks
from clearway_analytics.domain.check import Check, CheckDraft, CheckKind
from clearway_analytics.domain.errors import CheckWithdrawn, NoSuchClearance, NoSuchPass, NoSuchRoute, RouteRedrawn
from clearway_analytics.ledger import checks
from clearway_analytics.storage.tables import ROUTE_SUMS
from clearway_contracts.checks import ClearanceChange, PassChange
from clearway_contracts.routes import RouteRiskChanged
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.clock import new_id
from clearway_platform.refusals import StaleRevision

from .desk import MISSION, ROAD, Desk, analyst

FIGURES = ("expected_events", "low", "high", "effective_sample")
SEARCH = {"activity": "clearance", "outcome": "found_cleared", "hazard_state": "cleared"}


def drafted(desk: Desk, kind: CheckKind = CheckKind.CLEARANCE, *, days_ago: float = 0, **changes: Any) -> CheckDraft:
    way, result = ("detector", "nothing_found") if kind is CheckKind.CLEARANCE else ("convoy", "nothing_seen")
    values: dict[str, Any] = {"from_km": 0.0, "to_km": None, "organisation": "Mine Action Centre", "way": way}
    values |= {"result": result, "at": desk.clock.now() - timedelta(days=days_ago)}
    return CheckDraft(kind, **values | changes)


async def record(desk: Desk, route_id: UUID, kind: CheckKind = CheckKind.CLEARANCE, **changes: Any) -> Check:
    async with desk.database.of_every_mission("a test").write() as transaction:
        draft = drafted(desk, kind, **changes)
        return await RecordChecks(desk.register).record(transaction, analyst(MISSION), route_id, draft)


async def correct(desk: Desk, check: Check, **changes: Any) -> Check:
    async with desk.database.of_every_mission("a test").write() as transaction:
        ids, draft = (check.route_id, check.check_id), drafted(desk, check.kind, **changes)
        command = RecordChecks(desk.register).correct
        return await command(transaction, analyst(MISSION), ids, check.revision, draft, "A slip.")


async def withdraw(desk: Desk, check: Check) -> Check:
    async with desk.database.of_every_mission("a test").write() as transaction:
        ids = (check.route_id, check.check_id)
        command = RecordChecks(desk.register).withdraw
        return await command(transaction, analyst(MISSION), ids, check.revision, check.kind, "Another route.")


async def last_checked(desk: Desk, route_id: UUID) -> datetime | None:
    async with desk.database.of_every_mission("a test").read() as connection:
        query = select(ROUTE_SUMS.c.last_checked_at).where(ROUTE_SUMS.c.route_id == route_id)
        found: datetime | None = (await connection.execute(query)).scalar_one()
    return found


async def incidents_beside(desk: Desk, ages: Sequence[float] = (9, 5, 1)) -> None:
    for age in ages:
        await desk.tell(new_id(), 1, 30.1 + age / 100, 5.0, days_ago=age, status="verified")


async def test_a_clearance_takes_out_what_was_before_it_and_not_what_came_after(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    quiet = await desk.risk(route_id)
    await incidents_beside(desk)
    await record(desk, route_id, days_ago=3)
    after = await desk.explained(route_id)
    counted = {round(part.age_days): part.expected_events for part in after.contributions}
    assert (counted[9], counted[5]) == (0, 0)
    assert counted[1] > 0
    assert (await desk.risk(route_id)).expected_events == pytest.approx(after.risk.expected_events, abs=1e-9)
    assert await desk.differences() == []
    await record(desk, route_id)
    assert (await desk.risk(route_id)).expected_events == pytest.approx(quiet.expected_events, abs=1e-12)
    assert await desk.differences() == []


async def test_an_incident_that_is_heard_of_after_the_clearance_counts_as_one_before(desk: Desk) -> None:
    first, second = new_id(), new_id()
    await desk.put(first)
    await incidents_beside(desk)
    await record(desk, first, days_ago=3, to_km=20.0)
    await desk.put(second)
    await record(desk, second, days_ago=3, to_km=20.0)
    await incidents_beside(desk)
    once = await desk.contributions()
    for (route_id, incident_id), kept in once.items():
        other = second if route_id == first else first
        assert kept == pytest.approx(once[other, incident_id], rel=1e-9)
    assert await desk.differences() == []


async def test_what_may_have_been_placed_after_the_clearance_stays(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    at = desk.clock.now() - timedelta(days=9)
    span = {"time__earliest": at, "time__latest": at + timedelta(days=8), "time__recorded_at": desk.clock.now()}
    await desk.tell(new_id(), 1, 30.1, 5.0, days_ago=9, **span)
    rated = await desk.risk(route_id)
    await record(desk, route_id, days_ago=3)
    assert (await desk.risk(route_id)).incidents == pytest.approx(rated.incidents, rel=1e-9)
    await record(desk, route_id, days_ago=0.5)
    assert (await desk.risk(route_id)).incidents == 0


@pytest.mark.parametrize("result", ["found_not_cleared", "incomplete"])
async def test_a_clearance_that_left_something_takes_out_nothing(desk: Desk, route_id: UUID, result: str) -> None:
    await desk.put(route_id)
    await incidents_beside(desk)
    rated = await desk.risk(route_id)
    await record(desk, route_id, result=result)
    assert (await desk.risk(route_id)).expected_events == pytest.approx(rated.expected_events, rel=1e-9)


async def test_a_correction_and_a_withdrawal_bring_the_risk_back(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await incidents_beside(desk)
    rated = await desk.risk(route_id)
    check = await record(desk, route_id)
    assert (await desk.risk(route_id)).incidents == 0
    check = await correct(desk, check, to_km=10.0)
    some = await desk.risk(route_id)
    assert 0 < some.incidents < rated.incidents
    assert await desk.differences() == []
    check = await withdraw(desk, check)
    after = await desk.risk(route_id)
    for name in FIGURES:
        assert getattr(after, name) == pytest.approx(getattr(rated, name), abs=1e-9)
    assert await desk.differences() == []
    async with desk.database.of_every_mission("a test").read() as connection:
        known = await checks.revisions(connection, MISSION, route_id, CheckKind.CLEARANCE, check.check_id)
    assert [(one.revision, one.withdrawn, one.reason) for one in known] == [
        (3, True, "Another route."),
        (2, False, "A slip."),
        (1, False, None),
    ]


async def test_each_change_is_an_event_and_the_risk_follows(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await incidents_beside(desk)
    said = len(await desk.published())
    check = await record(desk, route_id)
    await withdraw(desk, await correct(desk, check, to_km=10.0))
    passed = await record(desk, route_id, CheckKind.PASS)
    await withdraw(desk, await correct(desk, passed, result="signs_seen"))
    told = (await desk.published())[said:]
    assert [data.event_type for data in told if isinstance(data, ClearanceChange | PassChange)] == [
        "route.cleared",
        "route.clearance_corrected",
        "route.clearance_withdrawn",
        "route.passed",
        "route.pass_corrected",
        "route.pass_withdrawn",
    ]
    cleared = told[0]
    assert isinstance(cleared, ClearanceChange)
    assert (cleared.clearance.from_m, cleared.clearance.revision) == (0, 1)
    fallen = told[1]
    assert isinstance(fallen, RouteRiskChanged)
    assert fallen.risk.expected_events < (fallen.previous_expected_events or 0)


async def test_what_says_the_same_changes_nothing(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    check = await record(desk, route_id)
    said = await desk.published()
    assert await correct(desk, check) == check
    assert await desk.published() == said


async def test_a_route_says_since_when_it_is_verified(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    assert await last_checked(desk, route_id) is None
    await record(desk, route_id, to_km=14.0, days_ago=3)
    assert await last_checked(desk, route_id) is None
    passed = await record(desk, route_id, CheckKind.PASS, days_ago=1, from_km=13.0)
    assert await last_checked(desk, route_id) == desk.clock.now() - timedelta(days=3)
    await withdraw(desk, passed)
    assert await last_checked(desk, route_id) is None


async def test_kilometres_of_an_earlier_line_count_for_nothing(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await incidents_beside(desk)
    rated = await desk.risk(route_id)
    check = await record(desk, route_id)
    await desk.put(route_id, tuple(reversed(ROAD)), expected=1)
    assert (await desk.risk(route_id)).incidents == pytest.approx(rated.incidents, rel=1e-6)
    assert await last_checked(desk, route_id) is None
    with pytest.raises(RouteRedrawn):
        await correct(desk, check, to_km=10.0)
    await desk.put(route_id, ROAD, expected=2)
    assert (await desk.risk(route_id)).incidents == 0
    assert await last_checked(desk, route_id) == check.at
    await withdraw(desk, check)


async def test_a_team_that_finds_and_clears_five_leaves_the_road_no_worse(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    before = await desk.risk(route_id)
    finds = [new_id() for _ in range(5)]
    for number, find in enumerate(finds):
        await desk.tell(find, 1, 30.1 + number / 100, 5.0, status="verified", **SEARCH)
    after = await desk.risk(route_id)
    assert (after.expected_events, after.band) == (before.expected_events, RiskBand.LOW_DATA)
    await desk.tell(finds[0], 2, 30.1, 5.0, status="verified", activity="clearance", outcome="detonated")
    assert (await desk.risk(route_id)).expected_events > before.expected_events
    await desk.tell(new_id(), 1, 30.1, 5.0, **{**SEARCH, "activity": "patrol"})
    assert len((await desk.explained(route_id)).contributions) == 2
    assert await desk.differences() == []


async def test_what_is_not_there_or_was_changed_is_refused(desk: Desk, route_id: UUID) -> None:
    with pytest.raises(NoSuchRoute):
        await record(desk, route_id)
    await desk.put(route_id)
    await desk.put(other := new_id())
    check = await record(desk, route_id)
    await correct(desk, check, to_km=10.0)
    with pytest.raises(StaleRevision):
        await correct(desk, check, to_km=11.0)
    with pytest.raises(StaleRevision):
        await withdraw(desk, check)
    async with desk.database.of_every_mission("a test").write() as transaction:
        command, principal = RecordChecks(desk.register).withdraw, analyst(MISSION)
        for kind, route, refusal in (
            (CheckKind.PASS, route_id, NoSuchPass),
            (CheckKind.CLEARANCE, other, NoSuchClearance),
        ):
            with pytest.raises(refusal):
                await command(transaction, principal, (route, check.check_id), 2, kind, "")
    await desk.retire(route_id, 1)
    with pytest.raises(NoSuchRoute):
        await record(desk, route_id)


async def test_what_was_withdrawn_cannot_change(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    withdrawn = await withdraw(desk, await record(desk, route_id))
    with pytest.raises(CheckWithdrawn):
        await correct(desk, withdrawn)
    with pytest.raises(CheckWithdrawn):
        await withdraw(desk, withdrawn)


async def test_the_shadow_of_proposed_parameters_holds_the_clearances(desk: Desk, route_id: UUID) -> None:
    """Also those that are recorded after it was computed."""
    await desk.put(route_id)
    await incidents_beside(desk, (9, 5, 2, 1))
    await record(desk, route_id, days_ago=8, to_km=20.0)
    proposed = await desk.propose()
    await desk.rebuild.once()
    await record(desk, route_id, days_ago=4, from_km=5.0)
    await desk.activate(proposed)
    rated = await desk.contributions()
    assert await desk.differences() == []
    anew = new_id()
    await desk.put(anew)
    await record(desk, anew, days_ago=8, to_km=20.0)
    await record(desk, anew, days_ago=4, from_km=5.0)
    found = await desk.contributions()
    assert {pair[1] for pair in rated} == {pair[1] for pair in found if pair[0] == anew}
    for (_, incident_id), kept in rated.items():
        assert kept == pytest.approx(found[anew, incident_id], rel=1e-9)


async def test_another_mission_has_its_own(desk: Desk, route_id: UUID) -> None:
    for mission in (MISSION, "other"):
        await desk.put(route_id, mission=mission)
        await desk.tell(new_id(), 1, 30.1, 5.0, mission=mission)
    rated = await desk.risk(route_id, "other")
    await record(desk, route_id)
    assert await desk.risk(route_id, "other") == rated
    assert (await desk.risk(route_id)).incidents == 0
