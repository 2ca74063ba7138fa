"""The corridor gain of a mission, learned from its contributions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy import Row, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.ledger.missions import Mission
from clearway_analytics.risk.decay import LANDMARK, days_between, lowered
from clearway_analytics.risk.gain import DECAY_DAYS, LATEST_DAYS, CorridorSums, in_corridor
from clearway_analytics.risk.location import location_sd
from clearway_analytics.storage.tables import CONTRIBUTIONS, INCIDENTS, MISSIONS, ROUTE_SUMS, ROUTES

_READ_AT_ONCE: Final = 2_000


async def sums(connection: AsyncConnection, mission: Mission, now: datetime) -> CorridorSums:
    """The sums over all routes of a mission."""
    whole = select(
        func.coalesce(func.sum(ROUTE_SUMS.c.total), 0.0), func.coalesce(func.sum(ROUTE_SUMS.c.area_km2), 0.0)
    )
    total, area = (await connection.execute(whole.where(ROUTE_SUMS.c.mission == mission.name))).one()
    observed = recent = 0.0
    # There may be very many: other work of the event loop runs between two parts.
    for rows in (await connection.execute(_recent(mission, now))).partitions(_READ_AT_ONCE):
        parts = _parts(rows, now)
        observed, recent = observed + parts[0], recent + parts[1]
        await asyncio.sleep(0)
    present = max(0.0, lowered(total, now, LANDMARK, mission.parameters.decay_days))
    return CorridorSums(observed, recent, present, area)


async def write(connection: AsyncConnection, mission: Mission, gain: float, now: datetime) -> None:
    """Store the gain; the mission is locked."""
    values = {"gain": gain, "gain_at": now, "gain_revision": mission.parameters_revision}
    await connection.execute(update(MISSIONS).where(MISSIONS.c.mission == mission.name).values(values))


async def outdated(connection: AsyncConnection, until: datetime) -> list[str]:
    """The missions whose gain was learned before a moment, or with other parameters than those in use."""
    is_current = and_(MISSIONS.c.gain_at > until, MISSIONS.c.gain_revision == MISSIONS.c.parameters_revision)
    query = select(MISSIONS.c.mission).where(func.coalesce(is_current, False).is_(False)).order_by(MISSIONS.c.mission)
    return list((await connection.execute(query)).scalars())


def _recent(mission: Mission, now: datetime) -> Any:
    same_route = and_(ROUTES.c.mission == CONTRIBUTIONS.c.mission, ROUTES.c.route_id == CONTRIBUTIONS.c.route_id)
    same_incident = and_(
        INCIDENTS.c.mission == CONTRIBUTIONS.c.mission, INCIDENTS.c.incident_id == CONTRIBUTIONS.c.incident_id
    )
    of_row = (CONTRIBUTIONS.c.occurred, CONTRIBUTIONS.c.weight, CONTRIBUTIONS.c.share, CONTRIBUTIONS.c.distance_m)
    return (
        select(*of_row, ROUTES.c.half_width_m, INCIDENTS.c.uncertainty_m)
        .select_from(CONTRIBUTIONS)
        .join(ROUTES, same_route)
        .join(INCIDENTS, same_incident)
        .where(
            CONTRIBUTIONS.c.mission == mission.name,
            CONTRIBUTIONS.c.occurred.between(now - timedelta(days=LATEST_DAYS), now),
        )
    )


def _parts(rows: Sequence[Row[Any]], now: datetime) -> tuple[float, float]:
    """What these contributions add to `observed` and `recent`."""
    age, weight, share, distance, half_width, uncertainty = np.array(
        [(days_between(row.occurred, now), *row[1:]) for row in rows], dtype=np.float64
    ).T
    kept = weight * np.exp(-age / DECAY_DAYS)
    inside = in_corridor(distance, half_width, location_sd(uncertainty))
    return float((kept * inside).sum()), float((kept * share).sum())
