"""Importing: many reports at once, each of them by its external name created, corrected, or left as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import bindparam, select

from clearway_contracts.incident import IncidentState
from clearway_incidents.commands.basis import last_verified
from clearway_incidents.commands.intake import Submission
from clearway_incidents.commands.revisions import Recorded, Revisions, Written
from clearway_incidents.domain import life
from clearway_incidents.domain.contents import Kept, kept, restored
from clearway_incidents.domain.correcting import correct
from clearway_incidents.domain.errors import IdTaken, NotNow, Refusal, SentAtOnce
from clearway_incidents.domain.incident import ReportedFacts
from clearway_incidents.domain.life import Act, Kind
from clearway_incidents.domain.reporting import FirstReport, record
from clearway_incidents.storage.external_refs import Content, Key, KnownRef, keep_content, known_refs, take_names
from clearway_incidents.storage.rows import Prepared
from clearway_incidents.storage.tables import INCIDENTS
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction

# So many items are written in one piece, with a statement for each table: other tasks have their turn in between. Of 20
# at a time each row takes a third more, and of 250 a statement holds the event loop for twice as long.
_AT_ONCE: Final = 125

# The facts of the incident on record with what the source changed between its two contents.
Reconcile = Callable[[IncidentState, Mapping[str, Any], Mapping[str, Any]], ReportedFacts]
Known = dict[Key, KnownRef]

_MADE_FROM: Final = select(INCIDENTS.c.incident_id, INCIDENTS.c.content_hash).where(
    INCIDENTS.c.mission == bindparam("mission"), INCIDENTS.c.incident_id.in_(bindparam("ids", expanding=True))
)


class ImportResult(StrEnum):
    """The result of one item."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    CORRECTED = "corrected"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Item:
    """One item at its line, from 1, with all that is written of it where it is new. `names` are the rows of its
    external names: the first one identifies it, or else the id that its sender gave it."""

    line: int
    has_own_id: bool
    incident_id: UUID
    content_hash: str
    names: Sequence[dict[str, Any]]
    first: Prepared

    @property
    def key(self) -> Key:
        """The name under which a newer edition is recognised, before which stand the ids."""
        if not self.names:
            return "", str(self.incident_id)
        return self.names[0]["system"], self.names[0]["external_id"]


# What was sent at a line: asked for where it corrects something.
Sent = Callable[[int], Submission]


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of the item at a line, why it was refused, and the names of the texts that were withheld."""

    line: int
    result: ImportResult
    incident_id: UUID | None = None
    refusal: Refusal | None = None
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imports:
    """The command that imports a batch."""

    revisions: Revisions
    reconcile: Reconcile

    def once(self) -> Self:
        """For the items of one batch: texts that occur again are looked at once."""
        return replace(self, revisions=replace(self.revisions, guard=self.revisions.guard.once()))

    def item(self, line: int, sent: Submission, act: Act, mission: str, *, has_own_id: bool) -> Item:
        """What is written of a report where it is new. Nothing is asked of the database for it. Raises InvalidFact."""
        change = record(sent.first, mission=mission, by=act.by, at=act.at)
        first, _state = self.revisions.first(act, change, sent.content.hash)
        names = sent.names(mission, self.revisions.guard)
        return Item(line, has_own_id, sent.first.incident_id, sent.content.hash, names, first)

    async def import_batch(
        self, transaction: Transaction, principal: Principal, items: Sequence[Item], sent: Sent
    ) -> list[Imported]:
        """Import a batch in one transaction. An item that is refused does not stop the others. Raises SentAtOnce.

        Names are taken in their order, so that no two batches wait for each other; items of the same name follow each
        other as they were sent.
        """
        by_name, results = sorted(items, key=lambda item: item.key), list[Imported]()
        for start in range(0, len(by_name), _AT_ONCE):
            results += await self._import(transaction, principal, by_name[start : start + _AT_ONCE], sent)
            await asyncio.sleep(0)
        return sorted(results, key=lambda imported: imported.line)

    async def _import(
        self, transaction: Transaction, principal: Principal, items: Sequence[Item], sent: Sent
    ) -> list[Imported]:
        on_record = await _made_from(transaction, principal.mission, items)
        free = _with_free_ids(items, on_record)
        taken = await take_names(transaction, [row for item in free for row in item.names])
        new = [item for item in free if not item.names or taken.get(item.key) == item.incident_id]
        if not await self.revisions.create(transaction, [item.first for item in new]):
            raise SentAtOnce
        made = {item.line for item in new}
        results = [
            Imported(item.line, ImportResult.CREATED, item.incident_id, withheld=item.first.withheld) for item in new
        ]
        others = [item for item in items if item.line not in made]
        known = await known_refs(transaction, principal.mission, {item.key for item in others if item.names})
        for item in others:
            if item.names and item.key in known:
                results.append(await self._update(transaction, principal, item, sent, known))
            else:
                results.append(_repeated(item, on_record))
        return results

    async def _update(
        self, transaction: Transaction, principal: Principal, item: Item, sent: Sent, known: Known
    ) -> Imported:
        """Apply what the source changed between its two contents. Corrections that were made here stay."""
        ref = known[item.key]
        if ref.content.hash == item.content_hash:
            return Imported(item.line, ImportResult.UNCHANGED, ref.incident_id)
        submission = sent(item.line)
        earlier = kept(self.revisions.guard, ref.content.fields)
        later = kept(self.revisions.guard, submission.content.fields, earlier.marks)
        name = submission.first.external_refs[0]
        try:
            before, after = await self._correct(transaction, principal, submission.first, ref, (earlier, later))
        except Refusal as refusal:
            return Imported(item.line, ImportResult.REFUSED, ref.incident_id, refusal)
        content = Content(later.fields, item.content_hash)
        await keep_content(transaction, principal.mission, name, content)
        # The same name may come again in this batch, and is then compared with what it has become.
        known[item.key] = replace(ref, content=content)
        is_same = after.state["revision"] == before.incident.revision
        result = ImportResult.UNCHANGED if is_same else ImportResult.CORRECTED
        return Imported(item.line, result, ref.incident_id, withheld=after.withheld)

    async def _correct(
        self,
        transaction: Transaction,
        principal: Principal,
        sent: FirstReport,
        ref: KnownRef,
        editions: tuple[Kept, Kept],
    ) -> tuple[Recorded, Written]:
        """Correct the facts. A grading is not a fact: an edition that differs in its grading alone corrects nothing.
        A text that is the same in both editions is not sent again, whatever was decided on it here."""
        earlier, later = editions
        before = await self.revisions.current(transaction, principal.mission, ref.incident_id)
        life.allow(before.incident, Kind.CORRECTED)
        kept_until = before.incident.sharing.retention_until
        if kept_until is not None and kept_until <= self.revisions.clock.now():
            raise NotNow("its retention has ended, and what its source sent was removed", "No action is needed.")
        facts = restored(self.reconcile(before.incident, earlier.fields, later.fields), later)
        self.revisions.check_marks(principal, before, facts.sharing)
        # No assessor looked at the correction, whoever sent the file.
        act = replace(self.revisions.act(principal, f"newer edition of {sent.external_refs[0].system}"), assesses=False)
        verified = await last_verified(transaction, self.revisions, before)
        organisation = sent.report.organisation
        change = correct(before.incident, act, facts=facts, verified=verified, organisation=organisation)
        return before, await self.revisions.append(transaction, principal, before, change)


async def _made_from(transaction: Transaction, mission: str, items: Sequence[Item]) -> dict[UUID, str]:
    """The incidents on record whose ids senders gave, each with the hash of the report that made it."""
    own = sorted({item.incident_id for item in items if item.has_own_id})
    if not own:
        return {}
    found = await transaction.connection.execute(_MADE_FROM, {"mission": mission, "ids": own})
    return {row.incident_id: row.content_hash for row in found}


def _with_free_ids(items: Sequence[Item], on_record: dict[UUID, str]) -> list[Item]:
    """The first item of each id that is free; what it is made from is noted for those that repeat it."""
    free = []
    for item in items:
        if item.incident_id not in on_record:
            on_record[item.incident_id] = item.content_hash
            free.append(item)
    return free


def _repeated(item: Item, on_record: Mapping[UUID, str]) -> Imported:
    """The result of an item whose id is taken, and whose name leads to no incident."""
    if on_record[item.incident_id] == item.content_hash:
        return Imported(item.line, ImportResult.UNCHANGED, item.incident_id)
    return Imported(item.line, ImportResult.REFUSED, refusal=IdTaken(item.incident_id))
