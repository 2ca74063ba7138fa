"""Registers, corrects and releases contaminated areas."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from clearway_analytics.domain.area import Area, AreaDraft
from clearway_analytics.domain.errors import AreaIsReleased, NoSuchArea
from clearway_analytics.ledger import areas, missions
from clearway_analytics.outgoing import SOURCE, area_changed
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock, new_id
from clearway_platform.database.engines import Transaction
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.refusals import StaleRevision


@dataclass(frozen=True, slots=True)
class ChangeAreas:
    """Each change is a new revision and an event."""

    outbox: Outbox
    clock: Clock

    async def register(self, transaction: Transaction, principal: Principal, draft: AreaDraft) -> Area:
        """Register an area: it stands until it is released."""
        await missions.lock(transaction.connection, principal.mission)
        area = Area(
            mission=principal.mission,
            area_id=new_id(),
            revision=1,
            name=draft.name,
            status=draft.status,
            category=draft.category,
            polygon=draft.polygon,
            organisation=draft.organisation,
            reference=draft.reference,
            surveyed_at=draft.surveyed_at,
            note=draft.note,
            recorded_by=principal.id,
            recorded_at=self.clock.now(),
            released=False,
            reason=None,
        )
        await self._keep(transaction, area)
        return area

    async def correct(
        self,
        transaction: Transaction,
        principal: Principal,
        area_id: UUID,
        expected: int,
        draft: AreaDraft,
        reason: str,
    ) -> Area:
        """Replace what is recorded. What says the same changes nothing. Raises NoSuchArea, StaleRevision,
        AreaIsReleased."""
        before = await self._changing(transaction, principal, area_id, expected)
        said = replace(
            before,
            name=draft.name,
            status=draft.status,
            category=draft.category,
            polygon=draft.polygon,
            organisation=draft.organisation,
            reference=draft.reference,
            surveyed_at=draft.surveyed_at,
            note=draft.note,
        )
        return before if said == before else await self._revise(transaction, principal, said, reason)

    async def release(
        self, transaction: Transaction, principal: Principal, area_id: UUID, expected: int, reason: str
    ) -> Area:
        """Let it stand no longer; it stays on record. Raises NoSuchArea, StaleRevision, AreaIsReleased."""
        before = await self._changing(transaction, principal, area_id, expected)
        return await self._revise(transaction, principal, replace(before, released=True), reason)

    async def _changing(self, transaction: Transaction, principal: Principal, area_id: UUID, expected: int) -> Area:
        await missions.lock(transaction.connection, principal.mission)
        area = await areas.find(transaction.connection, principal.mission, area_id)
        if area is None:
            raise NoSuchArea(area_id)
        if area.revision != expected:
            raise StaleRevision(area.revision)
        if area.released:
            raise AreaIsReleased
        return area

    async def _revise(self, transaction: Transaction, principal: Principal, area: Area, reason: str) -> Area:
        revised = replace(
            area,
            revision=area.revision + 1,
            recorded_by=principal.id,
            recorded_at=self.clock.now(),
            reason=reason,
        )
        await self._keep(transaction, revised)
        return revised

    async def _keep(self, transaction: Transaction, area: Area) -> None:
        await areas.add(transaction.connection, area)
        event = self.outbox.event(
            area_changed(area), subject=str(area.area_id), source=SOURCE, occurred=area.recorded_at
        )
        await self.outbox.add(transaction, [event])
