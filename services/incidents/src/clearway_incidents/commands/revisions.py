"""Writing revisions: the incident, its revision and its event in one transaction, each sealed to the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from clearway_incidents.commands.capacity import check_room
from clearway_incidents.domain.chain import seal, sealed_part
from clearway_incidents.domain.difference import changed_names
from clearway_incidents.domain.errors import StaleRevision, UnknownIncident
from clearway_incidents.domain.incident import Incident
from clearway_incidents.domain.life import Change
from clearway_incidents.outgoing import event_of
from clearway_incidents.storage.tables import INCIDENTS, REVISIONS, dump, indexed_columns
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction, on_either, one_or_many
from clearway_platform.messaging.outbox import Outbox

State = dict[str, Any]

# Made once: to make a statement costs more than to run it.
_CURRENT: Final = select(INCIDENTS.c.state).where(
    INCIDENTS.c.incident_id == bindparam("incident_id"), INCIDENTS.c.mission == bindparam("mission")
)
_REVISION: Final = select(REVISIONS.c.state).where(
    REVISIONS.c.incident_id == bindparam("incident_id"), REVISIONS.c.revision == bindparam("revision")
)
_OPEN: Final = on_either(
    lambda new: new.on_conflict_do_nothing().returning(INCIDENTS.c.incident_id),
    INCIDENTS,
)
_MOVE: Final = update(INCIDENTS).where(
    INCIDENTS.c.incident_id == bindparam("of"), INCIDENTS.c.revision == bindparam("seen")
)
_KEEP: Final = insert(REVISIONS)


@dataclass(frozen=True, slots=True)
class Entry:
    """A revision ready to be written: its state with the hash in it, and what it changed."""

    change: Change
    state: State
    changed: tuple[str, ...]

    @property
    def incident(self) -> Incident:
        return self.change.incident


@dataclass(frozen=True, slots=True)
class Ledger:
    """Reads incidents for a change, and appends revisions."""

    clock: Clock
    outbox: Outbox

    async def current(
        self, transaction: Transaction, mission: str, incident_id: UUID, *, field: str | None = None
    ) -> State:
        """The state on record. `field` is where the id was given. Raises UnknownIncident."""
        named = {"incident_id": incident_id, "mission": mission}
        state: State | None = (await transaction.connection.execute(_CURRENT, named)).scalar_one_or_none()
        if state is None:
            raise UnknownIncident(incident_id, field)
        return state

    async def revision(self, transaction: Transaction, incident_id: UUID, number: int) -> State:
        """The state at a revision that is known to exist."""
        named = {"incident_id": incident_id, "revision": number}
        state: State = (await transaction.connection.execute(_REVISION, named)).scalar_one()
        return state

    async def create(
        self, transaction: Transaction, principal: Principal, changes: Sequence[tuple[Change, str]]
    ) -> list[State] | None:
        """Write first revisions, each with its content hash; None when one of the ids is taken."""
        entries = [(entry(change, None, principal.id), content_hash) for change, content_hash in changes]
        rows = [_incident_row(item) | {"content_hash": content_hash} for item, content_hash in entries]
        if not rows:
            return []
        written = await transaction.connection.execute(_OPEN[transaction.connection.dialect.name], one_or_many(rows))
        if len(written.all()) < len(rows):
            return None
        await self._tell(transaction, principal, [item for item, _hash in entries])
        return [item.state for item, _hash in entries]

    async def append(self, transaction: Transaction, principal: Principal, before: State, change: Change) -> State:
        """Write the next revision; the state on record when nothing changed. Raises StaleRevision after a lost race,
        NotNow when the incident is full."""
        item = entry(change, before, principal.id)
        if not item.changed:
            return before
        check_room(change, before, item.state)
        row = _incident_row(item) | {"of": item.incident.incident_id, "seen": before["revision"]}
        # The version is checked before the outbox gives its number, so that events leave in the order of revisions.
        if (await transaction.connection.execute(_MOVE, row)).rowcount == 0:
            now = await self.current(transaction, principal.mission, item.incident.incident_id)
            raise StaleRevision(now["revision"])
        await self._tell(transaction, principal, [item])
        return item.state

    async def _tell(self, transaction: Transaction, principal: Principal, entries: Sequence[Entry]) -> None:
        rows = [_revision_row(item, principal.id) for item in entries]
        await transaction.connection.execute(_KEEP, one_or_many(rows))
        events = [event_of(self.outbox, item.change.kind, item.state, item.changed) for item in entries]
        await self.outbox.add(transaction, events)


def entry(change: Change, before: State | None, by: str) -> Entry:
    """Seal a change to the revision before it."""
    state = dump(change.incident)
    previous = before["audit"]["hash"] if before else None
    state["audit"]["prev_hash"] = previous
    state["audit"]["hash"] = seal(sealed_part(state, change.kind, by, change.reason), previous)
    return Entry(change, state, changed_names(before or {}, state))


def require_revision(state: State, expected: int) -> None:
    """Raise StaleRevision unless the caller has seen what is on record."""
    if state["revision"] != expected:
        raise StaleRevision(state["revision"])


def _incident_row(item: Entry) -> dict[str, Any]:
    return indexed_columns(item.incident) | {
        "incident_id": item.incident.incident_id,
        "mission": item.incident.mission,
        "revision": item.incident.revision,
        "updated_at": item.incident.audit.updated_at,
        "state": item.state,
    }


def _revision_row(item: Entry, by: str) -> dict[str, Any]:
    return indexed_columns(item.incident) | {
        "incident_id": item.incident.incident_id,
        "revision": item.incident.revision,
        "mission": item.incident.mission,
        "kind": item.change.kind.value,
        "recorded_at": item.incident.audit.updated_at,
        "by": by,
        "reason": item.change.reason,
        "changed": list(item.changed),
        "prev_hash": item.state["audit"]["prev_hash"],
        "hash": item.state["audit"]["hash"],
        "state": item.state,
    }
