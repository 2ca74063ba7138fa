"""Alert objects, newest first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.storage.alert_rows import StoredAlert, alerts_of, is_of_kind, read_stored
from clearway_alerts.storage.tables import ALERT
from clearway_contracts.vocabulary import AlertKind


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """None means any."""

    subscription_id: UUID | None = None
    incident_id: UUID | None = None
    kind: AlertKind | None = None
    issued_from: datetime | None = None
    issued_to: datetime | None = None
    digest_id: UUID | None = None
    source_id: UUID | None = None


async def page_of_alerts(
    connection: AsyncConnection, mission: str, wanted: AlertFilter, before: UUID | None, limit: int
) -> list[StoredAlert]:
    """Up to `limit` alerts that are older than the alert `before`."""
    query = alerts_of(mission).order_by(ALERT.c.id.desc()).limit(limit)
    if wanted.subscription_id is not None:
        query = query.where(ALERT.c.subscription_id == wanted.subscription_id)
    if wanted.incident_id is not None:
        query = query.where(ALERT.c.incident_id == wanted.incident_id)
    if wanted.source_id is not None:
        query = query.where(ALERT.c.incident_id == wanted.source_id)
    if wanted.kind is not None:
        query = query.where(is_of_kind(wanted.kind))
    if wanted.digest_id is not None:
        query = query.where(ALERT.c.digest_id == wanted.digest_id)
    if wanted.issued_from is not None:
        query = query.where(ALERT.c.issued_at >= wanted.issued_from)
    if wanted.issued_to is not None:
        query = query.where(ALERT.c.issued_at <= wanted.issued_to)
    if before is not None:
        query = query.where(ALERT.c.id < before)
    return [read_stored(row) for row in (await connection.execute(query)).mappings()]
