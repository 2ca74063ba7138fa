"""Alert objects, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.storage.alert_rows import StoredAlert, alerts_of, is_of_kind, read_stored
from clearway_alerts.storage.tables import ALERT
from clearway_contracts.vocabulary import AlertKind
from clearway_platform.heavy import of_each
from clearway_platform.paging import part_of

# Each is read, validated and written again, and so is the incident as it is marked now.
_SHARE: Final = 0.5


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


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Alerts, and whether no others follow."""

    alerts: Sequence[StoredAlert]
    is_last: bool


async def page_of_alerts(
    connection: AsyncConnection, mission: str, wanted: AlertFilter, before: UUID | None, limit: int
) -> AlertPage:
    """Up to `limit` alerts that are older than the alert `before`, fewer when their incidents are large."""
    query = alerts_of(mission)
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
    part = await part_of(connection, query, ["id"], heavy="incident", limit=limit, newest_first=True, share=_SHARE)
    return AlertPage(await of_each(lambda row: read_stored(row._mapping), part.rows), part.is_last)
