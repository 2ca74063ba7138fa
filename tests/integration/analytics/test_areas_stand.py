"""A contaminated area is a known hazard of the routes that it touches, until it is released, on both databases."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import pytest

from clearway_analytics.commands.change_areas import ChangeAreas
from clearway_analytics.domain.area import Area, AreaDraft, Ring
from clearway_analytics.domain.line import Position
from clearway_analytics.ledger.routes import RouteIndex
from clearway_contracts.routes import RouteRiskChanged
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.clock import new_id

from .desk import MISSION, Desk, analyst

ELSEWHERE: Final[tuple[Position, ...]] = ((31.0, 6.0), (31.2, 6.0))


def square(west: float, south: float, size: float = 0.02) -> Ring:
    east, north = west + size, south + size
    return (west, south), (east, south), (east, north), (west, north), (west, south)


ON_THE_ROAD: Final = square(30.1, 4.99)
BESIDE_IT: Final = square(30.1, 5.006)


def draft(ring: Ring = ON_THE_ROAD, name: str = "Northern bank") -> AreaDraft:
    return AreaDraft(name, "suspected", "landmine", (ring,), "Survey team 2", None, None, "")


class Areas:
    """The areas of a desk's mission."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.change = ChangeAreas(desk.register, RouteIndex(desk.register.heavy))

    async def register(self, ring: Ring = ON_THE_ROAD, mission: str = MISSION) -> Area:
        async with self.desk.database.of_every_mission("a test").write() as transaction:
            return await self.change.register(transaction, analyst(mission), draft(ring))

    async def correct(self, area: Area, ring: Ring = ON_THE_ROAD, name: str = "Northern bank") -> Area:
        async with self.desk.database.of_every_mission("a test").write() as transaction:
            principal, wanted = analyst(MISSION), draft(ring, name)
            return await self.change.correct(
                transaction, principal, area.area_id, area.revision, wanted, "Surveyed again."
            )

    async def release(self, area: Area) -> Area:
        async with self.desk.database.of_every_mission("a test").write() as transaction:
            return await self.change.release(transaction, analyst(MISSION), area.area_id, area.revision, "Cleared.")


@pytest.fixture
def areas(desk: Desk) -> Areas:
    return Areas(desk)


async def told(desk: Desk, route_id: UUID) -> list[tuple[RiskBand, int]]:
    """The words and the numbers of known hazards that were published for a route."""
    changes = [data for data in await desk.published() if isinstance(data, RouteRiskChanged)]
    return [(data.risk.band, data.risk.known_hazards) for data in changes if data.route_id == route_id]


async def test_an_area_over_a_route_is_its_word_until_it_is_released(desk: Desk, areas: Areas, route_id: UUID) -> None:
    await desk.put(route_id)
    quiet = await desk.risk(route_id)
    area = await areas.register()
    standing = await desk.risk(route_id)
    assert (standing.band, standing.known_hazards) == (RiskBand.KNOWN_HAZARD, 1)
    assert (standing.estimate, standing.expected_events) == (quiet.band, quiet.expected_events)
    desk.clock.advance(timedelta(days=1_000))
    assert (await desk.risk(route_id)).band is RiskBand.KNOWN_HAZARD
    assert await desk.sweep() == 0
    await areas.release(area)
    assert (await desk.risk(route_id)).band is RiskBand.LOW_DATA
    assert await desk.sweep() == 0
    expected = [(RiskBand.LOW_DATA, 0), (RiskBand.KNOWN_HAZARD, 1), (RiskBand.LOW_DATA, 0)]
    assert await told(desk, route_id) == expected
    last = (await desk.published())[-1]
    assert isinstance(last, RouteRiskChanged)
    assert (last.previous_band, last.previous_known_hazards, last.cause) == (RiskBand.KNOWN_HAZARD, 1, None)


async def test_only_routes_whose_corridors_it_touches_change(desk: Desk, areas: Areas, route_id: UUID) -> None:
    """Its southern edge is about 663 m north of the road."""
    narrow, far, retired = new_id(), new_id(), new_id()
    await desk.put(route_id, half_width_m=800.0)
    await desk.put(narrow, half_width_m=500.0)
    await desk.put(far, ELSEWHERE)
    await desk.put(retired, half_width_m=800.0)
    await desk.retire(retired, 1)
    before = len(await desk.published())
    await areas.register(BESIDE_IT)
    assert len(await desk.published()) == before + 2
    assert [(await desk.risk(one)).known_hazards for one in (route_id, narrow, far)] == [1, 0, 0]


async def test_a_correction_moves_the_word_from_route_to_route(desk: Desk, areas: Areas, route_id: UUID) -> None:
    other = new_id()
    await desk.put(route_id)
    await desk.put(other, ELSEWHERE)
    area = await areas.register()
    area = await areas.correct(area, square(31.1, 5.99))
    assert (await desk.risk(route_id)).band is RiskBand.LOW_DATA
    assert (await desk.risk(other)).band is RiskBand.KNOWN_HAZARD
    assert (await told(desk, route_id))[-1] == (RiskBand.LOW_DATA, 0)
    assert (await told(desk, other))[-1] == (RiskBand.KNOWN_HAZARD, 1)
    before = len(await desk.published())
    area = await areas.correct(area, square(31.1, 5.99), name="Southern bank")
    area = await areas.correct(area, square(31.12, 5.99), name="Southern bank")
    assert len(await desk.published()) == before + 2
    await areas.release(area)
    assert (await desk.risk(other)).band is RiskBand.LOW_DATA


async def test_areas_and_hazards_are_counted_together(
    desk: Desk, areas: Areas, route_id: UUID, incident_id: UUID
) -> None:
    await desk.put(route_id)
    first, second = await areas.register(), await areas.register(square(30.15, 4.99))
    await desk.tell(incident_id, 1, 30.05, 5.0, hazard_state="active", outcome="found_not_cleared")
    assert (await desk.risk(route_id)).known_hazards == 3
    await areas.release(first)
    await desk.tell(incident_id, 2, 30.05, 5.0, hazard_state="cleared", outcome="found_cleared")
    assert (await desk.risk(route_id)).band is RiskBand.KNOWN_HAZARD
    await areas.release(second)
    assert [number for _band, number in await told(desk, route_id)] == [0, 1, 2, 3, 2, 1, 0]


async def test_a_route_that_is_registered_or_redrawn_later_knows_it_too(
    desk: Desk, areas: Areas, route_id: UUID
) -> None:
    area = await areas.register()
    await desk.put(route_id)
    assert await told(desk, route_id) == [(RiskBand.KNOWN_HAZARD, 1)]
    await desk.put(route_id, ELSEWHERE, expected=1)
    assert (await desk.risk(route_id)).band is RiskBand.LOW_DATA
    await desk.put(route_id, expected=2)
    assert (await desk.risk(route_id)).band is RiskBand.KNOWN_HAZARD
    await desk.put(route_id, expected=3, half_width_m=400.0)
    await areas.release(area)
    assert (await desk.risk(route_id)).band is RiskBand.LOW_DATA


async def test_a_moment_has_the_areas_that_were_recorded_then(desk: Desk, areas: Areas, route_id: UUID) -> None:
    await desk.put(route_id)

    async def later() -> datetime:
        desk.clock.advance(timedelta(hours=1))
        moment = desk.clock.now()
        desk.clock.advance(timedelta(hours=1))
        return moment

    before = await later()
    area = await areas.register()
    during = await later()
    await areas.release(area)
    after = await later()
    found = [await desk.explained(route_id, moment) for moment in (before, during, after)]
    assert [one.risk.band for one in found] == [RiskBand.LOW_DATA, RiskBand.KNOWN_HAZARD, RiskBand.LOW_DATA]
    assert [[touched.area.area_id for touched in one.areas] for one in found] == [[], [area.area_id], []]
    assert found[1].areas[0].stretches[0].start_m == pytest.approx(10_590, abs=50)


async def test_other_parameters_and_other_missions_change_nothing_of_it(
    desk: Desk, areas: Areas, route_id: UUID
) -> None:
    await desk.put(route_id)
    await desk.put(route_id, mission="other")
    await areas.register(mission="other")
    assert (await desk.risk(route_id)).known_hazards == 0
    await areas.register()
    proposed = await desk.propose()
    await desk.rebuild.once()
    await desk.activate(proposed)
    assert (await desk.risk(route_id)).known_hazards == 1
    assert await desk.differences() == []


async def test_a_large_area_reaches_every_route_of_many(desk: Desk, areas: Areas) -> None:
    """More routes than are counted at once."""
    ids = [new_id() for _ in range(60)]
    for number, one in enumerate(ids):
        await desk.put(one, ((30.0 + number / 50, 5.0), (30.01 + number / 50, 5.0)))
    area = await areas.register(square(20.0, -5.0, 20.0))
    assert {(await desk.risk(one)).known_hazards for one in ids} == {1}
    await areas.release(area)
    assert {(await desk.risk(one)).known_hazards for one in ids} == {0}
