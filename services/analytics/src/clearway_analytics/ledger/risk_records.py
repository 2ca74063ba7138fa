"""The risks of routes as they were published: what a reader was told at the time, whatever is known today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.ledger.missions import Mission
from clearway_analytics.risk.assessment import Assessment
from clearway_analytics.storage.tables import RISK_RECORDS
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.database.engines import insert, one_or_many

MOST_RECORDS: Final = 50


@dataclass(frozen=True, slots=True)
class RiskRecord:
    """A risk as it was published at a moment, over the horizon of the parameters used."""

    at: datetime
    band: RiskBand
    expected_events: float
    low: float
    high: float
    n_eff: float
    horizon_days: float
    parameters_revision: int


async def add(connection: AsyncConnection, mission: Mission, risks: Sequence[tuple[UUID, Assessment]]) -> None:
    """Keep the risks that are published now. Of two at one moment the last one stays."""
    rows = [_row(mission, route_id, risk) for route_id, risk in risks]
    if not rows:
        return
    statement = insert(connection, RISK_RECORDS)
    changing = [name for name in rows[0] if name not in ("mission", "route_id", "at")]
    later = statement.on_conflict_do_update(
        index_elements=["mission", "route_id", "at"], set_={name: statement.excluded[name] for name in changing}
    )
    await connection.execute(later, one_or_many(rows))


async def until(
    connection: AsyncConnection, mission: str, route_id: UUID, moment: datetime, limit: int = MOST_RECORDS
) -> list[RiskRecord]:
    """What was published of a route until a moment, the last one first."""
    query = (
        select(RISK_RECORDS)
        .where(RISK_RECORDS.c.mission == mission, RISK_RECORDS.c.route_id == route_id, RISK_RECORDS.c.at <= moment)
        .order_by(RISK_RECORDS.c.at.desc())
        .limit(limit)
    )
    return [_record(row) for row in await connection.execute(query)]


def _row(mission: Mission, route_id: UUID, risk: Assessment) -> dict[str, Any]:
    return {
        "mission": mission.name,
        "route_id": route_id,
        "at": risk.at,
        "band": risk.band.value,
        "expected_events": risk.expected_events,
        "low": risk.low,
        "high": risk.high,
        "n_eff": risk.effective_sample,
        "horizon_days": risk.horizon_days,
        "parameters_revision": mission.parameters_revision,
    }


def _record(row: Row[Any]) -> RiskRecord:
    return RiskRecord(
        at=row.at,
        band=RiskBand(row.band),
        expected_events=row.expected_events,
        low=row.low,
        high=row.high,
        n_eff=row.n_eff,
        horizon_days=row.horizon_days,
        parameters_revision=row.parameters_revision,
    )
