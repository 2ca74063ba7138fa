"""Proposing to retract what a newer edition of a source no longer has, and deciding on it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select, update

from clearway_contracts.vocabulary import RetractionReason
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.domain import life
from clearway_incidents.domain.content_guard import WITHHELD
from clearway_incidents.domain.errors import PartOfEdition, ProposalDecided, StaleRevision, UnknownProposal
from clearway_incidents.domain.life import LIVE
from clearway_incidents.domain.proposals import Comparison, ProposalState, Scope, compare, is_a_part
from clearway_incidents.domain.sight import handling_of
from clearway_incidents.domain.withholding import refused
from clearway_incidents.storage.tables import EXTERNAL_REFS, INCIDENTS, PROPOSALS
from clearway_platform.auth.ceilings import Sight
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Transaction, on_either, one_or_many
from clearway_platform.heavy import of_each

_TABLE: Final = PROPOSALS.c
_PROPOSE: Final = on_either(
    lambda new: new.on_conflict_do_update(
        index_elements=["mission", "system", "external_id"],
        set_={
            **{name: new.excluded[name] for name in ("incident_id", "edition", "state", "proposed_at", "proposed_by")},
            **dict.fromkeys(("decided_at", "decided_by", "reason")),
            "revision": PROPOSALS.c.revision + 1,
        },
    ),
    PROPOSALS,
)
_LIVE: Final = sorted(status.value for status in LIVE)


@dataclass(frozen=True, slots=True)
class Edition:
    """A whole edition of a source, or of a part of it: how it is called, and the names of all its rows."""

    system: str
    name: str
    ids: AbstractSet[str]
    scope: Scope


@dataclass(frozen=True, slots=True)
class Proposed:
    """How many retractions an edition proposed, how many it withdrew, and how many of its source are open."""

    proposed: int
    withdrawn: int
    open: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on a proposal at the revision that was seen: a reason to retract, or none to dismiss it."""

    proposal_id: UUID
    seen: int
    retract: RetractionReason | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Proposals:
    """The commands about proposals."""

    revisions: Revisions

    async def propose(self, transaction: Transaction, principal: Principal, edition: Edition) -> Proposed:
        """Compare an edition with the record. Raises PartOfEdition, and InvalidFact for a name that is none."""
        if self.revisions.guard.why(edition.name):
            raise refused("edition", "Send the name of the edition alone.")
        known = await _known(transaction, principal.mission, edition.system, edition.scope)
        if is_a_part(edition.ids, known):
            raise PartOfEdition
        proposed = await _proposed(transaction, principal.mission, edition.system)
        found = compare(edition.ids, known, proposed)
        await self._write(transaction, principal, edition, found)
        of_source = (_TABLE.mission == principal.mission, _TABLE.system == edition.system)
        is_open = select(func.count()).where(*of_source, _TABLE.state == ProposalState.OPEN.value)
        waiting = (await transaction.connection.execute(is_open)).scalar_one()
        return Proposed(len(found.gone), len(found.back), waiting)

    async def decide(self, transaction: Transaction, principal: Principal, verdict: Verdict) -> Row[Any]:
        """Accept, which retracts the incident, or dismiss; the proposal after it. Raises UnknownProposal,
        StaleRevision, ProposalDecided, InvalidFact, and NotNow for an incident that cannot be retracted any more."""
        before = await _one(transaction, principal.mission, verdict.proposal_id)
        await self._check_read(transaction, principal, before)
        if before.revision != verdict.seen:
            raise StaleRevision(before.revision)
        if before.state != ProposalState.OPEN:
            raise ProposalDecided
        await self._move(transaction, principal, self._shown(verdict))
        if verdict.retract is not None:
            await self._retract(transaction, principal, before, verdict.retract, verdict.note)
        return await _one(transaction, principal.mission, verdict.proposal_id)

    def _shown(self, verdict: Verdict) -> Verdict:
        """The verdict as the proposal keeps it. A retraction does not wait for a review: its note is held with the
        revision that it makes. Raises InvalidFact for the reason to dismiss, for which nobody waits."""
        if verdict.note is None or not self.revisions.guard.why(verdict.note):
            return verdict
        if verdict.retract is None:
            raise refused("reason", "Say why the incident is kept, and no more.")
        return replace(verdict, note=WITHHELD)

    async def _check_read(self, transaction: Transaction, principal: Principal, row: Row[Any]) -> None:
        """Raise UnknownProposal unless the principal may see the whole incident, as lists of proposals ask for too."""
        incident = await self.revisions.current(transaction, principal.mission, row.incident_id)
        if principal.ceiling.sight(handling_of(incident.state)) is not Sight.WHOLE:
            raise UnknownProposal(row.proposal_id)

    async def _write(self, transaction: Transaction, principal: Principal, edition: Edition, found: Comparison) -> None:
        now = self.revisions.clock.now()
        about = {"mission": principal.mission, "system": edition.system, "edition": edition.name, "revision": 1}
        by = {"state": ProposalState.OPEN.value, "proposed_at": now, "proposed_by": principal.id}
        rows = [
            {**about, **by, "proposal_id": new_id(), "external_id": name, "incident_id": incident_id}
            for name, incident_id in sorted(found.gone.items())
        ]
        if rows:
            await transaction.connection.execute(_PROPOSE[transaction.connection.dialect.name], one_or_many(rows))
        for name in sorted(found.back):
            back = (_TABLE.mission == principal.mission, _TABLE.system == edition.system, _TABLE.external_id == name)
            reason = f"{edition.name} has it again"
            await transaction.connection.execute(
                update(PROPOSALS).where(*back).values(**_decision(ProposalState.WITHDRAWN, principal, now, reason))
            )

    async def _move(self, transaction: Transaction, principal: Principal, verdict: Verdict) -> None:
        state = ProposalState.DISMISSED if verdict.retract is None else ProposalState.ACCEPTED
        decided = update(PROPOSALS).where(_TABLE.proposal_id == verdict.proposal_id, _TABLE.revision == verdict.seen)
        values = _decision(state, principal, self.revisions.clock.now(), verdict.note)
        if (await transaction.connection.execute(decided.values(**values))).rowcount == 0:
            raise StaleRevision(verdict.seen + 1)

    async def _retract(
        self, transaction: Transaction, principal: Principal, row: Row[Any], reason: RetractionReason, note: str | None
    ) -> None:
        incident = await self.revisions.current(transaction, principal.mission, row.incident_id)
        said = note or f"{row.edition} of {row.system} no longer has {row.external_id}"
        step = partial(life.retract, reason=reason)
        change = step(incident.incident, self.revisions.act(principal, said))
        await self.revisions.append(transaction, principal, incident, change)


def _decision(state: ProposalState, principal: Principal, at: datetime, reason: str | None) -> dict[str, Any]:
    decided = {"decided_at": at, "decided_by": principal.id, "reason": reason}
    return {**decided, "state": state.value, "revision": _TABLE.revision + 1}


async def _one(transaction: Transaction, mission: str, proposal_id: UUID) -> Row[Any]:
    query = select(PROPOSALS).where(_TABLE.proposal_id == proposal_id, _TABLE.mission == mission)
    row = (await transaction.connection.execute(query)).one_or_none()
    if row is None:
        raise UnknownProposal(proposal_id)
    return row


async def _known(transaction: Transaction, mission: str, system: str, scope: Scope) -> dict[str, UUID]:
    """The names within the scope that a source has for incidents that can be retracted."""
    refs = EXTERNAL_REFS.c
    query = select(refs.external_id, refs.incident_id).join(
        INCIDENTS, (INCIDENTS.c.incident_id == refs.incident_id) & (INCIDENTS.c.mission == refs.mission)
    )
    query = query.where(refs.mission == mission, refs.system == system, INCIDENTS.c.status.in_(_LIVE))
    if scope.countries is not None:
        query = query.where(INCIDENTS.c.state["location"]["admin0"].as_string().in_(sorted(scope.countries)))
    if scope.earliest is not None:
        query = query.where(INCIDENTS.c.earliest >= scope.earliest)
    if scope.latest is not None:
        query = query.where(INCIDENTS.c.latest <= scope.latest)
    rows = await transaction.connection.execute(query)
    named = await of_each(lambda row: (row.external_id, row.incident_id), rows)
    # Not in the query: databases order texts in ways of their own.
    return {name: incident_id for name, incident_id in named if scope.has_name(name)}


async def _proposed(transaction: Transaction, mission: str, system: str) -> dict[str, ProposalState]:
    query = select(_TABLE.external_id, _TABLE.state).where(_TABLE.mission == mission, _TABLE.system == system)
    rows = await transaction.connection.execute(query)
    return dict(await of_each(lambda row: (row.external_id, ProposalState(row.state)), rows))
