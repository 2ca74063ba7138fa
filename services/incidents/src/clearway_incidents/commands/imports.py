"""Importing: many reports at once, each of them by its external name created, corrected, or left as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, update

from clearway_incidents.commands.changes import correction
from clearway_incidents.commands.intake import KnownRef, Submission, claim, known_refs
from clearway_incidents.commands.revisions import Ledger
from clearway_incidents.domain.errors import NotNow, Refusal
from clearway_incidents.domain.incident import ExternalRef, Facts, Incident
from clearway_incidents.domain.life import Change
from clearway_incidents.domain.reporting import record
from clearway_incidents.storage.tables import EXTERNAL_REFS, load
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction

# The facts of the incident on record with what the source changed between its two contents.
Reconcile = Callable[[Incident, Mapping[str, Any], Mapping[str, Any]], Facts]

_KEEP_CONTENT: Final = update(EXTERNAL_REFS).where(
    EXTERNAL_REFS.c.mission == bindparam("of"),
    EXTERNAL_REFS.c.system == bindparam("by"),
    EXTERNAL_REFS.c.external_id == bindparam("name"),
)

Known = dict[tuple[str, str], KnownRef]


class Fate(StrEnum):
    """What became of an item."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    CORRECTED = "corrected"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Item:
    """One item at its line, from 1; its first external name is what it is known by."""

    line: int
    sent: Submission

    @property
    def ref(self) -> ExternalRef:
        return self.sent.first.external_refs[0]


@dataclass(frozen=True, slots=True)
class Result:
    line: int
    fate: Fate
    incident_id: UUID | None = None
    refusal: Refusal | None = None


async def take_in(
    ledger: Ledger, transaction: Transaction, principal: Principal, items: Sequence[Item], reconcile: Reconcile
) -> list[Result]:
    """Take in a batch in one transaction; an item that is refused does not stop the others."""
    refused, sound = _recordable(ledger, principal, items)
    await claim(transaction, principal.mission, [item.sent for item, _change in sound])
    known = await known_refs(transaction, principal.mission, [item.ref for item, _change in sound])
    new = [pair for pair in sound if _owner(known, pair[0]).incident_id == pair[0].sent.first.incident_id]
    created = await ledger.create(transaction, principal, [(change, item.sent.content_hash) for item, change in new])
    if created is None:
        raise NotNow("an incident_id of the batch is taken", "Leave incident_id out of imports.")
    made = {item.line for item, _change in new}
    results = [Result(item.line, Fate.CREATED, item.sent.first.incident_id) for item, _change in new]
    for item, _change in sound:
        if item.line not in made:
            results.append(await _update(ledger, transaction, principal, item, known, reconcile))
    return sorted([*refused, *results], key=lambda result: result.line)


def _recordable(
    ledger: Ledger, principal: Principal, items: Sequence[Item]
) -> tuple[list[Result], list[tuple[Item, Change]]]:
    refused: list[Result] = []
    sound: list[tuple[Item, Change]] = []
    now = ledger.clock.now()
    for item in items:
        try:
            change = record(item.sent.first, mission=principal.mission, by=principal.id, at=now)
            sound.append((item, change))
        except Refusal as refusal:
            refused.append(Result(item.line, Fate.REFUSED, refusal=refusal))
    return refused, sound


def _owner(known: Known, item: Item) -> KnownRef:
    return known[item.ref.system, item.ref.id]


async def _update(
    ledger: Ledger, transaction: Transaction, principal: Principal, item: Item, known: Known, reconcile: Reconcile
) -> Result:
    """Bring what is on record to the newer content; what people corrected here since stays as they left it."""
    ref = _owner(known, item)
    if ref.content_hash == item.sent.content_hash:
        return Result(item.line, Fate.UNCHANGED, ref.incident_id)
    step = correction(
        lambda incident: reconcile(incident, ref.content, item.sent.content), f"newer edition of {item.ref.system}"
    )
    try:
        before = await ledger.current(transaction, principal.mission, ref.incident_id)
        change = step(load(before), principal.id, ledger.clock.now())
        after = await ledger.append(transaction, principal, before, change)
    except Refusal as refusal:
        return Result(item.line, Fate.REFUSED, ref.incident_id, refusal)
    await _keep_content(transaction, principal.mission, item)
    # The same name may come again in this batch, and is then compared with what it has become.
    known[item.ref.system, item.ref.id] = replace(ref, content_hash=item.sent.content_hash, content=item.sent.content)
    # A grading is the verifiers' and no fact: an edition that differs in nothing else corrects nothing.
    fate = Fate.UNCHANGED if after["revision"] == before["revision"] else Fate.CORRECTED
    return Result(item.line, fate, ref.incident_id)


async def _keep_content(transaction: Transaction, mission: str, item: Item) -> None:
    named = {"of": mission, "by": item.ref.system, "name": item.ref.id}
    values = {"content": dict(item.sent.content), "content_hash": item.sent.content_hash}
    await transaction.connection.execute(_KEEP_CONTENT, named | values)
