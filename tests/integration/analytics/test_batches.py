"""A batch of incidents leaves what the same incidents leave one by one; only what nobody could see is not published."""

import random
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import Table, select

from clearway_analytics.commands import apply_incidents
from clearway_analytics.ledger import missions, route_sums
from clearway_analytics.ledger.route_sums import RouteSums
from clearway_analytics.queries import consistency
from clearway_analytics.storage.tables import CONTRIBUTIONS, INCIDENTS
from clearway_contracts.envelope import Event
from clearway_contracts.routes import RouteRiskChanged
from clearway_platform.clock import new_id

from .desk import ROAD, Desk, elsewhere

APART, TOGETHER = "apart", "together"
ROUNDS, REVISIONS = 6, 25
STATUSES: Final = ("reported", "under_review", "verified", "disputed", "closed", "merged", "retracted")
STATES: Final = ("active", "suspected", "cleared", "none")


class History:
    """Revisions of the incidents of a mission: corrections, merges, retractions, gaps, and some told before."""

    def __init__(self, desk: Desk, chance: random.Random) -> None:
        self.desk = desk
        self.chance = chance
        self.incidents = [new_id() for _ in range(10)]
        self.revisions = [0] * 10
        self.told: list[Event] = []

    def next(self) -> Event:
        if self.told and self.chance.random() < 0.2:
            return self.chance.choice(self.told)
        number = self.chance.randrange(10)
        self.revisions[number] += self.chance.choice((1, 1, 2))
        event = self.desk.event(
            self.incidents[number],
            self.revisions[number],
            29.8 + self.chance.random(),
            4.8 + 0.6 * self.chance.random(),
            days_ago=self.chance.choice((0, 1, 20)),
            mission=APART,
            status=self.chance.choice(STATUSES),
            hazard_state=self.chance.choice(STATES),
            location__uncertainty_m=self.chance.choice((20.0, 5_000.0)),
            exercise=self.chance.random() < 0.1,
        )
        self.told.append(event)
        return event


async def rows(desk: Desk, table: Table, mission: str) -> list[dict[str, Any]]:
    async with desk.database.of(mission).read() as connection:
        found = (await connection.execute(select(table).where(table.c.mission == mission))).mappings().all()
    return sorted(({name: _said(said) for name, said in row.items() if name != "mission"} for row in found), key=str)


def _said(value: object) -> object:
    """The same incident beside others is measured to the last digit but one."""
    return f"{value:.11g}" if isinstance(value, float) else value


async def sums(desk: Desk, routes: Sequence[UUID], mission: str) -> list[RouteSums]:
    async with desk.database.of(mission).read() as connection:
        assert await consistency.differences(connection, mission) == []
        found = await route_sums.find(connection, mission, routes)
        known = await missions.read(connection, mission)
    # What was last published is, for each of them, what the rule would not publish again.
    assert desk.announcer.changed(list(found.values()), known, desk.clock.now()) == []
    return [found[route_id] for route_id in routes]


@pytest.mark.parametrize(("seed", "pairs"), [(1, 1_000), (2, 1_000), (3, 3)])
async def test_a_batch_leaves_what_its_events_leave_one_by_one(
    desk: Desk, seed: int, pairs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply_incidents, "PAIRS_AT_ONCE", pairs)
    chance = random.Random(seed)
    history, routes = History(desk, chance), [new_id() for _ in range(4)]
    for number, route_id in enumerate(routes):
        line = tuple((longitude + 0.05 * number, latitude + 0.02 * number) for longitude, latitude in ROAD)
        for mission in (APART, TOGETHER):
            await desk.put(route_id, line, mission=mission)
    for _ in range(ROUNDS):
        events = [history.next() for _ in range(REVISIONS)]
        for event in events:
            await desk.deliver(event)
        events = [elsewhere(desk, event, TOGETHER) for event in events]
        while events:
            size = chance.randint(1, REVISIONS)
            await desk.deliver(*events[:size])
            del events[:size]
        for table in (INCIDENTS, CONTRIBUTIONS):
            assert await rows(desk, table, TOGETHER) == await rows(desk, table, APART), table.name
        together, apart = await sums(desk, routes, TOGETHER), await sums(desk, routes, APART)
        for one, other in zip(together, apart, strict=True):
            assert one.sums.total == pytest.approx(other.sums.total, abs=1e-9)
            assert one.extremes.largest == pytest.approx(other.extremes.largest, rel=1e-11)
            assert (one.sums.count, one.extremes.newest) == (other.sums.count, other.extremes.newest)
            assert one.known_hazards == other.known_hazards
            assert one.published is not None
            assert other.published is not None
            assert one.published.known_hazards == other.published.known_hazards
            assert one.published.band == other.published.band


async def test_a_route_near_a_batch_is_told_of_once_with_the_last_cause(desk: Desk, route_id: UUID) -> None:
    await desk.put(route_id)
    hazards = [desk.event(new_id(), 1, 30.1, 5.0, hazard_state="active") for _ in range(3)]
    far = desk.event(new_id(), 1, 36.0, 5.0, hazard_state="active")
    before = len(await desk.published())
    await desk.deliver(*hazards, far)
    (changed,) = (await desk.published())[before:]
    assert isinstance(changed, RouteRiskChanged)
    assert changed.risk.known_hazards == 3
    assert str(changed.cause) == hazards[-1].envelope.subject
