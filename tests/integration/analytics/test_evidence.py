"""A low risk is called low where there is recent evidence near the route, and low data elsewhere."""

import math
from datetime import timedelta
from uuid import UUID

import pytest

from clearway_analytics.domain.line import Position
from clearway_analytics.risk.parameters import SPARSE
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.clock import new_id

from .desk import Desk
from .test_beside_older import as_older_programs_leave_it

# 200 m are so little ground that incidents beside it leave its risk low.
SHORT: tuple[Position, ...] = ((30.0, 5.0), (30.002, 5.0))


async def test_old_finds_far_away_are_no_evidence(desk: Desk, route_id: UUID) -> None:
    """Five cleared finds of four years ago, 66 km away: n_eff is five, and nobody knows of this route."""
    await desk.put(route_id)
    for number in range(5):
        place = (30.1, 5.6 + 1e-4 * number)
        await desk.tell(new_id(), 1, *place, days_ago=4 * 365, outcome="found_cleared", status="verified")
    risk = await desk.risk(route_id)
    assert risk.effective_sample == pytest.approx(5, rel=1e-3)
    assert (risk.nearby_sample, risk.band) == (0.0, RiskBand.LOW_DATA)


async def test_three_beside_the_route_are_evidence_until_they_are_old(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id, SHORT, half_width_m=10.0)
    for number in range(4):
        await desk.tell(new_id(), 1, 30.001, 5.018 + 1e-4 * number, days_ago=8, status="verified")
    risk = await desk.risk(route_id)
    assert risk.nearby_sample == pytest.approx(4 * math.exp(-8 / SPARSE.decay_days))
    assert risk.band is RiskBand.LOW
    assert (await desk.explained(route_id)).risk.nearby_sample == pytest.approx(risk.nearby_sample, rel=1e-12)
    desk.clock.advance(timedelta(days=30))
    assert (await desk.risk(route_id)).band is RiskBand.LOW_DATA
    assert await desk.sweep() == 1
    then = await desk.explained(route_id, desk.clock.now() - timedelta(days=30))
    assert then.risk.band is RiskBand.LOW


@pytest.mark.parametrize(("latitude", "near"), [(5.0224, True), (5.0228, False)])
async def test_near_is_within_2500_m(desk: Desk, route_id: UUID, latitude: float, near: bool) -> None:
    await desk.put(route_id, SHORT)
    await desk.tell(new_id(), 1, 30.001, latitude, status="verified")
    assert (await desk.risk(route_id)).nearby_sample == pytest.approx(1.0 if near else 0.0)


async def test_what_is_near_is_right_though_an_older_program_changed_the_route(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id, SHORT)
    await desk.tell(new_id(), 1, 30.001, 5.01, days_ago=9)
    rated = await as_older_programs_leave_it(desk, route_id, new_id(), 1, 30.001, 5.01, 2)
    assert rated.nearby_sample > 0.5
    assert await desk.risk(route_id) == rated
