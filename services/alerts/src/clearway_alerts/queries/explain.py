"""Why a subscription did, or did not, get an alert about an incident, or about a watched source."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.domain.clauses import Clause, source_clauses
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.matching import explained, watch_of
from clearway_alerts.domain.news import stands, why_no_first_alert
from clearway_alerts.domain.source import OF_SOURCES
from clearway_alerts.storage.alert_rows import is_of_kind
from clearway_alerts.storage.rows import read_line
from clearway_alerts.storage.states import read_filter, read_incident
from clearway_alerts.storage.tables import ALERT, DECISION, INCIDENT_VIEW, ROUTE_VIEW
from clearway_contracts.vocabulary import AlertKind
from clearway_platform.heavy import HeavyWork


@dataclass(frozen=True, slots=True)
class DecidedOn:
    """One decision on record."""

    revision: int
    decision: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decisions on record, oldest first, and the present filter applied to the newest revision."""

    incident: IncidentView
    handled_at: datetime
    decisions: list[DecidedOn]
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
        _since(subscription["created_at"], view["handled_at"], incident),
    ]
    decisions = await _decisions(connection, mission, subscription["id"], incident_id)
    return Explanation(incident, view["handled_at"], decisions, clauses)


async def decisions_on_source(
    connection: AsyncConnection, subscription: RowMapping, source_id: UUID
) -> tuple[list[DecidedOn], list[Clause]]:
    """The decisions on record about a watched source, oldest first, and what the present filter says of sources."""
    decisions = await _decisions(connection, subscription["mission"], subscription["id"], source_id)
    return decisions, source_clauses(read_filter(subscription["filter"]), OF_SOURCES.tlp)


def _news(incident: IncidentView, handled_at: datetime, news_hours: int) -> Clause:
    """Whether a first alert may be raised, judged when the revision came in."""
    reason = why_no_first_alert(incident, handled_at, news_hours)
    return Clause("news", reason is None, reason or "it may raise a first alert")


def _since(created_at: datetime, handled_at: datetime, incident: IncidentView) -> Clause:
    """What came before the subscription is told where it still stands."""
    says = f"subscribed {created_at.isoformat()}; the revision came {handled_at.isoformat()}"
    if created_at > handled_at and stands(incident):
        return Clause("subscribed", True, f"{says}, and the hazard still stands")
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
) -> list[DecidedOn]:
    """Those on each revision, and the renewals, which are on record as alerts."""
    query = select(DECISION).where(
        DECISION.c.mission == mission,
        DECISION.c.subscription_id == subscription_id,
        DECISION.c.incident_id == incident_id,
    )
    renewals = select(ALERT.c.revision, ALERT.c.reason, ALERT.c.issued_at).where(
        ALERT.c.subscription_id == subscription_id, ALERT.c.incident_id == incident_id, is_of_kind(AlertKind.RENEWED)
    )
    found = [
        DecidedOn(row["revision"], row["decision"], row["reason"], row["decided_at"])
        for row in (await connection.execute(query)).mappings()
    ]
    found += [
        DecidedOn(row.revision, AlertKind.RENEWED, row.reason, row.issued_at)
        for row in await connection.execute(renewals)
    ]
    return sorted(found, key=lambda one: (one.decided_at, one.revision))
