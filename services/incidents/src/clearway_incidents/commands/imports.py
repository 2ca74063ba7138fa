"""Importing: many reports at once, each of them by its external name created, corrected, or left as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select

from clearway_contracts.incident import ExternalRef, IncidentState
from clearway_incidents.commands.basis import last_verified
from clearway_incidents.commands.intake import Submission
from clearway_incidents.commands.revisions import Recorded, Revisions, Written
from clearway_incidents.domain import life
from clearway_incidents.domain.contents import Kept, kept, restored
from clearway_incidents.domain.correcting import correct
from clearway_incidents.domain.errors import IdTaken, NotNow, Refusal, SentAtOnce
from clearway_incidents.domain.incident import ReportedFacts
from clearway_incidents.domain.life import Kind, NewRevision
from clearway_incidents.domain.reporting import record
from clearway_incidents.domain.withholding import check_names
from clearway_incidents.storage.external_refs import Content, KnownRef, keep_content, known_refs, take_names
from clearway_incidents.storage.tables import INCIDENTS
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction

# So many items are imported in one piece: other tasks have their turn in between.
_AT_ONCE: Final = 20

# The facts of the incident on record with what the source changed between its two contents.
Reconcile = Callable[[IncidentState, Mapping[str, Any], Mapping[str, Any]], ReportedFacts]
Known = dict[tuple[str, str], KnownRef]

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
    """One item at its line, from 1. Its first external name identifies it, or else the id that its sender gave it."""

    line: int
    sent: Submission
    has_own_id: bool = False

    @property
    def incident_id(self) -> UUID:
        return self.sent.first.incident_id

    @property
    def ref(self) -> ExternalRef | None:
        """The name under which a newer edition is recognised."""
        return next(iter(self.sent.first.external_refs), None)

    @property
    def key(self) -> tuple[str, str]:
        ref = self.ref
        return ("", str(self.incident_id)) if ref is None else (ref.system, ref.id)


Accepted = tuple[Item, NewRevision]


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

    async def import_batch(
        self, transaction: Transaction, principal: Principal, items: Sequence[Item]
    ) -> list[Imported]:
        """Import a batch in one transaction. An item that is refused does not stop the others. Raises SentAtOnce.

        Names are taken in their order, so that no two batches wait for each other; items of the same name follow each
        other as they were sent.
        """
        by_name, results = sorted(items, key=lambda item: item.key), list[Imported]()
        for start in range(0, len(by_name), _AT_ONCE):
            results += await self._import(transaction, principal, by_name[start : start + _AT_ONCE])
            await asyncio.sleep(0)
        return sorted(results, key=lambda imported: imported.line)

    async def _import(self, transaction: Transaction, principal: Principal, items: Sequence[Item]) -> list[Imported]:
        refused, accepted = self._recordable(principal, items)
        on_record = await _made_from(transaction, principal.mission, accepted)
        free = _with_free_ids(accepted, on_record)
        names = [new for item, _change in free for new in item.sent.new_refs(self.revisions.guard)]
        await take_names(transaction, principal.mission, names)
        refs = [item.ref for item, _change in accepted if item.ref is not None]
        known = await known_refs(transaction, principal.mission, refs)
        new = [(item, change) for item, change in free if _is_of(item, known)]
        results = [*refused, *await self._create(transaction, principal, new)]
        made = {imported.line for imported in results}
        for item, _change in accepted:
            if item.line in made:
                continue
            if item.ref is not None and item.key in known:
                results.append(await self._update(transaction, principal, item, item.ref, known))
            else:
                results.append(_repeated(item, on_record))
        return results

    def _recordable(self, principal: Principal, items: Sequence[Item]) -> tuple[list[Imported], list[Accepted]]:
        refused: list[Imported] = []
        accepted: list[Accepted] = []
        act = self.revisions.act(principal)
        for item in items:
            try:
                change = record(item.sent.first, mission=principal.mission, by=act.by, at=act.at)
                check_names(self.revisions.guard, change.incident)
                accepted.append((item, change))
            except Refusal as refusal:
                refused.append(Imported(item.line, ImportResult.REFUSED, refusal=refusal))
        return refused, accepted

    async def _create(self, transaction: Transaction, principal: Principal, new: Sequence[Accepted]) -> list[Imported]:
        changes = [(change, item.sent.content.hash) for item, change in new]
        created = await self.revisions.create(transaction, principal, changes)
        if created is None:
            raise SentAtOnce
        return [
            Imported(item.line, ImportResult.CREATED, item.incident_id, withheld=written.withheld)
            for (item, _change), written in zip(new, created, strict=True)
        ]

    async def _update(
        self, transaction: Transaction, principal: Principal, item: Item, name: ExternalRef, known: Known
    ) -> Imported:
        """Apply what the source changed between its two contents. Corrections that were made here stay."""
        ref = known[item.key]
        if ref.content.hash == item.sent.content.hash:
            return Imported(item.line, ImportResult.UNCHANGED, ref.incident_id)
        earlier = kept(self.revisions.guard, ref.content.fields)
        later = kept(self.revisions.guard, item.sent.content.fields, earlier.marks)
        try:
            before, after = await self._correct(transaction, principal, item, name.system, ref, (earlier, later))
        except Refusal as refusal:
            return Imported(item.line, ImportResult.REFUSED, ref.incident_id, refusal)
        content = Content(later.fields, item.sent.content.hash)
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
        item: Item,
        system: str,
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
        act = replace(self.revisions.act(principal, f"newer edition of {system}"), assesses=False)
        verified = await last_verified(transaction, self.revisions, before)
        organisation = item.sent.first.report.organisation
        change = correct(before.incident, act, facts=facts, verified=verified, organisation=organisation)
        return before, await self.revisions.append(transaction, principal, before, change)


async def _made_from(transaction: Transaction, mission: str, accepted: Sequence[Accepted]) -> dict[UUID, str]:
    """The incidents on record whose ids senders gave, each with the hash of the report that made it."""
    own = sorted({item.incident_id for item, _change in accepted if item.has_own_id})
    if not own:
        return {}
    found = await transaction.connection.execute(_MADE_FROM, {"mission": mission, "ids": own})
    return {row.incident_id: row.content_hash for row in found}


def _with_free_ids(accepted: Sequence[Accepted], on_record: dict[UUID, str]) -> list[Accepted]:
    """The first item of each id that is free; what it is made from is noted for those that repeat it."""
    free = []
    for item, change in accepted:
        if item.incident_id not in on_record:
            on_record[item.incident_id] = item.sent.content.hash
            free.append((item, change))
    return free


def _is_of(item: Item, known: Known) -> bool:
    """Whether the name of the item, where it has one, is that of its own incident."""
    return item.ref is None or known[item.key].incident_id == item.incident_id


def _repeated(item: Item, on_record: Mapping[UUID, str]) -> Imported:
    """The result of an item whose id is taken, and whose name leads to no incident."""
    if on_record[item.incident_id] == item.sent.content.hash:
        return Imported(item.line, ImportResult.UNCHANGED, item.incident_id)
    return Imported(item.line, ImportResult.REFUSED, refusal=IdTaken(item.incident_id))
