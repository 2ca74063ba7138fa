"""Watch a source for silence, change how long it may be quiet, and stop watching it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, select, update

from clearway_alerts.commands.subscriptions import Kept
from clearway_alerts.domain.errors import NoSuchSource, NotSoLong, UnknownPart
from clearway_alerts.domain.source import LONGEST, SHORTEST, key_of
from clearway_alerts.storage.tables import WATCHED_SOURCE
from clearway_contracts.topics import HEARTBEATS, TOPICS
from clearway_contracts.vocabulary import SourceKind
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock, new_id
from clearway_platform.database.engines import Transaction, insert
from clearway_platform.refusals import StaleRevision

# The services that say of themselves that they run, and the consumers of which they say how far these are.
RELAYS: Final = tuple(sorted(HEARTBEATS.producers))
CONSUMERS: Final = tuple(sorted({consumer for topic in TOPICS for consumer in topic.consumers}))
_NAMES: Final = {SourceKind.CONSUMER: CONSUMERS, SourceKind.RELAY: RELAYS}


@dataclass(frozen=True, slots=True)
class NewSource:
    """What an operator asks for."""

    name: str
    kind: SourceKind
    watches: str
    quiet_after: timedelta


@dataclass(frozen=True, slots=True)
class Sources:
    """After the commit `look` is called: there may be something to say."""

    clock: Clock
    look: Callable[[], None]

    async def create(self, transaction: Transaction, principal: Principal, wanted: NewSource) -> RowMapping:
        """From now on it must be heard from. Raises NotSoLong, UnknownPart."""
        _check_duration(wanted.quiet_after)
        known = _NAMES.get(wanted.kind)
        if known is not None and wanted.watches not in known:
            raise UnknownPart(wanted.kind, known)
        now = self.clock.now()
        row = {
            "id": new_id(),
            "mission": principal.mission,
            "owner": principal.id,
            "name": wanted.name,
            "kind": wanted.kind,
            "watches": wanted.watches,
            "key": key_of(wanted.kind, wanted.watches),
            "quiet_seconds": _seconds(wanted.quiet_after),
            "revision": 1,
            "watched_since": now,
            "quiet_until": now + timedelta(seconds=_seconds(wanted.quiet_after)),
            "turn": 0,
            "told_in": 0,
            "created_at": now,
            "updated_at": now,
        }
        made = insert(transaction.connection, WATCHED_SOURCE).values(row).returning(*WATCHED_SOURCE.c)
        return (await transaction.connection.execute(made)).mappings().one()

    async def change(
        self,
        transaction: Transaction,
        principal: Principal,
        source_id: UUID,
        seen: int,
        name: str | None = None,
        quiet_after: timedelta | None = None,
    ) -> Kept:
        """None leaves a part as it is. Raises NotSoLong, NoSuchSource, StaleRevision."""
        row = await _lock_seen(transaction, principal, source_id, seen)
        values: dict[str, Any] = {} if name is None else {"name": name}
        if quiet_after is not None:
            _check_duration(quiet_after)
            since = row["last_heard_at"] or row["watched_since"]
            seconds = _seconds(quiet_after)
            values |= {"quiet_seconds": seconds, "quiet_until": since + timedelta(seconds=seconds)}
        if all(row[field] == value for field, value in values.items()):
            return Kept(row, changed=False)
        return Kept(await self._update(transaction, row, values), changed=True)

    async def delete(self, transaction: Transaction, principal: Principal, source_id: UUID, seen: int) -> Kept:
        """It is no longer watched. Everyone who was told that it is silent is told that."""
        row = await _lock_seen(transaction, principal, source_id, seen)
        return Kept(await self._update(transaction, row, {"deleted_at": self.clock.now()}), changed=True)

    async def _update(self, transaction: Transaction, row: RowMapping, values: dict[str, Any]) -> RowMapping:
        marks = {"revision": row["revision"] + 1, "updated_at": self.clock.now()}
        changed = update(WATCHED_SOURCE).where(WATCHED_SOURCE.c.id == row["id"]).values(values | marks)
        transaction.after_commit(self.look)
        return (await transaction.connection.execute(changed.returning(*WATCHED_SOURCE.c))).mappings().one()


async def _lock_seen(transaction: Transaction, principal: Principal, source_id: UUID, seen: int) -> RowMapping:
    its_own = (WATCHED_SOURCE.c.mission == principal.mission) & (WATCHED_SOURCE.c.id == source_id)
    query = select(WATCHED_SOURCE).where(its_own, WATCHED_SOURCE.c.deleted_at.is_(None)).with_for_update()
    row = (await transaction.connection.execute(query)).mappings().first()
    if row is None:
        raise NoSuchSource(source_id)
    if row["revision"] != seen:
        raise StaleRevision(row["revision"])
    return row


def _check_duration(quiet_after: timedelta) -> None:
    if not SHORTEST <= quiet_after <= LONGEST:
        raise NotSoLong


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())
