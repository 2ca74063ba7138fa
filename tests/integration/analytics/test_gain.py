"""The corridor gain of a mission is learned from its ledger, and every figure has it."""

import math
from datetime import timedelta
from uuid import UUID

import pytest

from clearway_analytics.commands.learn_gain import LearnGain
from clearway_analytics.ledger import gains, missions
from clearway_analytics.risk.gain import PER_DAY, gain, predicted
from clearway_analytics.risk.parameters import SPARSE
from clearway_contracts.routes import RouteRiskChanged
from clearway_platform.clock import new_id

from .desk import MISSION, Desk


async def learn(desk: Desk) -> int:
    return await LearnGain(desk.database, desk.clock).once()


async def on_the_road(desk: Desk, count: int = 20) -> list[UUID]:
    told = [new_id() for _ in range(count)]
    for number, incident in enumerate(told):
        await desk.tell(incident, 1, 30.02 + 0.008 * number, 5.0, days_ago=0.5 * number, status="verified")
    return told


async def test_incidents_on_the_road_raise_the_risk_of_roads(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await on_the_road(desk)
    before = await desk.risk(route_id)
    assert (before.gain, await learn(desk)) == (1.0, 1)
    after = await desk.risk(route_id)
    async with desk.database.of_every_mission("a test").read() as connection:
        mission = await missions.read(connection, MISSION)
        sums = await gains.sums(connection, mission, desk.clock.now())
    assert sums.observed == pytest.approx(sum(PER_DAY ** (0.5 * number) for number in range(20)), rel=1e-3)
    parts = (await desk.explained(route_id)).contributions
    present = sum(part.expected_events for part in parts) / after.gain / -math.expm1(-7.0 / SPARSE.decay_days)
    assert sums.total == pytest.approx(present)
    assert after.gain == pytest.approx(gain(sums, SPARSE))
    assert after.gain > 1.5
    assert predicted(sums, SPARSE) > 0
    for name in ("expected_events", "background", "incidents", "low", "high"):
        assert getattr(after, name) == pytest.approx(after.gain * getattr(before, name))
    assert after.effective_sample == pytest.approx(before.effective_sample)


async def test_the_parts_add_up_with_the_gain(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await on_the_road(desk)
    await learn(desk)
    explained = await desk.explained(route_id)
    parts = sum(part.expected_events for part in explained.contributions) + explained.risk.background
    assert parts == pytest.approx(explained.risk.expected_events, rel=1e-14)
    assert explained.risk.expected_events == pytest.approx((await desk.risk(route_id)).expected_events, abs=1e-9)


async def test_a_raised_gain_is_told_by_the_sweep(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await on_the_road(desk)
    assert await desk.sweep() == 0
    await learn(desk)
    assert await desk.sweep() == 1
    changed = (await desk.published())[-1]
    assert isinstance(changed, RouteRiskChanged)
    assert changed.risk.expected_events == pytest.approx((await desk.risk(route_id)).expected_events)


async def test_what_is_retracted_leaves_no_trace_in_the_gain(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    told = await on_the_road(desk, 6)
    await learn(desk)
    assert (await desk.risk(route_id)).gain > 1.2
    for number, incident in enumerate(told):
        await desk.tell(incident, 2, 30.02 + 0.008 * number, 5.0, days_ago=0.5 * number, status="retracted")
    desk.clock.advance(timedelta(hours=2))
    await learn(desk)
    assert (await desk.risk(route_id)).gain == pytest.approx(1.0, abs=0.01)


async def test_it_is_learned_once_an_hour_and_after_other_parameters(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await on_the_road(desk)
    assert [await learn(desk), await learn(desk)] == [1, 0]
    desk.clock.advance(timedelta(minutes=61))
    assert await learn(desk) == 1
    sparse = (await desk.risk(route_id)).gain
    proposed = await desk.propose()
    await desk.rebuild.once()
    await desk.activate(proposed)
    assert await learn(desk) == 1
    assert (await desk.risk(route_id)).gain != sparse
    assert await desk.differences() == []


async def test_missions_learn_their_own(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await desk.put(route_id, mission="other")
    await on_the_road(desk)
    assert await learn(desk) == 2
    assert (await desk.risk(route_id, "other")).gain == pytest.approx(1.0, abs=0.01)
