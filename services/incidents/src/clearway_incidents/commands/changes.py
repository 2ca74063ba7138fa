"""Changing an incident on record: one command, one revision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from clearway_contracts.vocabulary import Status
from clearway_incidents.commands.revisions import Ledger, State, require_revision
from clearway_incidents.domain import life, moment
from clearway_incidents.domain.errors import NotNow
from clearway_incidents.domain.incident import Facts, Incident
from clearway_incidents.domain.life import Change, Kind, Step
from clearway_incidents.domain.merging import CasualtiesOf, merge, part, release
from clearway_incidents.storage.tables import REVISIONS, load
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction

# The corrected facts, from the incident on record.
Amendment = Callable[[Incident], Facts]


async def apply(
    ledger: Ledger, transaction: Transaction, principal: Principal, incident_id: UUID, expected: int, step: Step
) -> State:
    """Apply one step of the life to the revision that the caller has seen."""
    before = await ledger.current(transaction, principal.mission, incident_id)
    require_revision(before, expected)
    return await ledger.append(transaction, principal, before, step(load(before), principal.id, ledger.clock.now()))


def correction(amend: Amendment, reason: str | None = None) -> Step:
    """Correct the facts. Raises InvalidFact when their times cannot be."""

    def step(incident: Incident, _by: str, at: datetime) -> Change:
        life.allow(incident, Kind.CORRECTED)
        facts = amend(incident)
        if facts.time != incident.time:
            moment.check(facts.time, at)
        return life.correct(incident, facts, at, reason)

    return step


async def verify(
    ledger: Ledger, transaction: Transaction, principal: Principal, incident_id: UUID, expected: int, reason: str | None
) -> State:
    """Verify, as someone who gave none of its reports."""
    step = life.verify(await reporters(transaction, incident_id), reason)
    return await apply(ledger, transaction, principal, incident_id, expected, step)


async def reporters(transaction: Transaction, incident_id: UUID) -> frozenset[str]:
    """The principals whose reports the incident rests on, and those of the incidents that were merged into it."""
    table = REVISIONS.c
    merged = select(table.state).where(table.incident_id == incident_id).order_by(table.revision.desc()).limit(1)
    state: State | None = (await transaction.connection.execute(merged)).scalar_one_or_none()
    ids = [incident_id, *(UUID(item) for item in (state or {}).get("links", {}).get("merged_from", ()))]
    query = select(table.by).where(
        table.incident_id.in_(ids), table.kind.in_([Kind.REPORTED.value, Kind.REPORT_ADDED.value])
    )
    return frozenset((await transaction.connection.execute(query)).scalars())


async def merge_into(
    ledger: Ledger,
    transaction: Transaction,
    principal: Principal,
    loser_id: UUID,
    expected: int,
    survivor_id: UUID,
    casualties: CasualtiesOf,
    reason: str | None,
) -> State:
    """Make one incident the alias of another; the loser's new state."""
    loser = await ledger.current(transaction, principal.mission, loser_id)
    require_revision(loser, expected)
    survivor = await ledger.current(transaction, principal.mission, survivor_id, field="body.survivor_id")
    alias, joined = merge(load(loser), load(survivor), casualties, ledger.clock.now())
    await ledger.append(transaction, principal, survivor, Change(joined.incident, joined.kind, reason))
    return await ledger.append(transaction, principal, loser, Change(alias.incident, alias.kind, reason))


async def unmerge(
    ledger: Ledger, transaction: Transaction, principal: Principal, loser_id: UUID, expected: int, reason: str | None
) -> State:
    """Part an alias from its survivor; the loser's restored state. A retracted survivor stays as it is."""
    before = await ledger.current(transaction, principal.mission, loser_id)
    require_revision(before, expected)
    loser = load(before)
    life.allow(loser, Kind.UNMERGED)
    restored = part(loser, load(await ledger.revision(transaction, loser_id, loser.revision - 1)), ledger.clock.now())
    await _release(ledger, transaction, principal, loser, reason)
    return await ledger.append(transaction, principal, before, Change(restored.incident, restored.kind, reason))


async def _release(
    ledger: Ledger, transaction: Transaction, principal: Principal, loser: Incident, reason: str | None
) -> None:
    survivor_id = loser.links.merged_into
    if survivor_id is None:
        raise NotNow("the incident is no alias", "Nothing is to be unmerged.")
    state = await ledger.current(transaction, principal.mission, survivor_id)
    survivor = load(state)
    if survivor.status is Status.RETRACTED:
        return
    joined = await _joined_at(ledger, transaction, survivor_id, loser.incident_id)
    earlier = load(await ledger.revision(transaction, survivor_id, joined.revision - 1))
    freed = release(survivor, loser, earlier, joined, ledger.clock.now())
    await ledger.append(transaction, principal, state, Change(freed.incident, freed.kind, reason))


async def _joined_at(ledger: Ledger, transaction: Transaction, survivor_id: UUID, loser_id: UUID) -> Incident:
    """The survivor's revision that took the loser in, the last time that it did."""
    table = REVISIONS.c
    query = select(table.revision).where(table.incident_id == survivor_id, table.kind == Kind.MERGED.value)
    numbers = (await transaction.connection.execute(query.order_by(table.revision.desc()))).scalars().all()
    # One at a time: each may be large, and the last one is nearly always it.
    for number in numbers:
        state = await ledger.revision(transaction, survivor_id, number)
        if state["links"]["merged_from"][-1:] == [str(loser_id)]:
            return load(state)
    raise LookupError(f"no revision of {survivor_id} took {loser_id} in")
