"""Registers, corrects and releases contaminated areas: the routes that one touches are rated again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from clearway_analytics.commands.register_route import RegisterRoute
from clearway_analytics.domain.area import Area, AreaDraft, Rings
from clearway_analytics.domain.errors import AreaIsReleased, NoSuchArea
from clearway_analytics.ledger import areas, missions
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.routes import RouteIndex
from clearway_analytics.outgoing import SOURCE, area_changed
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Transaction
from clearway_platform.refusals import StaleRevision


@dataclass(frozen=True, slots=True)
class ChangeAreas:
    """Each change is a new revision and an event. While an area stands it counts as a known hazard of each route whose
    corridor it touches: the risks that it changes are published in the same transaction."""

    register_route: RegisterRoute
    index: RouteIndex

    async def register(self, transaction: Transaction, principal: Principal, draft: AreaDraft) -> Area:
        """Register an area: it stands until it is released."""
        mission = await missions.lock(transaction.connection, principal.mission)
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
            recorded_at=self._now(),
            released=False,
            reason=None,
        )
        await self._keep(transaction, mission, None, area)
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
        mission, before = await self._changing(transaction, principal, area_id, expected)
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
        if said == before:
            return before
        corrected = _revised(said, principal, self._now(), reason)
        await self._keep(transaction, mission, before, corrected)
        return corrected

    async def release(
        self, transaction: Transaction, principal: Principal, area_id: UUID, expected: int, reason: str
    ) -> Area:
        """Let it stand no longer; it stays on record. Raises NoSuchArea, StaleRevision, AreaIsReleased."""
        mission, before = await self._changing(transaction, principal, area_id, expected)
        released = replace(_revised(before, principal, self._now(), reason), released=True)
        await self._keep(transaction, mission, before, released)
        return released

    async def _changing(
        self, transaction: Transaction, principal: Principal, area_id: UUID, expected: int
    ) -> tuple[Mission, Area]:
        mission = await missions.lock(transaction.connection, principal.mission)
        area = await areas.find(transaction.connection, principal.mission, area_id)
        if area is None:
            raise NoSuchArea(area_id)
        if area.revision != expected:
            raise StaleRevision(area.revision)
        if area.released:
            raise AreaIsReleased
        return mission, area

    async def _keep(self, transaction: Transaction, mission: Mission, before: Area | None, area: Area) -> None:
        await areas.add(transaction.connection, area)
        outbox = self.register_route.announcer.outbox
        event = outbox.event(area_changed(area), subject=str(area.area_id), source=SOURCE, occurred=area.recorded_at)
        await outbox.add(transaction, [event])
        if before is None:
            await self._rate(transaction, mission, [area.polygon])
        elif area.released or area.polygon != before.polygon:
            await self._rate(transaction, mission, list({before.polygon, area.polygon}))

    async def _rate(self, transaction: Transaction, mission: Mission, polygons: Sequence[Rings]) -> None:
        connection, heavy = transaction.connection, self.register_route.heavy
        known = await self.index.routes(connection, mission)
        async for touched in areas.touched_routes(connection, mission.name, known, polygons, heavy):
            await self.register_route.count_areas(transaction, mission, [one.route for one in touched])

    def _now(self) -> datetime:
        return self.register_route.announcer.clock.now()


def _revised(area: Area, principal: Principal, now: datetime, reason: str) -> Area:
    return replace(area, revision=area.revision + 1, recorded_by=principal.id, recorded_at=now, reason=reason)
