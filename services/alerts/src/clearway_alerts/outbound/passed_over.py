"""What this process cannot read, and passes over for a while when it leases: another process may read it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

from clearway_alerts.storage.unreadable import RowKind

# Then it is read again: a person may have mended it.
PASSED_OVER_FOR: Final = timedelta(minutes=1)
# A statement can name no more rows than this. A process that passes over so many leases nothing until some are over.
MOST_PASSED_OVER: Final = 5_000

View: TypeAlias = tuple[UUID, int]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that could not be read, and why. Every delivery that needs it is passed over."""

    row: RowKind
    key: UUID | View
    why: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """What a lease leaves to other processes: whole subscriptions, alerts, and incidents at one revision."""

    subscriptions: Collection[UUID] = ()
    alerts: Collection[UUID] = ()
    views: Collection[View] = ()


class PassedOver:
    """Remembers what this process could not read, each for PASSED_OVER_FOR."""

    def __init__(self) -> None:
        self._until: dict[tuple[RowKind, UUID | View], datetime] = {}

    def add(self, found: Iterable[Unreadable], now: datetime) -> bool:
        """Whether there is any that it did not pass over already."""
        until = {(row.row, row.key): now + PASSED_OVER_FOR for row in found}
        is_any_new = bool(until.keys() - self._until.keys())
        self._until |= until
        return is_any_new

    def at(self, now: datetime) -> Excluded:
        self._until = {found: until for found, until in self._until.items() if until > now}
        return Excluded(
            subscriptions=[key for row, key in self._until if row is RowKind.CHANNEL and isinstance(key, UUID)],
            alerts=[key for row, key in self._until if row is RowKind.ALERT and isinstance(key, UUID)],
            views=[key for _, key in self._until if isinstance(key, tuple)],
        )

    @property
    def is_full(self) -> bool:
        return len(self._until) >= MOST_PASSED_OVER
