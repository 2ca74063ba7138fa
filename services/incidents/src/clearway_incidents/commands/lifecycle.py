"""Changing an incident on record: one command, one revision."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import select

from clearway_incidents.commands.revisions import Revisions, Target
from clearway_incidents.domain import life
from clearway_incidents.domain.life import Kind, Step
from clearway_incidents.storage.tables import REVISIONS
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.database.states import State


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The commands of the life, and corrections."""

    revisions: Revisions

    async def apply(
        self, transaction: Transaction, principal: Principal, target: Target, *, step: Step, reason: str | None = None
    ) -> State:
        """Apply one step to the revision that the caller has seen."""
        before = await self.revisions.seen(transaction, principal, target)
        change = step(before.incident, self.revisions.act(principal, reason))
        return await self.revisions.append(transaction, principal, before, change)

    async def verify(
        self, transaction: Transaction, principal: Principal, target: Target, *, reason: str | None = None
    ) -> State:
        """Verify. Raises NotYours for a principal that gave one of its reports."""
        before = await self.revisions.seen(transaction, principal, target)
        ids = [target.incident_id, *before.incident.links.merged_from]
        step = partial(life.verify, reporters=await _reporters(transaction, ids))
        change = step(before.incident, self.revisions.act(principal, reason))
        return await self.revisions.append(transaction, principal, before, change)


async def _reporters(transaction: Transaction, ids: list[UUID]) -> frozenset[str]:
    """The principals that reported these incidents: a survivor and those that were merged into it."""
    table = REVISIONS.c
    query = select(table.by).where(
        table.incident_id.in_(ids), table.kind.in_([Kind.REPORTED.value, Kind.REPORT_ADDED.value])
    )
    return frozenset((await transaction.connection.execute(query)).scalars())
