"""Tells a subscription what stands where it newly looks, and was not told to it: at once, and each hazard once.

A subscription that was made or changed is looked at in parts of bounded size, by any process; what was found is stored
under the mission's lock, under which no incident is decided on (docs/adr/0030-standing-hazards.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.channels.registry import Channels
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.matching import Watch, watch_of, watched_by
from clearway_alerts.domain.news import stands
from clearway_alerts.domain.renewal import Validity
from clearway_alerts.domain.standing import MOST_SINGLE, decide_found
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.outbound.digests import close_digest, count_of
from clearway_alerts.outbound.recipients import recipient_of
from clearway_alerts.storage import mission_lock
from clearway_alerts.storage.rows import read_line
from clearway_alerts.storage.standing_hazards import newest_of, part_of_standing
from clearway_alerts.storage.states import read_filter
from clearway_alerts.storage.tables import IS_UNCHECKED, ROUTE_VIEW, SUBSCRIPTION
from clearway_alerts.storage.unreadable import RowKind, UnreadableRows, why_unreadable
from clearway_alerts.warning.alert_history import told_of
from clearway_alerts.warning.issuing import Decided, Issuing, store
from clearway_alerts.warning.writing import Writing
from clearway_contracts.vocabulary import Inclusion
from clearway_platform.clock import Clock, new_id
from clearway_platform.database.engines import Database, Transaction
from clearway_platform.heavy import HeavyWork, in_parts
from clearway_platform.messaging.retry import is_temporary, retry_until_done

_POLL_SECONDS: Final = 1.0
# So many alerts of a digest are stored in one transaction. Warnings of the mission wait for it, some milliseconds.
STORED_AT_ONCE: Final = 50
# Of so many subscriptions at most it is remembered that this process cannot read them.
_LOOKED_AT: Final = 100

# The same as that of the index, where the columns of another table stand beside it.
_IS_UNCHECKED: Final = SUBSCRIPTION.c.deleted_at.is_(None) & or_(
    SUBSCRIPTION.c.checked_in.is_(None), SUBSCRIPTION.c.checked_in < SUBSCRIPTION.c.changed_in
)
_UNCHECKED: Final = (
    select(SUBSCRIPTION.c.id, SUBSCRIPTION.c.mission, SUBSCRIPTION.c.changed_in)
    .where(IS_UNCHECKED)
    .order_by(SUBSCRIPTION.c.changed_in)
    .limit(_LOOKED_AT)
)


@dataclass(frozen=True, slots=True)
class Look:
    """One look for a subscription as it was in `seen`, the mission's version of its last change. `digest_id` is of the
    digest that is filled if there are many."""

    row: RowMapping
    watch: Watch
    digest_id: UUID
    exercise: bool
    unreadable: UnreadableRows = field(compare=False)

    @property
    def subscription_id(self) -> UUID:
        found: UUID = self.row["id"]
        return found

    @property
    def mission(self) -> str:
        found: str = self.row["mission"]
        return found

    @property
    def is_active(self) -> bool:
        return bool(self.row["state"] == SubscriptionState.ACTIVE)


@dataclass(frozen=True, slots=True)
class ToTell:
    """A standing hazard, and what was decided on it."""

    incident: IncidentView
    decided: Decided

    def in_digest(self, digest_id: UUID) -> Decided:
        one = self.decided
        return Decided(one.subscription_id, one.decision, one.matches, one.history, one.danger_stands, digest_id)


class StandingHazards:
    """A worker of a process. `heavy` measures areas; it is not the one that warnings wait for."""

    def __init__(
        self,
        database: Database,
        issuing: Issuing,
        channels: Channels,
        clock: Clock,
        *,
        validity: Validity,
        heavy: HeavyWork,
    ) -> None:
        self._database = database
        self._issuing = issuing
        self._channels = channels
        self._clock = clock
        self._validity = validity
        self._heavy = heavy
        self._woken = asyncio.Event()
        self._unreadable = UnreadableRows()
        # What this process could not read, at its last change: it is left to another process.
        self._left: dict[UUID, int] = {}

    def wake(self) -> None:
        """A subscription was made or changed, or its route was redrawn."""
        self._woken.set()

    async def run(self) -> None:
        """A worker: look for each subscription that changed, until cancelled."""
        while True:
            self._woken.clear()
            while await retry_until_done(self.look_once, on=_may_succeed_later):
                pass
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._woken.wait()

    async def look_once(self) -> bool:
        """Look for one subscription. False when there is none to look for."""
        async with self._database.of_every_mission("a changed subscription may be any mission's").read() as connection:
            rows = (await connection.execute(_UNCHECKED)).all()
        for row in rows:
            if self._left.get(row.id) != row.changed_in:
                await self._look(row.id, row.mission, row.changed_in)
                return True
        return False

    async def _look(self, subscription_id: UUID, mission: str, seen: int) -> None:
        look = await self._begin(subscription_id, mission, seen)
        if look is None:
            return
        found = await self._find(look)
        async with self._database.of(mission).read(warns=True) as connection:
            before = await count_of(connection, look.digest_id)
        if before + len(found) <= MOST_SINGLE and not before:
            await self._change(look, partial(self._issue, look, found))
            return
        for start in range(0, len(found), STORED_AT_ONCE):
            part = found[start : start + STORED_AT_ONCE]
            if not await self._change(look, partial(self._store, look, part)):
                return
        await self._change(look, partial(self._send_digest, look))

    async def _begin(self, subscription_id: UUID, mission: str, seen: int) -> Look | None:
        """Wait until every incident that was decided on without this subscription is committed, and is found. None when
        there is nothing to look for."""
        async with self._database.of(mission).write() as transaction:
            await mission_lock.alone(transaction, mission)
            row = await _as_seen(transaction.connection, subscription_id, seen)
            if row is None:
                return None
            try:
                chosen = read_filter(row["filter"])
                watch = watch_of(subscription_id, chosen, read_line(row["line"]) if row["line"] else None)
            except Exception as error:  # whatever it is, it is about this subscription alone
                self._unreadable.note(RowKind.FILTER, subscription_id, why_unreadable(error))
                self._left[subscription_id] = seen
                return None
            if watch is None:
                await _mark(transaction, subscription_id, seen)
                return None
            digest_id = row["digest_id"] or new_id()
            await _set(transaction, subscription_id, digest_id=digest_id)
        return Look(row, watch, digest_id, chosen.exercises is Inclusion.ONLY, self._unreadable)

    async def _find(self, look: Look) -> list[UUID]:
        """The incidents to tell of, by their ids. It is read beside warnings, and asked again when they are stored."""
        found: list[UUID] = []
        after: tuple[UUID, int] | None = None
        while True:
            async with self._database.of(look.mission).read(warns=True) as connection:
                part = await part_of_standing(connection, look.mission, after, self._unreadable)
                watched = await self._watched(look, part.incidents)
                found += [one.incident.incident_id for one in await self._decided(connection, look, watched)]
            if part.last is None:
                return found
            after = part.last

    async def _watched(self, look: Look, incidents: Sequence[IncidentView]) -> list[IncidentView]:
        standing = [incident for incident in incidents if stands(incident)]
        return await self._heavy.run(watched_by, look.watch, standing) if standing else []

    async def _decided(
        self, connection: AsyncConnection, look: Look, watched: Collection[IncidentView]
    ) -> list[ToTell]:
        """What is to be said of the incidents that the subscription watches; nothing of those that it knows of."""
        now = self._clock.now()
        incidents = [incident.incident_id for incident in watched]
        told = await told_of(connection, look.mission, [look.subscription_id], incidents, now) if incidents else {}
        found = []
        for incident in watched:
            history = told.get((look.subscription_id, incident.incident_id))
            last, expires_at = (history.told, history.expires_at) if history else (None, None)
            decision = decide_found(last, expires_at, is_active=look.is_active, now=now)
            if decision is not None:
                stands_for = self._validity.of(look.watch)
                decided = Decided(look.subscription_id, decision, True, history, stands_for)
                found.append(ToTell(incident, decided))
        return found

    async def _to_tell(self, transaction: Transaction, look: Look, incidents: Sequence[UUID]) -> list[ToTell]:
        """Asked again, under the lock: an incident may have changed since it was found."""
        views = await newest_of(transaction.connection, look.mission, incidents, self._unreadable)
        watched = await self._watched(look, list(views.values()))
        return await self._decided(transaction.connection, look, watched)

    async def _issue(self, look: Look, incidents: Sequence[UUID], transaction: Transaction) -> None:
        """A few: each is an alert and a message of its own."""
        recipient = recipient_of(look.row, self._channels)
        recipients = {look.subscription_id: recipient} if recipient else {}
        now, writing = self._clock.now(), self._issuing.writing(transaction)
        for one in await self._to_tell(transaction, look, incidents):
            await self._issuing.issue(writing, one.incident, [one.decided], recipients, now)
            _record(writing, one.incident, one.decided, now)
        await writing.write()
        await _mark(transaction, look.subscription_id, look.row["changed_in"])

    async def _store(self, look: Look, incidents: Sequence[UUID], transaction: Transaction) -> None:
        """Many: each is an alert of its own, and the digest is their message."""
        now, writing = self._clock.now(), self._issuing.writing(transaction)
        async for one in in_parts(await self._to_tell(transaction, look, incidents)):
            decided = one.in_digest(look.digest_id)
            store(writing, one.incident, [decided], now)
            _record(writing, one.incident, decided, now)
            await writing.write_much()
        await writing.write()

    async def _send_digest(self, look: Look, transaction: Transaction) -> None:
        digest = await close_digest(transaction, look.digest_id, look.row, self._clock.now(), exercise=look.exercise)
        if digest is not None:
            await self._issuing.issue_digest(transaction, digest, recipient_of(look.row, self._channels))
        await _mark(transaction, look.subscription_id, look.row["changed_in"])

    async def _change(self, look: Look, change: Callable[[Transaction], Awaitable[None]]) -> bool:
        """One change under the lock. False when the subscription was changed, or finished by another process, since it
        was seen: then it is looked at anew."""
        async with self._database.of(look.mission).write() as transaction:
            await mission_lock.alone(transaction, look.mission)
            now = await _as_seen(transaction.connection, look.subscription_id, look.row["changed_in"])
            if now is None or now["digest_id"] != look.digest_id:
                return False
            await change(transaction)
            return True


def _record(writing: Writing, incident: IncidentView, decided: Decided, now: datetime) -> None:
    decisions = {decided.subscription_id: decided.decision}
    writing.record(incident.mission, incident.incident_id, incident.revision, decisions, now)


async def _as_seen(connection: AsyncConnection, subscription_id: UUID, seen: int) -> RowMapping | None:
    """The subscription and its route's line; None when it was changed since, or was looked at already."""
    its_route = (ROUTE_VIEW.c.mission == SUBSCRIPTION.c.mission) & (ROUTE_VIEW.c.route_id == SUBSCRIPTION.c.route_id)
    query = (
        select(*SUBSCRIPTION.c, ROUTE_VIEW.c.line)
        .outerjoin_from(SUBSCRIPTION, ROUTE_VIEW, its_route)
        .where(SUBSCRIPTION.c.id == subscription_id, SUBSCRIPTION.c.changed_in == seen, _IS_UNCHECKED)
    )
    return (await connection.execute(query)).mappings().first()


async def _mark(transaction: Transaction, subscription_id: UUID, seen: int) -> None:
    """What changed after `seen` is looked at anew."""
    await _set(transaction, subscription_id, checked_in=seen, digest_id=None)


async def _set(transaction: Transaction, subscription_id: UUID, **values: Any) -> None:
    await transaction.connection.execute(
        update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == subscription_id).values(values)
    )


def _may_succeed_later(error: Exception) -> bool:
    """Release 0.1.0 does not know the lock: beside it an alert may break the unique key, and is then found told."""
    return is_temporary(error) or isinstance(error, IntegrityError)
