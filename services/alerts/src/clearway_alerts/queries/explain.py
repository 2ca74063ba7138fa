"""Why a subscription did, or did not, get an alert about an incident."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.domain.clauses import Clause
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.matching import explained, watch_of
from clearway_alerts.domain.news import why_no_first_alert
from clearway_alerts.storage.rows import read_line
from clearway_alerts.storage.states import read_filter, read_incident
from clearway_alerts.storage.tables import DECISION, INCIDENT_VIEW, ROUTE_VIEW
from clearway_platform.heavy import HeavyWork


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decisions on record, oldest first, and the present filter applied to the newest revision."""

    incident: IncidentView
    handled_at: datetime
    decisions: list[RowMapping]
    clauses: list[Clause]


async def explain(
    connection: AsyncConnection, subscription: RowMapping, incident_id: UUID, news_hours: int, heavy: HeavyWork
) -> Explanation | None:
    """None when no revision of the incident is known here. Areas of many positions are measured by `heavy`."""
    mission = subscription["mission"]
    view = await _newest(connection, mission, incident_id)
    if view is None:
        return None
    incident = read_incident(view["incident"])
    chosen = read_filter(subscription["filter"])
    line = await _route_line(connection, mission, subscription["route_id"])
    clauses = [
        *await heavy.run(explained, watch_of(subscription["id"], chosen, line), chosen, incident),
        _news(incident, view["handled_at"], news_hours),
        _since(subscription["created_at"], view["handled_at"]),
    ]
    decisions = await _decisions(connection, mission, subscription["id"], incident_id)
    return Explanation(incident, view["handled_at"], decisions, clauses)


def _news(incident: IncidentView, handled_at: datetime, news_hours: int) -> Clause:
    """A first alert is raised for a danger or news, judged when the revision came in."""
    reason = why_no_first_alert(incident, handled_at, news_hours)
    return Clause("news", reason is None, reason or "it may raise a first alert")


def _since(created_at: datetime, handled_at: datetime) -> Clause:
    says = f"subscribed {created_at.isoformat()}; the revision came {handled_at.isoformat()}"
    return Clause("subscribed", created_at <= handled_at, says)


async def _newest(connection: AsyncConnection, mission: str, incident_id: UUID) -> RowMapping | None:
    query = select(INCIDENT_VIEW).where(INCIDENT_VIEW.c.mission == mission, INCIDENT_VIEW.c.incident_id == incident_id)
    newest = query.order_by(INCIDENT_VIEW.c.revision.desc()).limit(1)
    return (await connection.execute(newest)).mappings().first()


async def _route_line(connection: AsyncConnection, mission: str, route_id: UUID | None) -> Any:
    query = select(ROUTE_VIEW.c.line).where(ROUTE_VIEW.c.mission == mission, ROUTE_VIEW.c.route_id == route_id)
    line = (await connection.execute(query)).scalar()
    return None if line is None else read_line(line)


async def _decisions(
    connection: AsyncConnection, mission: str, subscription_id: UUID, incident_id: UUID
) -> list[RowMapping]:
    query = select(DECISION).where(
        DECISION.c.mission == mission,
        DECISION.c.subscription_id == subscription_id,
        DECISION.c.incident_id == incident_id,
    )
    return list((await connection.execute(query.order_by(DECISION.c.revision))).mappings())
