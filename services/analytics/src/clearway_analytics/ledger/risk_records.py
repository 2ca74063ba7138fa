"""The risks of routes as they were published: what a reader was told at the time, whatever is known today.

A worker keeps them every minute, so of several risks within a minute the last one is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, case, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.storage.tables import RISK_RECORDS, ROUTE_SUMS
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.database.engines import insert

MOST_RECORDS: Final = 50
_KEPT: Final = ("mission", "route_id", "at", "band", "expected_events")
# `Published.band`, for the database: `published_band` is the estimate alone.
_WORD: Final = case(
    (ROUTE_SUMS.c.published_hazards > 0, RiskBand.KNOWN_HAZARD.value), else_=ROUTE_SUMS.c.published_band
)


@dataclass(frozen=True, slots=True)
class RiskRecord:
    """A risk of a route as it was published, over the horizon of the parameters in use then. `band` is the word for the
    route."""

    at: datetime
    band: RiskBand
    expected_events: float


async def are_complete(connection: AsyncConnection, mission: str) -> bool:
    """Whether the last published risk of every live route is kept."""
    return (await connection.execute(_missing(mission).limit(1))).first() is None


async def complete(connection: AsyncConnection, mission: str) -> None:
    """Keep the last published risks that are not kept yet. Several processes may do it."""
    statement = insert(connection, RISK_RECORDS).from_select(_KEPT, _missing(mission))
    await connection.execute(statement.on_conflict_do_nothing())


async def until(
    connection: AsyncConnection, mission: str, route_id: UUID, moment: datetime, limit: int = MOST_RECORDS
) -> list[RiskRecord]:
    """What was published of a route until a moment, the last one first."""
    of_route = (RISK_RECORDS.c.mission == mission, RISK_RECORDS.c.route_id == route_id)
    query = select(RISK_RECORDS.c.at, RISK_RECORDS.c.band, RISK_RECORDS.c.expected_events)
    kept = query.where(*of_route, RISK_RECORDS.c.at <= moment).order_by(RISK_RECORDS.c.at.desc()).limit(limit)
    # The last one may not be kept yet.
    last = select(ROUTE_SUMS.c.published_at, _WORD, ROUTE_SUMS.c.published_events).where(
        ROUTE_SUMS.c.mission == mission, ROUTE_SUMS.c.route_id == route_id, ROUTE_SUMS.c.published_at <= moment
    )
    found = {row[0]: row for query in (kept, last) for row in await connection.execute(query)}
    newest_first = [found[at] for at in sorted(found, reverse=True)][:limit]
    return [RiskRecord(at, RiskBand(band), expected_events) for at, band, expected_events in newest_first]


def _missing(mission: str) -> Select[Any]:
    """The last published risks that are not kept."""
    same = and_(
        RISK_RECORDS.c.mission == ROUTE_SUMS.c.mission,
        RISK_RECORDS.c.route_id == ROUTE_SUMS.c.route_id,
        RISK_RECORDS.c.at == ROUTE_SUMS.c.published_at,
    )
    return select(
        ROUTE_SUMS.c.mission,
        ROUTE_SUMS.c.route_id,
        ROUTE_SUMS.c.published_at,
        _WORD,
        ROUTE_SUMS.c.published_events,
    ).where(ROUTE_SUMS.c.mission == mission, ROUTE_SUMS.c.published_at.is_not(None), ~exists().where(same))
