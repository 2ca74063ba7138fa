"""Whatever the order and however often, the same incidents give the same risk."""

import random
from uuid import UUID

import pytest

from clearway_platform.clock import new_id

from .desk import Desk, elsewhere

INCIDENTS = [(new_id(), 30.0 + 0.04 * i, 5.0 + 0.01 * (i % 4)) for i in range(10)]


async def tell_all(desk: Desk) -> None:
    for number, (incident, longitude, latitude) in enumerate(INCIDENTS):
        await desk.tell(incident, 1, longitude, latitude, days_ago=3 * number)
        if number % 2:
            await desk.tell(incident, 2, longitude, latitude + 0.02, days_ago=3 * number, status="verified")
        if number % 5 == 0:
            await desk.tell(incident, 3, longitude, latitude, days_ago=3 * number, status="retracted")


async def test_replaying_everything_changes_nothing(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await tell_all(desk)
    risk, said, kept = await desk.risk(route_id), await desk.published(), await desk.contributions()
    await desk.deliver(*desk.told)
    assert await desk.risk(route_id) == risk
    assert await desk.published() == said
    assert await desk.contributions() == kept


async def test_an_older_revision_that_comes_late_is_ignored(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(incident_id, 5, 30.1, 5.0, status="retracted")
    await desk.tell(incident_id, 4, 30.1, 5.0, status="verified")
    assert (await desk.risk(route_id)).incidents == 0


async def test_any_order_of_delivery_ends_the_same(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    await tell_all(desk)
    expected = (await desk.risk(route_id)).expected_events
    again = new_id()
    await desk.put(again)
    other = "shuffled"
    await desk.put(again, mission=other)
    shuffled = [elsewhere(desk, event, other) for event in desk.told]
    random.Random(7).shuffle(shuffled)
    await desk.deliver(*shuffled)
    assert (await desk.risk(again, other)).expected_events == pytest.approx(expected, abs=1e-9)


async def test_a_route_registered_after_the_incidents_is_rated_as_one_before(desk: Desk) -> None:
    before, after = new_id(), new_id()
    await desk.put(before)
    await tell_all(desk)
    await desk.put(after)
    first, second = await desk.risk(before), await desk.risk(after)
    for name in ("expected_events", "low", "high", "effective_sample", "nearby_sample", "data_age_days"):
        assert getattr(first, name) == pytest.approx(getattr(second, name), abs=1e-9)
    assert await desk.differences() == []


async def test_a_redrawn_route_is_rated_by_its_new_line(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(incident_id, 1, 30.1, 5.0)
    rated = await desk.risk(route_id)
    await desk.put(route_id, ((31.0, 6.0), (31.2, 6.0)), expected=1)
    assert (await desk.risk(route_id)).incidents == 0
    await desk.tell(incident_id, 2, 30.1, 5.0, status="verified")
    assert (await desk.risk(route_id)).incidents == 0
    await desk.put(route_id, expected=2)
    assert (await desk.risk(route_id)).incidents == pytest.approx(rated.incidents / 0.6, abs=1e-9)


async def test_a_retired_route_is_no_longer_rated(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(incident_id, 1, 30.1, 5.0)
    await desk.retire(route_id, 1)
    assert await desk.contributions() == {}
    await desk.tell(incident_id, 2, 30.1, 5.0, status="verified")
    assert await desk.contributions() == {}
    revived = await desk.put(route_id)
    assert revived.revision == 3
    assert (await desk.risk(route_id)).incidents > 0
