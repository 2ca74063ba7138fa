"""Reads about risk parameters: the progress of a rebuild, the comparison, and the suggested preset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.ledger import incidents
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.risk.comparison import RouteComparison
from clearway_analytics.risk.parameters import TRAILING_DAYS, Preset, suggested
from clearway_analytics.storage.tables import INCIDENTS, ROUTES, SHADOW_INCIDENTS, SHADOW_ROUTES
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.database.engines import Database


@dataclass(frozen=True, slots=True)
class Hint:
    """The preset that the mission's record suggests. It is proposed and activated by itself until a person activates or
    discards parameters of the mission; from then on a person changes them.

    `incidents_per_day` is the rate over the trailing 90 days. `suggested` is null when the parameters in use fit, or
    the rate is between two and ten a day.
    """

    incidents_per_day: float
    suggested: Preset | None


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a rebuild: the mission's incidents, and how many of them are counted already."""

    incidents: int
    done: int


async def hint(database: Database, mission: Mission, now: datetime) -> Hint:
    """The rate of counted incidents, and the preset for it."""
    query = incidents.counted(mission, now - timedelta(days=TRAILING_DAYS), now)
    rate = (await database.of(mission.name).measure(query))[0].incidents / TRAILING_DAYS
    return Hint(rate, suggested(rate, mission.parameters.name))


async def progress(database: Database, revision: ParametersRevision) -> Progress:
    done = select(func.count()).where(SHADOW_INCIDENTS.c.parameters_id == revision.parameters_id).scalar_subquery()
    query = select(func.count().label("incidents"), done.label("done")).where(INCIDENTS.c.mission == revision.mission)
    row = (await database.of(revision.mission).measure(query))[0]
    return Progress(row.incidents, row.done)


async def comparison(
    connection: AsyncConnection, revision: ParametersRevision, after: tuple[float, UUID] | None, limit: int
) -> Sequence[tuple[str, RouteComparison]]:
    """The next routes' names and comparisons, the largest change first."""
    change, route_id = SHADOW_ROUTES.c.change, SHADOW_ROUTES.c.route_id
    same = and_(ROUTES.c.mission == revision.mission, ROUTES.c.route_id == route_id)
    query = (
        select(SHADOW_ROUTES, ROUTES.c.name)
        .join_from(SHADOW_ROUTES, ROUTES, same)
        .where(SHADOW_ROUTES.c.parameters_id == revision.parameters_id, change.is_not(None))
        .order_by(change.desc(), route_id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(or_(change < after[0], and_(change == after[0], route_id < after[1])))
    return [
        (
            row.name,
            RouteComparison(
                row.route_id, row.events_before, row.events_after, RiskBand(row.band_before), RiskBand(row.band_after)
            ),
        )
        for row in await connection.execute(query)
    ]
