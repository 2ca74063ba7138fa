"""A mission's record after years: 100,000 incidents in the towns of a theatre and on the roads between them.

They are written by the command that records a report, before the platform starts. Their events are as old as they are:
the log does not keep them any more, so they are not published.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, text

from benchmarks.workload import report
from clearway_incidents.api.reports import NewReport
from clearway_incidents.commands.backlog import COUNTING, Backlog
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.domain.reporting import record
from clearway_incidents.main import STORAGE
from clearway_incidents.storage.rows import Prepared
from clearway_incidents.storage.states import INCIDENT
from clearway_platform.auth.principals import Principal, Role
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import upgrade
from clearway_platform.database.tables import OutboxRow
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.messaging.precedence import Precedence
from clearway_testing.manual_clock import ManualClock

MISSION: Final = "map"
AREA: Final = (-4.0, -4.0, 4.0, 4.0)
"""West, south, east and north, in the open Gulf of Guinea: no real town can be meant."""
TOWNS: Final = 40
YEARS: Final = 4
ON_ROADS: Final = 0.15
BATCH: Final = 1_000
# Most hazards of four years are cleared.
STATES: Final = {
    "cleared": ("found_cleared", 55),
    "active": ("found_not_cleared", 15),
    "suspected": ("found_not_cleared", 15),
    "marked": ("found_marked", 5),
    "unknown": ("detonated", 5),
    "none": ("hoax", 5),
}
CATEGORIES: Final = ("ied", "landmine", "uxo_erw", "grenade")

Place = tuple[float, float]


def largest_town() -> Place:
    """Where most incidents are."""
    return _towns()[0]


async def record_theatre(url: str, count: int, mission: str = MISSION) -> None:
    """Create the database of the incidents service, if there is none, and record so many incidents of a mission."""
    await upgrade(url, STORAGE.migrations)
    database = Database(url, pool_size=1)
    chance, clock = random.Random(count), ManualClock(datetime.now(UTC) - timedelta(days=365 * YEARS))
    step = timedelta(days=365 * YEARS - 1) / max(count, 1)
    principal = Principal(str(new_id()), "benchmark", mission, Role.ADMIN)
    revisions = Revisions(clock, Outbox(clock), INCIDENT)
    try:
        for begin in range(0, count, BATCH):
            batch = range(min(BATCH, count - begin))
            first = [_first(revisions, chance, clock.advance(step), principal) for _ in batch]
            async with database.of_every_mission("a test").write() as transaction:
                await revisions.create(transaction, first)
                await transaction.connection.execute(delete(OutboxRow))
        await Backlog(COUNTING, database, Feed(database), Precedence().after).clear()
        await _settle(database)
    finally:
        await database.close()


async def _settle(database: Database) -> None:
    """What PostgreSQL does by itself some time after so many rows."""
    if database.dialect == "postgresql":
        async with database.of_every_mission("a test").write() as transaction:
            await transaction.connection.execute(text("ANALYZE"))


def _first(revisions: Revisions, chance: random.Random, at: datetime, principal: Principal) -> Prepared:
    sent = NewReport.model_validate(_report(chance, at)).submission(at)
    act = revisions.act(principal)
    change = record(sent.first, mission=principal.mission, by=act.by, at=at)
    prepared, _state = revisions.first(act, change, sent.content.hash)
    return prepared


def _report(chance: random.Random, at: datetime) -> dict[str, Any]:
    whole = report(new_id(), chance)
    [state] = chance.choices(list(STATES), [weight for _outcome, weight in STATES.values()])
    whole["time"]["occurred_at"] = (at - timedelta(minutes=chance.randint(2, 90))).isoformat()
    whole["location"]["point"]["coordinates"] = _place(chance)
    return whole | {
        "hazard_state": state,
        "outcome": STATES[state][0],
        "category": chance.choice(CATEGORIES),
    }


def _place(chance: random.Random) -> Place:
    """In a town, of which the first is as large as the next ones together, or on a road to it."""
    towns = _towns()
    [one, other] = chance.choices(towns, [1 / (rank + 1) for rank in range(len(towns))], k=2)
    if chance.random() < ON_ROADS:
        share, width = chance.random(), 0.004
        middle = tuple(here + (there - here) * share for here, there in zip(one, other, strict=True))
    else:
        middle, width = one, 0.03
    west, south, east, north = AREA
    x, y = (chance.gauss(degrees, width) for degrees in middle)
    return round(min(max(x, west), east), 6), round(min(max(y, south), north), 6)


def _towns() -> list[Place]:
    """The largest first, in the middle of the area."""
    west, south, east, north = AREA
    chance = random.Random(TOWNS)
    others = [(chance.uniform(west, east), chance.uniform(south, north)) for _ in range(TOWNS - 1)]
    return [((west + east) / 2, (south + north) / 2), *others]
