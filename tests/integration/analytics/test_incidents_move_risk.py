"""Incidents move the risk of the routes near them, and only as long as they stand."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from clearway_contracts.routes import RouteRegistered, RouteRiskChanged
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.clock import new_id

from .desk import Desk


def same(value: float) -> object:
    return pytest.approx(value, abs=1e-9)


async def test_a_new_route_is_published_with_its_risk(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    registered, changed = await desk.published()
    assert isinstance(registered, RouteRegistered)
    assert isinstance(changed, RouteRiskChanged)
    assert registered.route.revision == 1
    assert changed.risk.band is RiskBand.LOW_DATA
    assert (changed.previous_band, changed.previous_expected_events, changed.cause) == (None, None, None)


async def test_one_unverified_report_on_the_road_raises_and_announces_the_risk(
    desk: Desk, route_id: UUID, incident_id: UUID
) -> None:
    await desk.put(route_id)
    before = await desk.risk(route_id)
    event = await desk.tell(incident_id, 1, 30.1, 5.0)
    after = await desk.risk(route_id)
    assert after.expected_events > 5 * before.expected_events
    assert (before.band, after.band) == (RiskBand.LOW_DATA, RiskBand.ELEVATED)
    changed = (await desk.published())[-1]
    assert isinstance(changed, RouteRiskChanged)
    assert changed.cause == incident_id
    assert changed.risk.expected_events == same(after.expected_events)
    assert changed.previous_expected_events == same(before.expected_events)
    assert event.envelope.id is not None


async def test_a_report_far_away_changes_nothing(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id)
    before, said = await desk.risk(route_id), await desk.published()
    await desk.tell(incident_id, 1, 35.0, 5.0)
    assert (await desk.risk(route_id)).expected_events == before.expected_events
    assert await desk.published() == said


async def test_a_correction_moves_the_contribution(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(incident_id, 1, 30.1, 5.0)
    near = await desk.risk(route_id)
    await desk.tell(incident_id, 2, 30.1, 5.05)
    moved = await desk.risk(route_id)
    assert moved.expected_events < near.expected_events
    assert [part.incident_revision for part in (await desk.explained(route_id)).contributions] == [2]
    await desk.tell(incident_id, 3, 30.1, 5.0)
    assert (await desk.risk(route_id)).expected_events == same(near.expected_events)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "retracted"},
        {"status": "merged"},
        {"outcome": "hoax"},
        {"outcome": "false_alarm"},
        {"category": "not_explosive"},
        {"exercise": True},
    ],
)
async def test_what_no_longer_stands_leaves_no_trace(
    desk: Desk, route_id: UUID, incident_id: UUID, change: dict[str, Any]
) -> None:
    await desk.put(route_id)
    await desk.tell(new_id(), 1, 30.15, 5.01, days_ago=40)
    before = await desk.risk(route_id)
    await desk.tell(incident_id, 1, 30.1, 5.0)
    await desk.tell(incident_id, 2, 30.1, 5.0, **change)
    after = await desk.risk(route_id)
    for name in ("expected_events", "low", "high", "effective_sample"):
        assert getattr(after, name) == same(getattr(before, name))
    assert after.band is before.band
    assert await desk.differences() == []


async def test_a_retraction_is_announced_as_a_fall(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(incident_id, 1, 30.1, 5.0)
    await desk.tell(incident_id, 2, 30.1, 5.0, status="retracted")
    changed = (await desk.published())[-1]
    assert isinstance(changed, RouteRiskChanged)
    assert (changed.previous_band, changed.risk.band) == (RiskBand.ELEVATED, RiskBand.LOW_DATA)
    assert changed.risk.data_age_days is None


async def test_taking_a_report_up_for_review_changes_nothing(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(incident_id, 1, 30.1, 5.0)
    reported, said = await desk.risk(route_id), await desk.published()
    await desk.tell(incident_id, 2, 30.1, 5.0, status="under_review")
    assert (await desk.risk(route_id)).incidents == same(reported.incidents)
    assert await desk.published() == said
    await desk.tell(incident_id, 3, 30.1, 5.0, status="disputed")
    assert (await desk.risk(route_id)).incidents == same(reported.incidents / 2)


@pytest.mark.parametrize(("credibility", "weight"), [(1, 1.0), (2, 0.85), (4, 0.3), (5, 0.1), (6, 0.4)])
async def test_an_assessment_moves_the_weight(
    desk: Desk, route_id: UUID, incident_id: UUID, credibility: int, weight: float
) -> None:
    await desk.put(route_id)
    await desk.tell(incident_id, 1, 30.1, 5.0)
    await desk.tell(incident_id, 2, 30.1, 5.0, grading__info_credibility=credibility)
    (part,) = (await desk.explained(route_id)).contributions
    assert part.weight == weight
    other = new_id()
    await desk.put(other)
    assert (await desk.risk(other)).incidents == same((await desk.risk(route_id)).incidents)


async def test_verification_raises_the_weight(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id)
    await desk.tell(incident_id, 1, 30.1, 5.0)
    reported = await desk.risk(route_id)
    await desk.tell(incident_id, 2, 30.1, 5.0, status="verified")
    assert (await desk.risk(route_id)).incidents == same(reported.incidents / 0.6)


async def test_other_missions_do_not_share(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id)
    await desk.put(route_id, mission="other")
    before = await desk.risk(route_id)
    await desk.tell(incident_id, 1, 30.1, 5.0, mission="other")
    assert (await desk.risk(route_id)).expected_events == before.expected_events
    assert (await desk.risk(route_id, "other")).expected_events > before.expected_events


async def test_contributions_and_background_add_up(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    for i in range(8):
        await desk.tell(new_id(), 1, 30.05 * (1 + i * 1e-3), 5.0 + i * 0.01, days_ago=i * 11)
    explained = await desk.explained(route_id)
    assert len(explained.contributions) == 8
    parts = sum(part.expected_events for part in explained.contributions) + explained.risk.background
    assert parts == pytest.approx(explained.risk.expected_events, rel=1e-14)
    assert explained.risk.expected_events == same((await desk.risk(route_id)).expected_events)
    assert [part.expected_events for part in explained.contributions] == sorted(
        (part.expected_events for part in explained.contributions), reverse=True
    )


async def test_an_earlier_moment_leaves_out_what_came_later(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    early, late = new_id(), new_id()
    await desk.tell(early, 1, 30.1, 5.0, days_ago=30)
    await desk.tell(late, 1, 30.1, 5.0, days_ago=1)
    then = await desk.explained(route_id, desk.clock.now() - timedelta(days=10))
    assert [part.incident_id for part in then.contributions] == [early]
    assert then.contributions[0].age_days == pytest.approx(20)
