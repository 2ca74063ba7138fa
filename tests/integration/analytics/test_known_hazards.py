"""A hazard that stands on a route comes before every estimate, until it ends."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from clearway_analytics.domain.line import Position
from clearway_analytics.storage.tables import CONTRIBUTIONS, INCIDENTS
from clearway_contracts.routes import RouteRiskChanged
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.clock import new_id

from .desk import Desk

# 2 km along a parallel; 0.001 degrees are about 111 m.
SHORT: tuple[Position, ...] = ((30.0, 5.0), (30.018, 5.0))
DEVICE: dict[str, Any] = {"hazard_state": "active", "outcome": "found_not_cleared"}


async def last_change(desk: Desk) -> RouteRiskChanged:
    changed = (await desk.published())[-1]
    assert isinstance(changed, RouteRiskChanged)
    return changed


@pytest.mark.parametrize("days_ago", [1 / 24, 25, 400])
async def test_an_active_device_on_a_short_route_is_its_word_at_any_age(
    desk: Desk, route_id: UUID, incident_id: UUID, days_ago: float
) -> None:
    await desk.put(route_id, SHORT)
    await desk.tell(incident_id, 1, 30.009, 5.0, days_ago=days_ago, **DEVICE)
    assert (await desk.risk(route_id)).band is RiskBand.KNOWN_HAZARD
    changed = await last_change(desk)
    assert (changed.risk.band, changed.risk.known_hazards) == (RiskBand.KNOWN_HAZARD, 1)
    assert (changed.previous_band, changed.previous_known_hazards) == (RiskBand.LOW_DATA, 0)
    assert changed.cause == incident_id
    desk.clock.advance(timedelta(days=1_000))
    assert (await desk.risk(route_id)).band is RiskBand.KNOWN_HAZARD


async def test_it_is_outside_the_expected_events(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id, SHORT)
    await desk.tell(incident_id, 1, 30.009, 5.0)
    exploded = await desk.risk(route_id)
    await desk.tell(incident_id, 2, 30.009, 5.0, **DEVICE)
    standing = await desk.risk(route_id)
    assert standing.expected_events == pytest.approx(exploded.expected_events, abs=1e-9)
    assert standing.estimate is exploded.band
    assert (await desk.explained(route_id)).risk.band is RiskBand.KNOWN_HAZARD


@pytest.mark.parametrize("category", ["ied", "landmine", "uxo_erw", "grenade", "ammunition_storage", "unknown"])
@pytest.mark.parametrize("state", ["active", "suspected", "marked"])
async def test_every_kind_of_hazard_stands(
    desk: Desk, route_id: UUID, incident_id: UUID, category: str, state: str
) -> None:
    await desk.put(route_id, SHORT)
    await desk.tell(incident_id, 1, 30.009, 5.0, category=category, hazard_state=state)
    assert (await desk.risk(route_id)).band is RiskBand.KNOWN_HAZARD


@pytest.mark.parametrize(
    "end",
    [
        {"hazard_state": "cleared"},
        {"hazard_state": "none"},
        {"status": "retracted"},
        {"status": "merged"},
        {"status": "closed"},
        {"exercise": True},
    ],
)
async def test_it_ends_by_clearance_retraction_or_closing_and_is_told(
    desk: Desk, route_id: UUID, incident_id: UUID, end: dict[str, Any]
) -> None:
    await desk.put(route_id, SHORT)
    await desk.tell(incident_id, 1, 30.009, 5.0, days_ago=300, **DEVICE)
    await desk.tell(incident_id, 2, 30.009, 5.0, days_ago=300, **(DEVICE | end))
    changed = await last_change(desk)
    assert (changed.previous_band, changed.risk.band) == (RiskBand.KNOWN_HAZARD, RiskBand.LOW_DATA)
    assert (changed.previous_known_hazards, changed.risk.known_hazards) == (1, 0)
    assert (await desk.risk(route_id)).band is RiskBand.LOW_DATA


@pytest.mark.parametrize("change", [{"exercise": True}, {"hazard_state": "unknown"}])
async def test_an_exercise_and_a_state_that_is_not_known_are_none(
    desk: Desk, route_id: UUID, incident_id: UUID, change: dict[str, Any]
) -> None:
    await desk.put(route_id, SHORT)
    await desk.tell(incident_id, 1, 30.009, 5.0, **(DEVICE | change))
    assert (await desk.risk(route_id)).known_hazards == 0


@pytest.mark.parametrize(("latitude", "stands"), [(5.0054, True), (5.0056, False)])
async def test_the_circle_must_touch_the_corridor(
    desk: Desk, route_id: UUID, incident_id: UUID, latitude: float, stands: bool
) -> None:
    """500 m of corridor and a circle of 108 m are together 5.498 thousandths of a degree."""
    await desk.put(route_id, SHORT)
    await desk.tell(incident_id, 1, 30.009, latitude, location__uncertainty_m=108.0, **DEVICE)
    assert ((await desk.risk(route_id)).band is RiskBand.KNOWN_HAZARD) is stands
    assert len((await desk.explained(route_id)).hazards) == stands


async def test_a_report_that_nobody_believes_stands_until_it_ends(
    desk: Desk, route_id: UUID, incident_id: UUID
) -> None:
    await desk.put(route_id, SHORT)
    await desk.tell(incident_id, 1, 30.009, 5.0, outcome="hoax", hazard_state="suspected")
    risk = await desk.risk(route_id)
    assert (risk.band, risk.incidents) == (RiskBand.KNOWN_HAZARD, 0.0)
    assert await desk.differences() == []


async def test_another_hazard_on_the_same_route_is_told(desk: Desk, route_id: UUID) -> None:
    """It is so old that the expected events hardly change."""
    await desk.put(route_id)
    first, second = new_id(), new_id()
    await desk.tell(first, 1, 30.05, 5.0, days_ago=100, **DEVICE, status="verified")
    said = len(await desk.published())
    await desk.tell(second, 1, 30.3, 5.05, days_ago=600, **DEVICE)
    changed = await last_change(desk)
    assert len(await desk.published()) == said + 1
    assert (changed.previous_band, changed.risk.band) == (RiskBand.KNOWN_HAZARD, RiskBand.KNOWN_HAZARD)
    assert (changed.previous_known_hazards, changed.risk.known_hazards, changed.cause) == (1, 2, second)
    await desk.tell(second, 2, 30.3, 5.05, days_ago=600, **DEVICE, status="verified")
    await desk.tell(second, 3, 30.3, 5.05, days_ago=600, **DEVICE, status="verified", narrative="Seen again.")
    assert await desk.sweep() == 0


async def test_hazards_are_listed_by_kilometre_with_age_and_grade(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    later, earlier = new_id(), new_id()
    grades = {"source_reliability": "B", "info_credibility": 2}
    await desk.tell(later, 1, 30.15, 5.0, days_ago=3, grading=grades, category="landmine", hazard_state="marked")
    await desk.tell(earlier, 1, 30.05, 5.001, days_ago=25, location__uncertainty_m=1_000.0, **DEVICE)
    first, second = (await desk.explained(route_id)).hazards
    assert (first.incident_id, second.incident_id) == (earlier, later)
    assert (second.category, second.hazard_state) == ("landmine", "marked")
    assert (second.source_reliability, second.info_credibility) == ("B", 2)
    assert (first.age_days, second.age_days) == pytest.approx((25.0, 3.0))
    assert first.distance_m == pytest.approx(110.6, rel=0.01)
    (stretch,) = first.stretches
    # 0.05 degrees are 5.54 km; the circle and the corridor's half-width reach 1.5 km from there.
    assert (stretch.from_km, stretch.to_km) == pytest.approx((5.54 - 1.496, 5.54 + 1.496), rel=0.01)


async def test_a_line_that_comes_back_meets_the_hazard_twice(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id, ((30.0, 5.0), (30.2, 5.0), (30.2, 5.001), (30.0, 5.001)))
    await desk.tell(incident_id, 1, 30.05, 5.0, **DEVICE)
    (hazard,) = (await desk.explained(route_id)).hazards
    there, back = hazard.stretches
    length = (await desk.route(route_id)).length_m / 1_000
    assert there.from_km == pytest.approx(length - back.to_km, abs=0.2)
    assert (await desk.risk(route_id)).known_hazards == 1


async def test_a_route_that_is_registered_or_redrawn_later_knows_them_too(desk: Desk, route_id: UUID) -> None:
    await desk.tell(new_id(), 1, 30.009, 5.0, days_ago=90, **DEVICE)
    await desk.put(route_id, SHORT)
    assert (await last_change(desk)).risk.band is RiskBand.KNOWN_HAZARD
    await desk.put(route_id, ((31.0, 5.0), (31.1, 5.0)), expected=1)
    assert (await last_change(desk)).risk.band is RiskBand.LOW_DATA
    await desk.put(route_id, SHORT, expected=2)
    assert (await desk.risk(route_id)).band is RiskBand.KNOWN_HAZARD


async def test_a_moment_before_the_incident_has_none(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id, SHORT)
    await desk.tell(incident_id, 1, 30.009, 5.0, days_ago=5, **DEVICE)
    then = await desk.explained(route_id, desk.clock.now() - timedelta(days=6))
    assert (then.risk.band, then.hazards) == (RiskBand.LOW_DATA, [])


async def test_other_missions_do_not_share_hazards(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id, SHORT)
    await desk.put(route_id, SHORT, mission="other")
    await desk.tell(incident_id, 1, 30.009, 5.0, mission="other", **DEVICE)
    assert (await desk.risk(route_id)).known_hazards == 0
    assert (await desk.risk(route_id, "other")).known_hazards == 1


async def test_what_an_older_program_applied_stands_too(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    """It leaves the default in `may_touch`, and the grades of a revision before."""
    await desk.put(route_id, SHORT)
    far = new_id()
    await desk.tell(incident_id, 1, 30.009, 5.0, **DEVICE)
    await desk.tell(far, 1, 30.009, 5.01, **DEVICE)
    async with desk.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(update(CONTRIBUTIONS).values(may_touch=True))
        await transaction.connection.execute(update(INCIDENTS).values(revision=2))
    (hazard,) = (await desk.explained(route_id)).hazards
    assert (hazard.incident_id, hazard.info_credibility, hazard.source_reliability) == (incident_id, None, None)
    assert (await desk.risk(route_id)).known_hazards == 1


async def test_other_parameters_end_no_hazard(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    """Also when their kernels are narrower than the circle, and give the incident no weight."""
    await desk.put(route_id, SHORT)
    await desk.tell(incident_id, 1, 30.009, 5.01, location__uncertainty_m=900.0, **DEVICE)
    proposed = await desk.propose(
        preset=None, changes={"scales_m": (10.0,), "shares": (1.0,)}, status_weights={"reported": 0.0}
    )
    await desk.rebuild.once()
    await desk.activate(proposed)
    assert (await desk.risk(route_id)).band is RiskBand.KNOWN_HAZARD
    assert await desk.differences() == []
