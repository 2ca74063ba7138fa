"""Risk parameters change by proposal, rebuild, comparison and exchange, on both databases."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from clearway_analytics.commands import change_parameters, rebuild_risk
from clearway_analytics.commands.rebuild_risk import ShadowBuilder
from clearway_analytics.domain.errors import (
    AlreadyDecided,
    AlreadyInUse,
    ComparisonOutdated,
    InvalidParameters,
    NoSuchParameters,
    NotCompared,
    ProposalOpen,
)
from clearway_analytics.domain.revision import ParametersState
from clearway_analytics.ledger import contributions, incidents, missions, parameters, route_sums, shadow
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.ledger.route_sums import Extremes
from clearway_analytics.queries.parameters import comparison
from clearway_analytics.risk.assessment import Assessment, Ground, assess
from clearway_analytics.risk.comparison import RouteComparison
from clearway_analytics.risk.decay import LANDMARK
from clearway_analytics.risk.footprint import Footprint
from clearway_analytics.risk.parameters import DENSE, SPARSE, Parameters
from clearway_analytics.storage.tables import SHADOW_CONTRIBUTIONS, SHADOW_INCIDENTS
from clearway_contracts.routes import RouteRiskChanged
from clearway_platform.clock import new_id
from clearway_platform.refusals import StaleRevision

from .desk import MISSION, ROAD, Desk

OTHER_ROAD = ((30.0, 5.3), (30.3, 5.3))
FAR_ROAD = ((50.0, 20.0), (50.2, 20.0))


async def theatre(desk: Desk, count: int = 12) -> list[UUID]:
    """Three routes, and incidents at several distances and ages near two of them."""
    routes = [new_id() for _ in range(3)]
    for route_id, line in zip(routes, (ROAD, OTHER_ROAD, FAR_ROAD), strict=True):
        await desk.put(route_id, line)
    for number in range(count):
        place = (30.02 + 0.02 * number, 5.0 + 0.03 * (number % 4))
        status = ("reported", "verified", "disputed")[number % 3]
        await desk.tell(new_id(), 1, *place, days_ago=float(3 * number), status=status)
    return routes


async def oracle(desk: Desk, route_id: UUID, made_by: Parameters, horizon_days: float = 7.0) -> Assessment:
    """The risk by these parameters as brute force has it: every incident on the route as it was drawn."""
    async with desk.database.of_every_mission("a test").read() as connection:
        known = await incidents.of_mission(connection, MISSION)
        state = (await route_sums.find(connection, MISSION, [route_id]))[route_id]
    footprint = Footprint.of((await desk.route(route_id)).line, 500.0)
    made = contributions.on_route(route_id, footprint, known, made_by)
    sums = contributions.sums_of(made)
    share = footprint.reference_share(made_by)
    whole = replace(state, sums=sums, extremes=Extremes.of(made), landmark=LANDMARK, reference_share=share)
    now = desk.clock.now()
    return assess(whole.at(now, made_by), Ground(state.area_km2, share), now, horizon_days, made_by)


async def expect_rated_by(desk: Desk, routes: Sequence[UUID], made_by: Parameters) -> None:
    for route_id in routes:
        rated, expected = await desk.risk(route_id), await oracle(desk, route_id, made_by)
        assert rated.expected_events == pytest.approx(expected.expected_events, rel=1e-9)
        assert (rated.low, rated.high) == pytest.approx((expected.low, expected.high), rel=1e-6)
        assert rated.band is expected.band
    assert await desk.differences() == []


async def compared(desk: Desk, revision: ParametersRevision) -> dict[UUID, RouteComparison]:
    async with desk.database.of_every_mission("a test").read() as connection:
        return {row.route_id: row for _, row in await comparison(connection, revision, None, 100)}


async def test_a_mission_begins_with_revision_one(desk: Desk) -> None:
    async with desk.database.of_every_mission("a test").read() as connection:
        mission = await missions.read(connection, MISSION)
        (first,) = await parameters.page(connection, mission, None, 10)
    assert (first.revision, first.state, first.parameters) == (1, ParametersState.CURRENT, SPARSE)
    assert await desk.parameters(first.parameters_id) == first


async def test_proposed_parameters_change_no_risk_until_they_are_activated(desk: Desk) -> None:
    routes = await theatre(desk)
    before = [await desk.risk(route_id) for route_id in routes]
    said = await desk.published()
    proposed = await desk.propose()
    assert (proposed.revision, proposed.state) == (2, ParametersState.REBUILDING)
    await desk.rebuild.once()
    ready = await desk.parameters(proposed.parameters_id)
    assert (ready.state, ready.version) == (ParametersState.COMPARED, 2)
    assert [await desk.risk(route_id) for route_id in routes] == before
    assert await desk.published() == said
    activated = await desk.activate(proposed)
    assert (activated.state, activated.decided_by) == (ParametersState.CURRENT, "k2")
    await expect_rated_by(desk, routes, DENSE)


async def test_the_comparison_is_what_brute_force_finds(desk: Desk) -> None:
    routes = await theatre(desk)
    proposed = await desk.propose()
    await desk.rebuild.once()
    ready = await desk.parameters(proposed.parameters_id)
    rows = await compared(desk, ready)
    assert set(rows) == set(routes)
    for route_id, row in rows.items():
        before, after = [await oracle(desk, route_id, made_by) for made_by in (SPARSE, DENSE)]
        assert row.events_before == pytest.approx(before.expected_events, rel=1e-9)
        assert row.events_after == pytest.approx(after.expected_events, rel=1e-9)
        assert (row.band_before, row.band_after) == (before.band, after.band)
    assert ready.summary is not None
    assert ready.summary.routes == 3
    assert ready.summary.largest_factor == max(row.factor for row in rows.values())
    assert ready.summary.bands_changed == sum(row.band_before != row.band_after for row in rows.values())
    assert ready.summary.bands_changed > 0


async def test_routes_whose_band_changes_are_told_at_the_exchange(desk: Desk) -> None:
    await theatre(desk)
    proposed = await desk.propose()
    await desk.rebuild.once()
    rows = await compared(desk, proposed)
    said = len(await desk.published())
    await desk.activate(proposed)
    told = {data.route_id: data for data in (await desk.published())[said:] if isinstance(data, RouteRiskChanged)}
    moved = {route for route, row in rows.items() if row.band_before != row.band_after}
    assert moved
    assert moved <= set(told)
    for route_id, data in told.items():
        assert data.cause is None
        assert data.risk.expected_events == pytest.approx(rows[route_id].events_after, rel=1e-9)
    assert await desk.sweep() == 0


async def test_what_happens_meanwhile_is_in_the_exchanged_risks(desk: Desk) -> None:
    """Incidents that are reported, corrected and retracted, routes that are registered, redrawn and retired."""
    routes = await theatre(desk)
    corrected, retracted, late, last = new_id(), new_id(), new_id(), new_id()
    await desk.tell(corrected, 1, 30.1, 5.0)
    await desk.tell(retracted, 1, 30.15, 5.0, status="verified")
    proposed = await desk.propose()
    await desk.rebuild.once()
    await desk.tell(corrected, 2, 30.1, 5.3, status="verified")
    await desk.tell(retracted, 2, 30.15, 5.0, status="retracted")
    await desk.tell(late, 1, 30.2, 5.0)
    redrawn, registered = routes[1], new_id()
    await desk.put(redrawn, ((30.0, 5.1), (30.3, 5.1)), expected=1)
    await desk.put(registered, ((30.1, 4.9), (30.1, 5.2)))
    await desk.retire(routes[2], 1)
    await desk.rebuild.once()
    live = [routes[0], redrawn, registered]
    assert set(await compared(desk, proposed)) == set(live)
    await desk.tell(last, 1, 30.3, 5.05, status="verified")
    await desk.put(registered, ((30.1, 4.9), (30.1, 5.25)), expected=1)
    await desk.activate(proposed)
    await expect_rated_by(desk, live, DENSE)
    await desk.tell(last, 2, 30.3, 5.05, status="retracted")
    await expect_rated_by(desk, live, DENSE)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
async def test_a_rebuild_that_is_killed_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """After so many transactions, in the middle of the next: what was committed stays, and nothing is counted twice."""
    monkeypatch.setattr(rebuild_risk, "INCIDENTS_AT_ONCE", 4)
    monkeypatch.setattr(rebuild_risk, "ROUTES_AT_ONCE", 2)
    routes = await theatre(desk)
    proposed = await desk.propose()
    taken, advance = 0, shadow.advance

    async def killed_later(*arguments: Any) -> bool:
        nonlocal taken
        taken += 1
        if taken > writes:
            raise Killed
        return await advance(*arguments)

    monkeypatch.setattr(shadow, "advance", killed_later)
    with suppress(Killed):
        await desk.rebuild.once()
    monkeypatch.setattr(shadow, "advance", advance)
    assert (await desk.parameters(proposed.parameters_id)).state is ParametersState.REBUILDING
    with pytest.raises(NotCompared):
        await desk.activate(proposed, 1)
    await desk.tell(new_id(), 1, 30.2, 5.0)
    again = Desk.on(desk.database, desk.clock)
    await again.rebuild.once()
    assert (await desk.parameters(proposed.parameters_id)).step > writes
    await again.activate(proposed)
    await expect_rated_by(desk, routes, DENSE)


async def test_an_exchange_that_is_killed_leaves_the_risks_in_use(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_parameters, "ROUTES_AT_ONCE", 1)
    routes = await theatre(desk)
    proposed = await desk.propose()
    await desk.rebuild.once()
    said, exchange, exchanged = await desk.published(), shadow.exchange, 0

    async def killed_later(*arguments: Any) -> None:
        nonlocal exchanged
        exchanged += 1
        if exchanged == 3:
            raise Killed
        await exchange(*arguments)

    monkeypatch.setattr(shadow, "exchange", killed_later)
    with pytest.raises(Killed):
        await desk.activate(proposed)
    monkeypatch.setattr(shadow, "exchange", exchange)
    assert await desk.published() == said
    await expect_rated_by(desk, routes, SPARSE)
    await desk.activate(proposed)
    await expect_rated_by(desk, routes, DENSE)


async def test_two_processes_that_rebuild_at_once_count_nothing_twice(desk: Desk) -> None:
    routes = await theatre(desk, 60)
    proposed = await desk.propose()
    others = [Desk.on(desk.database, desk.clock) for _ in range(3)]
    await asyncio.gather(*(other.rebuild.once() for other in others))
    await desk.rebuild.once()
    await desk.activate(proposed)
    await expect_rated_by(desk, routes, DENSE)


async def test_what_another_process_writes_meanwhile_is_not_overwritten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This process computes a redrawn route without an incident that another one then adds to it."""
    routes = await theatre(desk)
    proposed = await desk.propose()
    await desk.rebuild.once()
    await desk.put(routes[1], ROAD, expected=1)
    await desk.tell(new_id(), 1, 30.1, 5.0, status="verified")
    other, of_route = Desk.on(desk.database, desk.clock), ShadowBuilder.of_route

    async def after_another_rebuild(builder: ShadowBuilder, *arguments: Any) -> object:
        made = await of_route(builder, *arguments)
        monkeypatch.setattr(ShadowBuilder, "of_route", of_route)
        await other.rebuild.once()
        return made

    monkeypatch.setattr(ShadowBuilder, "of_route", after_another_rebuild)
    await desk.rebuild.once()
    await desk.activate(proposed)
    await expect_rated_by(desk, routes, DENSE)


async def test_incidents_that_arrive_during_the_rebuild_are_counted_once(desk: Desk) -> None:
    routes = await theatre(desk, 40)
    proposed = await desk.propose()

    async def arrive() -> None:
        for number in range(30):
            await desk.tell(new_id(), 1, 30.0 + 0.01 * number, 5.0)

    await asyncio.gather(desk.rebuild.once(), arrive())
    await desk.rebuild.once()
    await desk.activate(proposed)
    await expect_rated_by(desk, routes, DENSE)


async def test_an_exchange_waits_until_little_is_outdated(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild_risk, "MOST_OUTDATED", 3)
    routes = await theatre(desk)
    proposed = await desk.propose()
    await desk.rebuild.once()
    for _ in range(4):
        await desk.tell(new_id(), 1, 30.1, 5.0)
    with pytest.raises(ComparisonOutdated):
        await desk.activate(proposed)
    await expect_rated_by(desk, routes, SPARSE)
    await desk.rebuild.once()
    await desk.activate(proposed)
    await expect_rated_by(desk, routes, DENSE)


async def test_a_refused_exchange_changes_nothing(desk: Desk) -> None:
    routes = await theatre(desk)
    proposed = await desk.propose()
    with pytest.raises(NotCompared):
        await desk.activate(proposed, 1)
    await desk.rebuild.once()
    with pytest.raises(StaleRevision):
        await desk.activate(proposed, 1)
    with pytest.raises(NoSuchParameters):
        await desk.activate(replace(proposed, parameters_id=new_id()))
    with pytest.raises(NoSuchParameters):
        await desk.activate(replace(proposed, mission="other"))
    await expect_rated_by(desk, routes, SPARSE)


async def test_one_proposal_at_a_time(desk: Desk) -> None:
    await desk.propose()
    with pytest.raises(ProposalOpen):
        await desk.propose(preset=None, changes={"decay_days": 60.0})
    await desk.propose("other")


async def test_what_is_in_use_is_not_proposed(desk: Desk) -> None:
    with pytest.raises(AlreadyInUse):
        await desk.propose(preset="sparse")


async def test_values_that_do_not_fit_together_are_refused(desk: Desk) -> None:
    with pytest.raises(InvalidParameters):
        await desk.propose(changes={"shares": (0.5, 0.5)})


async def test_a_discarded_proposal_leaves_nothing_but_its_record(desk: Desk) -> None:
    routes = await theatre(desk)
    proposed = await desk.propose()
    await desk.rebuild.once()
    discarded = await desk.discard(proposed)
    assert (discarded.state, discarded.version) == (ParametersState.DISCARDED, 3)
    assert (await desk.parameters(proposed.parameters_id)).decision_reason == "A slip."
    await desk.rebuild.once()
    async with desk.database.of_every_mission("a test").read() as connection:
        for table in (SHADOW_CONTRIBUTIONS, SHADOW_INCIDENTS):
            assert (await connection.execute(select(table))).all() == []
    await expect_rated_by(desk, routes, SPARSE)
    assert len(await compared(desk, proposed)) == 3
    with pytest.raises(AlreadyDecided):
        await desk.discard(proposed, 3)
    assert (await desk.propose()).revision == 3


async def test_parameters_change_again_and_back(desk: Desk) -> None:
    routes = await theatre(desk)
    for preset, expected in (("dense", DENSE), ("sparse", SPARSE)):
        proposed = await desk.propose(preset=preset)
        await desk.rebuild.once()
        await desk.activate(proposed)
        await desk.rebuild.once()
        await expect_rated_by(desk, routes, expected)
    async with desk.database.of_every_mission("a test").read() as connection:
        mission = await missions.read(connection, MISSION)
        known = await parameters.page(connection, mission, None, 10)
    assert mission.parameters_revision == 3
    assert [(revision.revision, revision.state) for revision in known] == [
        (3, ParametersState.CURRENT),
        (2, ParametersState.SUPERSEDED),
        (1, ParametersState.SUPERSEDED),
    ]


async def test_another_mission_keeps_its_parameters(desk: Desk, route_id: UUID) -> None:
    await theatre(desk)
    await desk.put(route_id, mission="other")
    await desk.tell(new_id(), 1, 30.1, 5.0, mission="other")
    before = await desk.risk(route_id, "other")
    proposed = await desk.propose()
    await desk.rebuild.once()
    await desk.activate(proposed)
    assert await desk.risk(route_id, "other") == before


async def test_a_comparison_is_made_again_when_it_is_old(desk: Desk) -> None:
    await theatre(desk)
    proposed = await desk.propose()
    await desk.rebuild.once()
    first = await desk.parameters(proposed.parameters_id)
    await desk.rebuild.once()
    assert await desk.parameters(proposed.parameters_id) == first
    desk.clock.advance(timedelta(hours=2))
    await desk.rebuild.once()
    later = await desk.parameters(proposed.parameters_id)
    assert later.compared_at == desk.clock.now()
    assert later.version == first.version
