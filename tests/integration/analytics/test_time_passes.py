"""Risks fall by themselves, and the sweep tells of it."""

from datetime import timedelta
from uuid import UUID

from clearway_analytics.commands.sweep import Sweep
from clearway_contracts.routes import RouteRiskChanged

from .desk import Desk


async def test_a_sweep_tells_each_fall_once(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    sweep = Sweep(desk.database, desk.announcer)
    await desk.put(route_id)
    await desk.tell(incident_id, 1, 30.1, 5.0, status="verified")
    assert await sweep.once() == 0
    desk.clock.advance(timedelta(days=30))
    assert await sweep.once() == 1
    assert await sweep.once() == 0
    changed = (await desk.published())[-1]
    assert isinstance(changed, RouteRiskChanged)
    assert changed.cause is None
    assert changed.previous_expected_events is not None
    assert changed.risk.expected_events < changed.previous_expected_events
    assert changed.risk.data_age_days == 30


async def test_a_sweep_looks_at_every_page_of_routes(desk: Desk) -> None:
    for number in range(5):
        await desk.put(UUID(int=number + 1))
    await desk.tell(UUID(int=99), 1, 30.1, 5.0, status="verified")
    desk.clock.advance(timedelta(days=60))
    assert await Sweep(desk.database, desk.announcer, routes_per_transaction=2).once() == 5
