"""What is known of an incident, and what each subscription was told about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import Row, Uuid, bindparam, cast, func, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.domain.alert import Alert, Told
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.storage.rows import known_word
from clearway_alerts.storage.states import read_incident
from clearway_alerts.storage.tables import ALERT, INCIDENT_VIEW, MISSION
from clearway_alerts.storage.unreadable import RowKind, UnreadableRows, why_unreadable
from clearway_contracts.vocabulary import AlertKind
from clearway_platform.database.engines import Transaction

_VERSION: Final = select(MISSION.c.version).where(MISSION.c.mission == bindparam("mission"))
# One statement for both: the row without an incident has the mission's version.
_KNOWN: Final = union_all(
    select(cast(null(), Uuid).label("incident_id"), MISSION.c.version.label("number")).where(
        MISSION.c.mission == bindparam("mission")
    ),
    select(INCIDENT_VIEW.c.incident_id, func.max(INCIDENT_VIEW.c.revision))
    .where(
        INCIDENT_VIEW.c.mission == bindparam("mission"),
        INCIDENT_VIEW.c.incident_id.in_(bindparam("incidents", expanding=True)),
    )
    .group_by(INCIDENT_VIEW.c.incident_id),
)
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
    .where(
        ALERT.c.mission == bindparam("mission"),
        ALERT.c.incident_id.in_(bindparam("incidents", expanding=True)),
    )
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
# What was told of so many incidents is read at once. Many subscriptions may have many alerts about each of them.
_READ_AT_ONCE: Final = 10


class AnyAlert(Protocol):
    """An alert, or its row."""

    @property
    def id(self) -> UUID: ...
    @property
    def subscription_id(self) -> UUID: ...
    @property
    def sequence(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def matched(self) -> bool: ...
    @property
    def revision(self) -> int: ...
    @property
    def renewal(self) -> int: ...
    @property
    def expires_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Known:
    """The newest revision of each of some incidents that is known, and the mission's version, if it has one."""

    newest: dict[UUID, int]
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
    version: int | None = (await transaction.connection.execute(_VERSION, {"mission": mission})).scalar()
    return version


async def known_of(transaction: Transaction, mission: str, incidents: Collection[UUID]) -> Known:
    rows = await transaction.connection.execute(_KNOWN, {"mission": mission, "incidents": list(incidents)})
    numbers: dict[UUID | None, int] = {row.incident_id: row.number for row in rows}
    version = numbers.pop(None, None)
    return Known({incident: newest for incident, newest in numbers.items() if incident is not None}, version)


class Histories:
    """What was told of the incidents of a batch: read for several at once, and kept in step with what the batch
    decides, which is not in the database yet."""

    def __init__(
        self, transaction: Transaction, known: Sequence[UUID], now: datetime, unreadable: UnreadableRows
    ) -> None:
        """`known`: the incidents of which something may have been told before, in the order in which they are asked
        for. Nothing was said yet of one that is new here. What cannot be read of them is noted as `unreadable`."""
        self._transaction = transaction
        self._unread = list(known)
        self._now = now
        self._unreadable = unreadable
        self._told: dict[UUID, dict[UUID, AlertHistory]] = {}

    async def of(self, incident: IncidentView) -> Mapping[UUID, AlertHistory]:
        """Every subscription that has an alert about the incident."""
        if incident.incident_id in self._unread:
            await self._read(incident.mission, self.ahead(incident.incident_id))
        return self._told.get(incident.incident_id, {})

    def ahead(self, incident_id: UUID) -> Sequence[UUID]:
        """The incident and those that come next, of which nothing was read yet."""
        if incident_id not in self._unread:
            return ()
        first = self._unread.index(incident_id)
        return self._unread[first : first + _READ_AT_ONCE]

    def add(self, incident: IncidentView, alerts: Iterable[Alert]) -> None:
        """These were issued since."""
        told = self._told.setdefault(incident.incident_id, {})
        for alert in alerts:
            told[alert.subscription_id] = _after(told.get(alert.subscription_id), alert, incident, self._now)

    async def _read(self, mission: str, incidents: Sequence[UUID]) -> None:
        asked = {"mission": mission, "incidents": incidents}
        revisions: dict[tuple[UUID, int], IncidentView | None] = {}
        for row in await self._transaction.connection.execute(_TOLD, asked):
            key = (row.incident_id, row.revision)
            if key not in revisions:
                revisions[key] = _before(row, self._unreadable)
            told = self._told.setdefault(row.incident_id, {})
            told[row.subscription_id] = _after(told.get(row.subscription_id), row, revisions[key], self._now)
        self._unread = [one for one in self._unread if one not in incidents]


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


def _after(before: AlertHistory | None, alert: AnyAlert, incident: IncidentView | None, now: datetime) -> AlertHistory:
    """The history with one alert more."""
    kind = known_word(AlertKind, alert.kind)
    earlier = before.unexpired if before else ()
    stands = (*earlier, alert.id) if alert.expires_at > now else earlier
    return AlertHistory(
        told=Told(alert.id, alert.sequence, kind, alert.matched, incident),
        unexpired=() if kind is AlertKind.CANCELLED else stands[-MOST_REFERENCES:],
        revision=alert.revision,
        renewal=alert.renewal,
        expires_at=alert.expires_at,
    )


def _before(row: Row[*tuple[Any, ...]], unreadable: UnreadableRows) -> IncidentView | None:
    """The incident at the row's revision; None where this process cannot read it."""
    try:
        return read_incident(row.incident)
    except Exception as error:  # whatever it is, it is about this revision alone
        unreadable.note(RowKind.INCIDENT_VIEW, (row.incident_id, row.revision), why_unreadable(error))
        return None
