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
from clearway_incidents.storage.rows import Entry, Prepared, columns_of, incident_row, revision_row
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

    def first(self, act: Act, change: NewRevision, content_hash: str) -> tuple[Prepared, State]:
        """A first revision ready to be written, and what is shown of it. Nothing is asked of the database for it.
        `content_hash`: of the report that makes it, as it was sent. Raises InvalidFact."""
        entry = self._entry(change, None, act.by, act.person)
        incident = incident_row(entry) | {"words_of": 1, "content_hash": content_hash}
        return self._prepared(entry, act.by, act.person, incident), entry.state

    async def create(self, transaction: Transaction, first: Sequence[Prepared]) -> bool:
        """Write first revisions. False, and nothing is to be committed, when one of the ids is taken."""
        if not first:
            return True
        rows = one_or_many([prepared.incident for prepared in first])
        written = await transaction.connection.execute(_OPEN[transaction.connection.dialect.name], rows)
        if len(written.all()) < len(first):
            return False
        await self._write(transaction, first)
        return True

    async def append(
        self, transaction: Transaction, principal: Principal, before: Recorded, change: NewRevision
    ) -> Written:
        """Write the next revision; the state on record when nothing changed. Raises StaleRevision after a lost race,
        NotNow when the incident is full."""
        entry = self._entry(change, before, principal.id, person_of(principal))
        if not entry.changed:
            return await self._unchanged(transaction, principal, before, entry)
        check_room(change, before.state, entry.state)
        target = {"of": entry.incident.incident_id, "in_mission": principal.mission, "seen": before.incident.revision}
        # The version is checked before the outbox gives its number, so that events leave in the order of revisions.
        incident = incident_row(entry)
        if (await transaction.connection.execute(_MOVE, incident | target)).rowcount == 0:
            now = await self.current(transaction, principal.mission, entry.incident.incident_id)
            raise StaleRevision(now.incident.revision)
        prepared = self._prepared(entry, principal.id, person_of(principal), incident)
        await self._write(transaction, [prepared])
        sharing = entry.incident.sharing
        if is_raised(before.incident.sharing, sharing):
            # Who catches up must not read in an earlier event what is marked more highly by now.
            change_data = partial(marked_since, sharing=sharing)
            await rewrite_events(transaction, principal.mission, entry.incident.incident_id, change_data)
        return Written(entry.state, prepared.withheld)

    async def _unchanged(
        self, transaction: Transaction, principal: Principal, before: Recorded, entry: Entry
    ) -> Written:
        """A text may be withheld where another one is already: there is no revision, and it is kept all the same."""
        held = tuple(one for one in entry.held if one.field != REASON)
        kept = replace(entry, change=replace(entry.change, incident=before.incident), held=held)
        if (texts := self._held(kept, principal.id, person_of(principal))) is not None:
            await keep_texts(transaction, [texts])
        return Written(before.state, tuple(one.field for one in held))

    def _recorded(self, stored: Any) -> Recorded:
        return Recorded(self.states.read_to_change(stored), self.states.shape(stored))

    def _entry(self, change: NewRevision, before: Recorded | None, by: str, person: str | None) -> Entry:
        """Withhold what is to be withheld, and seal the rest to the revision before it. The hash is over what is
        stored, and so are those before it."""
        change, held = withhold(self.guard, change, None if before is None else before.incident)
        stored = self.states.write(change.incident)
        previous = before.state["audit"]["hash"] if before else None
        stored["audit"]["prev_hash"] = previous
        stored["audit"]["hash"] = seal(sealed_part(stored, change.kind, by, change.reason, person), previous)
        audit = change.incident.audit.model_copy(update={"prev_hash": previous, "hash": stored["audit"]["hash"]})
        sealed = replace(change, incident=change.incident.model_copy(update={"audit": audit}))
        state = without_version(stored)
        changed = changed_names({} if before is None else before.state, state)
        words = _new_words(None if before is None else before.state, state, changed)
        return Entry(sealed, state, changed, columns_of(sealed.incident, stored), held, words)

    def _prepared(self, entry: Entry, by: str, person: str | None, incident: dict[str, Any]) -> Prepared:
        return Prepared(
            incident,
            revision_row(entry, by, person),
            self.outbox.row_of(event_of(self.outbox, entry.change, entry.changed, entry.state)),
            self._held(entry, by, person),
            None if entry.words is None else _worded(entry, entry.words),
        )

    def _held(self, entry: Entry, by: str, person: str | None) -> HeldFrom | None:
        if not entry.held:
            return None
        of, organisation, now = entry.incident, _organisation(entry), self.clock.now()
        return HeldFrom(of.mission, of.incident_id, of.revision, entry.held, by, person, organisation, now)

    async def _write(self, transaction: Transaction, prepared: Sequence[Prepared]) -> None:
        """Write the revisions, what is withheld from them, their words, and their events: a statement for each table,
        however many they are."""
        await transaction.connection.execute(_KEEP, one_or_many([one.revision for one in prepared]))
        await keep_texts(transaction, [one.held for one in prepared if one.held is not None])
        await keep_words(transaction, [one.words for one in prepared if one.words is not None])
        await self.outbox.add_rows(transaction, [one.message for one in prepared])


def _organisation(entry: Entry) -> str | None:
    """The organisation that the report names, where the change is one."""
    return entry.incident.reports[-1].organisation if entry.change.kind in REPORTING else None


def _new_words(before: State | None, state: State, changed: Sequence[str]) -> Words | None:
    """The words of the incident, where they are others than before."""
    if before is None:
        return words_of(state)
    if not any(name.partition(".")[0] in FIELDS for name in changed):
        return None
    words = words_of(state)
    return None if words == words_of(before) else words


def _worded(entry: Entry, words: Words) -> Worded:
    incident = entry.incident
    return Worded(
        incident.mission, incident.incident_id, incident.audit.updated_at, words, replaces=incident.revision > 1
    )
