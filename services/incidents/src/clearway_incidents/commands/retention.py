"""Acting on `retention_until`: what is past it is reduced to what statistics need, every night and by a command."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select, tuple_, update

from clearway_incidents.commands.attaching import forget
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.domain.errors import StaleRevision
from clearway_incidents.domain.retention import REMOVED, expire, reduced, reduced_event
from clearway_incidents.storage.external_refs import forget_content
from clearway_incidents.storage.feed_events import rewrite_events
from clearway_incidents.storage.held_texts import forget_texts
from clearway_incidents.storage.tables import INCIDENTS, REVISIONS
from clearway_incidents.storage.words import index_anew
from clearway_platform.auth.principals import Principal, Role
from clearway_platform.database.engines import Database, Transaction
from clearway_platform.database.states import NewerState
from clearway_platform.messaging.retry import retry_until_done

NIGHT_HOUR: Final = 2
"""The hour of the day, in UTC, at which it is done."""
REASON: Final = "its retention has ended"
# What happened while no process ran at night is done soon after the start.
_FIRST_SECONDS: Final = 60.0
_AT_ONCE: Final = 100

_OF_INCIDENT: Final = and_(REVISIONS.c.mission == bindparam("in_mission"), REVISIONS.c.incident_id == bindparam("of"))
_WHOLE: Final = (
    select(REVISIONS.c.revision, REVISIONS.c.state, REVISIONS.c.reason)
    .where(_OF_INCIDENT, REVISIONS.c.revision < bindparam("before"), REVISIONS.c.reduced_at.is_(None))
    .order_by(REVISIONS.c.revision)
    .limit(_AT_ONCE)
)
_REDUCE: Final = update(REVISIONS).where(_OF_INCIDENT, REVISIONS.c.revision == bindparam("number"))
_DONE: Final = (
    update(INCIDENTS)
    .where(INCIDENTS.c.mission == bindparam("in_mission"), INCIDENTS.c.incident_id == bindparam("of"))
    .values(retention_until=None)
)


@dataclass(frozen=True, slots=True)
class Retention:
    """Each incident is one transaction: a revision that says so in its history, the revisions before it, what its
    sources sent, its held texts, its photos, and the events that can still be read. Several processes may do it: one of
    them is the first."""

    revisions: Revisions
    database: Database

    async def run(self) -> None:
        """A worker."""
        seconds = _FIRST_SECONDS
        while True:
            await asyncio.sleep(seconds)
            await retry_until_done(self.apply)
            seconds = until_night(self.revisions.clock.now()).total_seconds()

    async def apply(self) -> int:
        """Reduce every incident that is past its retention. Returns how many."""
        count, after = 0, (UUID(int=0), "")
        while due := await self._due(after):
            for mission, incident_id in due:
                count += await self._reduce(mission, incident_id)
            mission, incident_id = due[-1]
            after = (incident_id, mission)
        return count

    async def _due(self, after: tuple[UUID, str]) -> Sequence[tuple[str, UUID]]:
        """The next that are past it. A row that an older program wrote says so in its state alone."""
        now, columns = self.revisions.clock.now(), INCIDENTS.c
        stated = columns.state["sharing"]["retention_until"].as_string() <= f"{now:%Y-%m-%dT%H:%M:%S}Z"
        is_older = or_(columns.marks_of.is_(None), columns.marks_of != columns.revision)
        due = or_(columns.retention_until <= now, and_(is_older, stated))
        key = (columns.incident_id, columns.mission)
        last = (bindparam(None, value, type_=column.type) for column, value in zip(key, after, strict=True))
        query = select(columns.mission, columns.incident_id).where(due, tuple_(*key) > tuple_(*last))
        async with self.database.of_every_mission(
            "what is past its retention is looked for in all"
        ).read() as connection:
            rows = await connection.execute(query.order_by(*key).limit(_AT_ONCE))
            return [(row.mission, row.incident_id) for row in rows]

    async def _reduce(self, mission: str, incident_id: UUID) -> bool:
        """False when someone changed it meanwhile, or a newer program wrote it: it is done the next time."""
        principal = Principal("retention", "retention", mission, Role.ADMIN)
        try:
            async with self.database.of(mission).write() as transaction:
                before = await self.revisions.current(transaction, mission, incident_id)
                change = expire(before.incident, self.revisions.act(principal, REASON))
                after = await self.revisions.append(transaction, principal, before, change)
                is_new = after.state["revision"] > before.incident.revision
                named = {"in_mission": mission, "of": incident_id}
                await self._reduce_history(transaction, named, after.state["revision"] + (0 if is_new else 1))
                await index_anew(transaction, mission, incident_id, after.state["revision"])
                await forget_content(transaction, mission, incident_id)
                await forget_texts(transaction, mission, incident_id)
                now = self.revisions.clock.now()
                await forget(transaction, now, principal.id, REASON, mission=mission, incident_id=incident_id)
                await rewrite_events(transaction, mission, incident_id, reduced_event)
                await transaction.connection.execute(_DONE, named)
        except (StaleRevision, NewerState):
            return False
        return True

    async def _reduce_history(self, transaction: Transaction, named: dict[str, Any], before: int) -> None:
        """The revisions of an incident before a number. Their hashes stay: they are of what was there."""
        now = self.revisions.clock.now()
        while whole := (await transaction.connection.execute(_WHOLE, named | {"before": before})).all():
            rows = [
                {
                    **named,
                    "number": row.revision,
                    "state": reduced(row.state),
                    "reason": row.reason if row.reason in (None, REASON) else REMOVED,
                    "reduced_at": now,
                }
                for row in whole
            ]
            await transaction.connection.execute(_REDUCE, rows)


def until_night(now: datetime) -> timedelta:
    """The time until the next night."""
    tonight = now.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return (tonight if tonight > now else tonight + timedelta(days=1)) - now
