"""Merging two incidents of one event, and undoing it: a revision of each."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from clearway_contracts.incident import IncidentState
from clearway_contracts.vocabulary import Status
from clearway_incidents.commands.basis import basis_of
from clearway_incidents.commands.revisions import Recorded, Revisions, Target, Written
from clearway_incidents.domain import life
from clearway_incidents.domain.errors import InvalidFact, NotNow, UnknownIncident
from clearway_incidents.domain.life import Act, Kind
from clearway_incidents.domain.merging import CasualtiesOf, merge, unmerge_loser, unmerge_survivor
from clearway_incidents.storage.tables import REVISIONS
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction


@dataclass(frozen=True, slots=True)
class Merge:
    """Into which incident, and whose casualty figures hold."""

    survivor_id: UUID
    casualties: CasualtiesOf
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Merging:
    """The commands that change two incidents. The target is the loser, which becomes an alias of the survivor."""

    revisions: Revisions

    async def merge(self, transaction: Transaction, principal: Principal, target: Target, *, order: Merge) -> Written:
        """Make the loser an alias; its new state. Raises InvalidFact when there is no such survivor."""
        loser = await self.revisions.seen(transaction, principal, target)
        survivor = await self._survivor(transaction, principal, order.survivor_id)
        act = self.revisions.act(principal, order.reason)
        alias, joined = merge(loser.incident, survivor.incident, act, casualties=order.casualties)
        await self.revisions.append(transaction, principal, survivor, joined)
        return await self.revisions.append(transaction, principal, loser, alias)

    async def unmerge(
        self, transaction: Transaction, principal: Principal, target: Target, *, reason: str | None = None
    ) -> Written:
        """Restore the loser; its new state. A retracted survivor stays as it is."""
        loser = await self.revisions.seen(transaction, principal, target)
        act = self.revisions.act(principal, reason)
        life.allow(loser.incident, Kind.UNMERGED)
        before = await self.revisions.at(transaction, principal.mission, target.incident_id, target.revision - 1)
        restored = unmerge_loser(loser.incident, before.incident, act)
        await self._free_survivor(transaction, principal, loser.incident, act)
        return await self.revisions.append(transaction, principal, loser, restored)

    async def _survivor(self, transaction: Transaction, principal: Principal, survivor_id: UUID) -> Recorded:
        try:
            return await self.revisions.readable(transaction, principal, survivor_id)
        except UnknownIncident as error:
            raise InvalidFact(
                "survivor_id", f"there is no incident {survivor_id} in your mission", "Check the id."
            ) from error

    async def _free_survivor(
        self, transaction: Transaction, principal: Principal, loser: IncidentState, act: Act
    ) -> None:
        survivor_id = loser.links.merged_into
        if survivor_id is None:
            raise NotNow("the incident is not an alias", "No action is needed.")
        survivor = await self.revisions.current(transaction, principal.mission, survivor_id)
        if survivor.incident.status is Status.RETRACTED:
            return
        joined = await self._joined_at(transaction, principal.mission, survivor_id, loser.incident_id)
        before = await self.revisions.at(transaction, principal.mission, survivor_id, joined.revision - 1)
        basis = await basis_of(transaction, self.revisions, survivor.incident, without=loser.incident_id)
        freed = unmerge_survivor(survivor.incident, loser, before.incident, joined, act, basis=basis)
        await self.revisions.append(transaction, principal, survivor, freed)

    async def _joined_at(
        self, transaction: Transaction, mission: str, survivor_id: UUID, loser_id: UUID
    ) -> IncidentState:
        """The survivor's revision that took the loser in, the last time that it did."""
        table = REVISIONS.c
        of_survivor = (table.mission == mission, table.incident_id == survivor_id)
        query = select(table.revision).where(*of_survivor, table.kind == Kind.MERGED.value)
        numbers = (await transaction.connection.execute(query.order_by(table.revision.desc()))).scalars().all()
        # One at a time: each may be large, and the last one is nearly always it.
        for number in numbers:
            joined = (await self.revisions.at(transaction, mission, survivor_id, number)).incident
            if joined.links.merged_from[-1:] == (loser_id,):
                return joined
        raise LookupError(f"no revision of {survivor_id} took {loser_id} in")
