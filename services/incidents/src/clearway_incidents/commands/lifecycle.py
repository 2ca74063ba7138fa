"""Changing an incident on record: one command, one revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from clearway_contracts.incident import IncidentState
from clearway_incidents.commands.basis import basis_of, last_verified
from clearway_incidents.commands.revisions import Revisions, Target, Written
from clearway_incidents.domain import hazard
from clearway_incidents.domain.correcting import correct
from clearway_incidents.domain.incident import ReportedFacts
from clearway_incidents.domain.life import Step
from clearway_incidents.domain.verifying import verify
from clearway_incidents.storage.tables import REVISIONS
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction

# The facts after a correction of the incident on record.
FactsOf = Callable[[IncidentState], ReportedFacts]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The commands of the life, and corrections."""

    revisions: Revisions

    async def apply(
        self, transaction: Transaction, principal: Principal, target: Target, *, step: Step, reason: str | None = None
    ) -> Written:
        """Apply one step to the revision that the caller has seen."""
        before = await self.revisions.seen(transaction, principal, target)
        change = step(before.incident, self.revisions.act(principal, reason))
        return await self.revisions.append(transaction, principal, before, change)

    async def correct(
        self, transaction: Transaction, principal: Principal, target: Target, *, facts_of: FactsOf, reason: str | None
    ) -> Written:
        """Correct the facts of the revision that the caller has seen."""
        before = await self.revisions.seen(transaction, principal, target)
        facts = facts_of(before.incident)
        self.revisions.check_marks(principal, before, facts.sharing)
        verified = await last_verified(transaction, self.revisions, before)
        change = correct(before.incident, self.revisions.act(principal, reason), facts=facts, verified=verified)
        return await self.revisions.append(transaction, principal, before, change)

    async def verify(
        self, transaction: Transaction, principal: Principal, target: Target, *, reason: str | None = None
    ) -> Written:
        """Verify. Raises NotYours for a principal that the incident rests on."""
        before = await self.revisions.seen(transaction, principal, target)
        basis = await basis_of(transaction, self.revisions, before.incident)
        change = verify(before.incident, self.revisions.act(principal, reason), basis=basis)
        return await self.revisions.append(transaction, principal, before, change)

    async def confirm_clearance(
        self,
        transaction: Transaction,
        principal: Principal,
        target: Target,
        *,
        override_reason: str | None,
        reason: str | None,
    ) -> Written:
        """Confirm a clearance. Raises NotYours for the person who claimed it, unless there is a reason to override."""
        before = await self.revisions.seen(transaction, principal, target)
        claimant = await _claimant(transaction, before.incident)
        act = self.revisions.act(principal, reason)
        change = hazard.confirm(before.incident, act, claimant=claimant, override_reason=override_reason)
        return await self.revisions.append(transaction, principal, before, change)

    async def dismiss_clearance(
        self, transaction: Transaction, principal: Principal, target: Target, *, reason: str
    ) -> Written:
        """Withdraw or refuse a claim. Raises NotYours for a principal that neither made it nor may assess."""
        before = await self.revisions.seen(transaction, principal, target)
        claimant = await _claimant(transaction, before.incident)
        change = hazard.dismiss(before.incident, self.revisions.act(principal, reason), claimant=claimant)
        return await self.revisions.append(transaction, principal, before, change)


async def _claimant(transaction: Transaction, incident: IncidentState) -> str:
    """The identity behind the claim; empty where nothing is claimed."""
    if incident.clearance is None:
        return ""
    table, key = REVISIONS.c, incident.clearance.claimed_by
    of_incident = (table.mission == incident.mission, table.incident_id == incident.incident_id)
    query = select(table.person).where(*of_incident, table.by == key).limit(1)
    return (await transaction.connection.execute(query)).scalar_one_or_none() or key
