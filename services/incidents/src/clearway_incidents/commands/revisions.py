"""Writing revisions: the incident, its revision and its event in one transaction, each sealed to the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, case, insert, select, update

from clearway_contracts.incident import IncidentState, Sharing
from clearway_incidents import permissions
from clearway_incidents.commands.capacity import check_room
from clearway_incidents.domain.chain import seal, sealed_part
from clearway_incidents.domain.content_guard import PLAIN, ContentGuard
from clearway_incidents.domain.difference import changed_names
from clearway_incidents.domain.errors import InvalidFact, StaleRevision, UnknownIncident
from clearway_incidents.domain.life import REPORTING, Act, NewRevision
from clearway_incidents.domain.sight import handling_of, is_raised, marked_since
from clearway_incidents.domain.withholding import REASON, withhold
from clearway_incidents.domain.words import FIELDS, Words, words_of
from clearway_incidents.outgoing import event_of
from clearway_incidents.storage.feed_events import rewrite_events
from clearway_incidents.storage.held_texts import HeldFrom, keep_texts
from clearway_incidents.storage.rows import Entry, incident_row, revision_row
from clearway_incidents.storage.tables import INCIDENTS, REVISIONS
from clearway_incidents.storage.words import Worded, keep_words
from clearway_platform.auth.ceilings import Sight
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction, on_either, one_or_many
from clearway_platform.database.states import State, StateVersions, without_version
from clearway_platform.messaging.outbox import Outbox

# Made once: to make a statement costs more than to run it.
_CURRENT: Final = select(INCIDENTS.c.state).where(
    INCIDENTS.c.incident_id == bindparam("incident_id"), INCIDENTS.c.mission == bindparam("mission")
)
_REVISION: Final = select(REVISIONS.c.state).where(
    REVISIONS.c.incident_id == bindparam("incident_id"),
    REVISIONS.c.revision == bindparam("revision"),
    REVISIONS.c.mission == bindparam("mission"),
)
_OPEN: Final = on_either(
    lambda new: new.on_conflict_do_nothing().returning(INCIDENTS.c.incident_id),
    INCIDENTS,
)
# Where the words of the revision before are not indexed, those of this one alone would not be enough.
_WORDS_OF: Final = case((INCIDENTS.c.words_of == bindparam("seen"), bindparam("seen") + 1), else_=INCIDENTS.c.words_of)
_MOVE: Final = (
    update(INCIDENTS)
    .where(
        INCIDENTS.c.incident_id == bindparam("of"),
        INCIDENTS.c.mission == bindparam("in_mission"),
        INCIDENTS.c.revision == bindparam("seen"),
    )
    .values(words_of=_WORDS_OF)
)
_KEEP: Final = insert(REVISIONS)


@dataclass(frozen=True, slots=True)
class Target:
    """The incident that a command changes, and the revision of it that its caller has seen."""

    incident_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """An incident on record: validated for a command, and as the fields that are shown, in the newest shape."""

    incident: IncidentState
    state: State


@dataclass(frozen=True, slots=True)
class Written:
    """The state after a change, and the names of the texts that were withheld from it."""

    state: State
    withheld: tuple[str, ...] = ()


def person_of(principal: Principal) -> str | None:
    """What the record keeps of the person whose key it is; None where the key has none."""
    return None if principal.person is None else principal.identity


@dataclass(frozen=True, slots=True)
class Revisions:
    """Reads incidents for a command, and writes their revisions. Every text of an incident passes the guard here."""

    clock: Clock
    outbox: Outbox
    states: StateVersions[IncidentState]
    guard: ContentGuard = PLAIN

    async def current(self, transaction: Transaction, mission: str, incident_id: UUID) -> Recorded:
        """The incident on record. Raises UnknownIncident."""
        named = {"incident_id": incident_id, "mission": mission}
        stored = (await transaction.connection.execute(_CURRENT, named)).scalar_one_or_none()
        if stored is None:
            raise UnknownIncident(incident_id)
        return self._recorded(stored)

    async def seen(self, transaction: Transaction, principal: Principal, target: Target) -> Recorded:
        """The incident on record, if its caller has seen this revision. Raises UnknownIncident, StaleRevision."""
        recorded = await self.readable(transaction, principal, target.incident_id)
        if recorded.incident.revision != target.revision:
            raise StaleRevision(recorded.incident.revision)
        return recorded

    async def readable(self, transaction: Transaction, principal: Principal, incident_id: UUID) -> Recorded:
        """The incident on record, if its caller may see anything of it. Raises UnknownIncident."""
        recorded = await self.current(transaction, principal.mission, incident_id)
        if principal.ceiling.sight(handling_of(recorded.state)) is Sight.NOTHING:
            raise UnknownIncident(incident_id)
        return recorded

    def check_marks(self, principal: Principal, before: Recorded, after: Sharing) -> None:
        """Raise InvalidFact where marks are changed by a principal that they keep from the whole incident."""
        if after != before.incident.sharing and principal.ceiling.sight(handling_of(before.state)) is not Sight.WHOLE:
            raise InvalidFact(
                "sharing", "is changed by keys that read the whole incident", "Leave it out, or ask the security cell."
            )

    def act(self, principal: Principal, reason: str | None = None) -> Act:
        """A change by this principal, now."""
        assesses = principal.may(permissions.ASSESS)
        return Act(principal.id, self.clock.now(), reason, person=person_of(principal), assesses=assesses)

    async def at(self, transaction: Transaction, mission: str, incident_id: UUID, number: int) -> Recorded:
        """The incident at a revision that is known to exist."""
        named = {"mission": mission, "incident_id": incident_id, "revision": number}
        return self._recorded((await transaction.connection.execute(_REVISION, named)).scalar_one())

    async def create(
        self, transaction: Transaction, principal: Principal, changes: Sequence[tuple[NewRevision, str]]
    ) -> list[Written] | None:
        """Write first revisions, each with its content hash; None when one of the ids is taken."""
        entries = [(self._entry(change, None, principal), content_hash) for change, content_hash in changes]
        first = {"words_of": 1}
        rows = [incident_row(entry) | first | {"content_hash": content_hash} for entry, content_hash in entries]
        if not rows:
            return []
        written = await transaction.connection.execute(_OPEN[transaction.connection.dialect.name], one_or_many(rows))
        if len(written.all()) < len(rows):
            return None
        return await self._write(transaction, principal, [entry for entry, _hash in entries])

    async def append(
        self, transaction: Transaction, principal: Principal, before: Recorded, change: NewRevision
    ) -> Written:
        """Write the next revision; the state on record when nothing changed. Raises StaleRevision after a lost race,
        NotNow when the incident is full."""
        entry = self._entry(change, before, principal)
        if not entry.changed:
            return await self._unchanged(transaction, principal, before, entry)
        check_room(change, before.state, without_version(entry.stored))
        target = {"of": entry.incident.incident_id, "in_mission": principal.mission, "seen": before.incident.revision}
        # The version is checked before the outbox gives its number, so that events leave in the order of revisions.
        if (await transaction.connection.execute(_MOVE, incident_row(entry) | target)).rowcount == 0:
            now = await self.current(transaction, principal.mission, entry.incident.incident_id)
            raise StaleRevision(now.incident.revision)
        [written] = await self._write(transaction, principal, [entry])
        sharing = entry.incident.sharing
        if is_raised(before.incident.sharing, sharing):
            # Who catches up must not read in an earlier event what is marked more highly by now.
            change_data = partial(marked_since, sharing=sharing)
            await rewrite_events(transaction, principal.mission, entry.incident.incident_id, change_data)
        return written

    async def _unchanged(
        self, transaction: Transaction, principal: Principal, before: Recorded, entry: Entry
    ) -> Written:
        """A text may be withheld where another one is already: there is no revision, and it is kept all the same."""
        held = tuple(one for one in entry.held if one.field != REASON)
        kept = replace(entry, change=replace(entry.change, incident=before.incident), held=held)
        await self._keep_held(transaction, principal, [kept])
        return Written(before.state, _names(kept))

    def _recorded(self, stored: Any) -> Recorded:
        return Recorded(self.states.read_to_change(stored), self.states.shape(stored))

    def _entry(self, change: NewRevision, before: Recorded | None, principal: Principal) -> Entry:
        """Withhold what is to be withheld, and seal the rest to the revision before it. The hash is over what is
        stored, and so are those before it."""
        change, held = withhold(self.guard, change, None if before is None else before.incident)
        stored = self.states.write(change.incident)
        previous = before.state["audit"]["hash"] if before else None
        stored["audit"]["prev_hash"] = previous
        part = sealed_part(stored, change.kind, principal.id, change.reason, person_of(principal))
        stored["audit"]["hash"] = seal(part, previous)
        audit = change.incident.audit.model_copy(update={"prev_hash": previous, "hash": stored["audit"]["hash"]})
        sealed = replace(change, incident=change.incident.model_copy(update={"audit": audit}))
        changed = changed_names({} if before is None else before.state, without_version(stored))
        words = _new_words(None if before is None else before.state, stored, changed)
        return Entry(sealed, stored, changed, held, words)

    async def _write(self, transaction: Transaction, principal: Principal, entries: Sequence[Entry]) -> list[Written]:
        """Write the revisions, what is withheld from them, and their events; the states that are shown."""
        rows = [revision_row(entry, principal.id, person_of(principal)) for entry in entries]
        await transaction.connection.execute(_KEEP, one_or_many(rows))
        await self._keep_held(transaction, principal, entries)
        words = [_worded(entry, entry.words) for entry in entries if entry.words is not None]
        await keep_words(transaction, words)
        await self.outbox.add(transaction, [event_of(self.outbox, entry.change, entry.changed) for entry in entries])
        return [Written(without_version(entry.stored), _names(entry)) for entry in entries]

    async def _keep_held(self, transaction: Transaction, principal: Principal, entries: Sequence[Entry]) -> None:
        person, now = person_of(principal), self.clock.now()
        held = [
            HeldFrom(entry.incident, entry.held, principal.id, person, _organisation(entry), now)
            for entry in entries
            if entry.held
        ]
        if held:
            await keep_texts(transaction, held)


def _names(entry: Entry) -> tuple[str, ...]:
    return tuple(held.field for held in entry.held)


def _organisation(entry: Entry) -> str | None:
    """The organisation that the report names, where the change is one."""
    return entry.incident.reports[-1].organisation if entry.change.kind in REPORTING else None


def _new_words(before: State | None, stored: State, changed: Sequence[str]) -> Words | None:
    """The words of the incident, where they are others than before."""
    if before is None:
        return words_of(stored)
    if not any(name.partition(".")[0] in FIELDS for name in changed):
        return None
    words = words_of(stored)
    return None if words == words_of(before) else words


def _worded(entry: Entry, words: Words) -> Worded:
    incident = entry.incident
    return Worded(
        incident.mission, incident.incident_id, incident.audit.updated_at, words, replaces=incident.revision > 1
    )
