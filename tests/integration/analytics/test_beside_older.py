"""Beside programs that change a route's total and know nothing of its extremes, as those from before 0002 did."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from clearway_analytics.risk.assessment import Assessment
from clearway_analytics.storage.tables import ROUTE_SUMS
from clearway_platform.clock import new_id

from .desk import Desk


async def as_older_programs_leave_it(desk: Desk, route_id: UUID, *told: Any) -> Assessment:
    """Tell of an incident as an older program would: all but the extremes and what is nearby. Returns the risk then."""
    of_route = ROUTE_SUMS.c.route_id == route_id
    newer = (ROUTE_SUMS.c.largest, ROUTE_SUMS.c.newest, ROUTE_SUMS.c.extremes_total, ROUTE_SUMS.c.nearby)
    extremes = select(*newer).where(of_route)
    async with desk.database.of_every_mission("a test").read() as connection:
        before = (await connection.execute(extremes)).one()._mapping
    await desk.tell(*told[:-1], days_ago=told[-1])
    rated = await desk.risk(route_id)
    async with desk.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(update(ROUTE_SUMS).where(of_route).values(dict(before)))
    return rated


async def test_a_risk_is_right_though_an_older_program_changed_the_route(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(new_id(), 1, 30.1, 5.05, days_ago=9)
    rated = await as_older_programs_leave_it(desk, route_id, new_id(), 1, 30.1, 5.0, 2)
    assert await desk.risk(route_id) == rated
    assert await desk.differences() == []


async def test_an_incident_is_applied_to_what_an_older_program_left(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(new_id(), 1, 30.1, 5.05, days_ago=9)
    await as_older_programs_leave_it(desk, route_id, new_id(), 1, 30.1, 5.0, 2)
    await desk.tell(new_id(), 1, 30.1, 5.05, days_ago=8)
    assert await desk.differences() == []
    found = await desk.risk(route_id)
    other = new_id()
    await desk.put(other)
    anew = await desk.risk(other)
    assert found.band is anew.band
    assert found.expected_events == pytest.approx(anew.expected_events, rel=1e-9)
