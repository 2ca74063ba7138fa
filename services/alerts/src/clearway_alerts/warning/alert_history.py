"""What is known of an incident, and what each subscription was told about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.domain.alert import Told
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.storage.rows import known_word
from clearway_alerts.storage.states import read_incident
from clearway_alerts.storage.tables import ALERT, INCIDENT_VIEW, MISSION
from clearway_alerts.storage.unreadable import RowKind, UnreadableRows, why_unreadable
from clearway_contracts.vocabulary import AlertKind
from clearway_platform.database.engines import Transaction

_NEWEST: Final = (
    select(func.max(INCIDENT_VIEW.c.revision))
    .where(INCIDENT_VIEW.c.mission == bindparam("mission"), INCIDENT_VIEW.c.incident_id == bindparam("incident"))
    .scalar_subquery()
)
_VERSION: Final = select(MISSION.c.version).where(MISSION.c.mission == bindparam("mission")).scalar_subquery()
_KNOWN: Final = select(_NEWEST.label("newest"), _VERSION.label("version"))
_OF_ALERT: Final = (
    *("id", "subscription_id", "incident_id", "sequence", "kind"),
    *("matched", "revision", "renewal", "expires_at"),
)
_TOLD: Final = (
    select(*(ALERT.c[name] for name in _OF_ALERT), INCIDENT_VIEW.c.incident)
    .join_from(
        ALERT,
        INCIDENT_VIEW,
        (INCIDENT_VIEW.c.mission == ALERT.c.mission)
        & (INCIDENT_VIEW.c.incident_id == ALERT.c.incident_id)
        & (INCIDENT_VIEW.c.revision == ALERT.c.revision),
    )
    .where(ALERT.c.mission == bindparam("mission"), ALERT.c.incident_id == bindparam("incident"))
    .order_by(ALERT.c.sequence)
)
_TOLD_OF: Final = (
    select(*(ALERT.c[name] for name in _OF_ALERT))
    .where(
        ALERT.c.subscription_id.in_(bindparam("subscriptions", expanding=True)),
        ALERT.c.incident_id.in_(bindparam("incidents", expanding=True)),
        ALERT.c.mission == bindparam("mission"),
    )
    .order_by(ALERT.c.sequence)
)
_TOLD_ABOUT: Final = (
    select(*(ALERT.c[name] for name in _OF_ALERT))
    .where(ALERT.c.mission == bindparam("mission"), ALERT.c.incident_id == bindparam("source"))
    .order_by(ALERT.c.sequence)
)
# An alert names no more than this of those that it replaces, the last ones; each of them named those before it.
# So a message stays small, however often an incident changes, and its cancellation always goes out.
MOST_REFERENCES: Final = 100


@dataclass(frozen=True, slots=True)
class KnownOfIncident:
    """The newest revision of the incident that is known, if any is, and the mission's version, if it has one."""

    newest: int | None
    version: int | None


@dataclass(frozen=True, slots=True)
class AlertHistory:
    """What one subscription was told of an incident: the last alert, with its revision and when it expires, and the
    unexpired ones that a new one replaces. `renewal` is the last one's number."""

    told: Told
    unexpired: tuple[UUID, ...]
    revision: int
    renewal: int
    expires_at: datetime

    def next_renewal(self, revision: int) -> int:
        """The number of a renewal of this revision, counted from 1."""
        return self.renewal + 1 if self.revision == revision else 1


async def version_of(transaction: Transaction, mission: str) -> int | None:
    """The mission's version, if it has one."""
    version: int | None = (await transaction.connection.execute(select(_VERSION), {"mission": mission})).scalar()
    return version


async def known_of(transaction: Transaction, incident: IncidentView) -> KnownOfIncident:
    row = (await transaction.connection.execute(_KNOWN, _asked(incident))).one()
    return KnownOfIncident(row.newest, row.version)


async def alert_histories(
    transaction: Transaction, incident: IncidentView, now: datetime, unreadable: UnreadableRows
) -> Mapping[UUID, AlertHistory]:
    """Every subscription that has an alert about the incident. What cannot be read of it is noted as `unreadable`."""
    revisions: dict[int, IncidentView | None] = {}
    history: dict[UUID, AlertHistory] = {}
    for row in await transaction.connection.execute(_TOLD, _asked(incident)):
        if row.revision not in revisions:
            revisions[row.revision] = _before(row, incident, unreadable)
        history[row.subscription_id] = _after(history.get(row.subscription_id), row, revisions[row.revision], now)
    return history


async def told_of(
    connection: AsyncConnection,
    mission: str,
    subscriptions: Collection[UUID],
    incidents: Collection[UUID],
    now: datetime,
) -> Mapping[tuple[UUID, UUID], AlertHistory]:
    """What these subscriptions were told of these incidents, by subscription and incident: without what the incident
    was like at that time."""
    history: dict[tuple[UUID, UUID], AlertHistory] = {}
    asked = {"mission": mission, "subscriptions": list(subscriptions), "incidents": list(incidents)}
    for row in await connection.execute(_TOLD_OF, asked):
        key = (row.subscription_id, row.incident_id)
        history[key] = _after(history.get(key), row, None, now)
    return history


async def told_about_source(
    connection: AsyncConnection, mission: str, source_id: UUID, now: datetime
) -> Mapping[UUID, AlertHistory]:
    """Every subscription that has an alert about the source."""
    history: dict[UUID, AlertHistory] = {}
    for row in await connection.execute(_TOLD_ABOUT, {"mission": mission, "source": source_id}):
        history[row.subscription_id] = _after(history.get(row.subscription_id), row, None, now)
    return history


def _after(
    before: AlertHistory | None, row: Row[*tuple[Any, ...]], incident: IncidentView | None, now: datetime
) -> AlertHistory:
    """The history with one alert more."""
    kind = known_word(AlertKind, row.kind)
    earlier = before.unexpired if before else ()
    stands = (*earlier, row.id) if row.expires_at > now else earlier
    return AlertHistory(
        told=Told(row.id, row.sequence, kind, row.matched, incident),
        unexpired=() if kind is AlertKind.CANCELLED else stands[-MOST_REFERENCES:],
        revision=row.revision,
        renewal=row.renewal,
        expires_at=row.expires_at,
    )


def _before(row: Row[*tuple[Any, ...]], incident: IncidentView, unreadable: UnreadableRows) -> IncidentView | None:
    """The incident at the row's revision; None where this process cannot read it."""
    try:
        return read_incident(row.incident)
    except Exception as error:  # whatever it is, it is about this revision alone
        unreadable.note(RowKind.INCIDENT_VIEW, (incident.incident_id, row.revision), why_unreadable(error))
        return None


def _asked(incident: IncidentView) -> dict[str, object]:
    return {"mission": incident.mission, "incident": incident.incident_id}
