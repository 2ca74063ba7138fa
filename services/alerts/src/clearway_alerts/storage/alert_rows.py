"""Alert objects as they are stored: each with the incident as it was at the alert's revision, if it is of one."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.domain.alert import Alert
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.storage.rows import read_alert
from clearway_alerts.storage.states import read_incident
from clearway_alerts.storage.tables import ALERT, INCIDENT_VIEW
from clearway_contracts.vocabulary import AlertKind

_NEWEST: Final = INCIDENT_VIEW.alias("newest")
# What the incident is marked now holds for what was told of it before.
PRESENT: Final = (
    select(_NEWEST.c.incident)
    .where(_NEWEST.c.mission == ALERT.c.mission, _NEWEST.c.incident_id == ALERT.c.incident_id)
    .order_by(_NEWEST.c.revision.desc())
    .limit(1)
    .correlate(ALERT)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class StoredAlert:
    alert: Alert
    incident: IncidentView | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None

    @property
    def revision(self) -> int:
        """The alert's own: 1 as it was issued, 2 once it is acknowledged. Nothing else of it changes."""
        return 1 if self.acknowledged_at is None else 2


async def one_alert(connection: AsyncConnection, mission: str, alert_id: UUID) -> StoredAlert | None:
    row = (await connection.execute(alerts_of(mission).where(ALERT.c.id == alert_id))).mappings().first()
    return None if row is None else read_stored(row)


def alerts_of(mission: str) -> Select[Any]:
    view = (
        (INCIDENT_VIEW.c.mission == ALERT.c.mission)
        & (INCIDENT_VIEW.c.incident_id == ALERT.c.incident_id)
        & (INCIDENT_VIEW.c.revision == ALERT.c.revision)
    )
    return (
        select(*ALERT.c, INCIDENT_VIEW.c.incident, PRESENT.label("present"))
        .outerjoin_from(ALERT, INCIDENT_VIEW, view)
        .where(ALERT.c.mission == mission, or_(INCIDENT_VIEW.c.mission.is_not(None), ALERT.c.source.is_not(None)))
    )


def is_of_kind(kind: AlertKind) -> ColumnElement[bool]:
    """A renewal is stored as an update that counts."""
    if kind is AlertKind.RENEWED:
        return ALERT.c.renewal > 0
    return (ALERT.c.kind == kind) & (ALERT.c.renewal == 0)


def read_stored(row: RowMapping) -> StoredAlert:
    alert = read_alert(row)
    incident = None if alert.source else marked_since(read_incident(row["incident"]), row["present"])
    return StoredAlert(alert, incident, row["acknowledged_by"], row["acknowledged_at"])


def marked_since(incident: IncidentView, present: Any) -> IncidentView:
    """The incident, with the marks of PRESENT where they are higher. What cannot be read here counts as marked as
    highly as there is."""
    try:
        return incident.marked_since(read_incident(present))
    except Exception:  # whatever it is, the alert itself can be read
        return replace(incident, classification=None)
