"""Records, corrects and withdraws what was done for a route: clearances and passes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.commands.register_route import RegisterRoute
from clearway_analytics.domain.check import Check, CheckDraft, CheckKind, check_time, digest_of, stretch_of
from clearway_analytics.domain.errors import CheckWithdrawn, NoSuchClearance, NoSuchPass, NoSuchRoute, RouteRedrawn
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger import checks, missions, routes, shadow
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.outgoing import SOURCE, check_changed
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Transaction
from clearway_platform.refusals import StaleRevision


@dataclass(frozen=True, slots=True)
class RecordChecks:
    """Each change is a new revision and an event. After a clearance the route is rated again: it took out what was
    there. A pass leaves the sums as they are, and is evidence of the route's state."""

    register: RegisterRoute

    async def record(self, transaction: Transaction, principal: Principal, route_id: UUID, draft: CheckDraft) -> Check:
        """Record what was done. Raises NoSuchRoute, Invalid."""
        connection, now = transaction.connection, self._now()
        check_time(draft.at, now)
        mission = await _lock(transaction, principal, draft.kind)
        route = await live_route(connection, mission.name, route_id)
        start_m, end_m = stretch_of(draft, route)
        check = Check(
            mission=mission.name,
            check_id=new_id(),
            revision=1,
            route_id=route_id,
            kind=draft.kind,
            start_m=start_m,
            end_m=end_m,
            at=draft.at,
            organisation=draft.organisation,
            way=draft.way,
            result=draft.result,
            items_found=draft.items_found,
            note=draft.note,
            route_revision=route.revision,
            line_digest=digest_of(route.line),
            recorded_by=principal.id,
            recorded_at=now,
            withdrawn=False,
            reason=None,
        )
        await self._keep(transaction, mission, route, check)
        return check

    async def correct(
        self,
        transaction: Transaction,
        principal: Principal,
        known: tuple[UUID, UUID],
        expected: int,
        draft: CheckDraft,
        reason: str | None,
    ) -> Check:
        """Replace what was recorded; `known` are the ids of the route and of the check. One that says the same changes
        nothing. Raises NoSuchRoute, NoSuchClearance or NoSuchPass, StaleRevision, CheckWithdrawn, RouteRedrawn,
        Invalid."""
        now = self._now()
        check_time(draft.at, now)
        mission = await _lock(transaction, principal, draft.kind)
        route, before = await self._changing(transaction, mission, known, draft.kind, expected)
        if before.line_digest != digest_of(route.line):
            raise RouteRedrawn
        start_m, end_m = stretch_of(draft, route)
        said = replace(
            before,
            start_m=start_m,
            end_m=end_m,
            at=draft.at,
            organisation=draft.organisation,
            way=draft.way,
            result=draft.result,
            items_found=draft.items_found,
            note=draft.note,
        )
        if said == before:
            return before
        corrected = _revised(said, principal, now, reason)
        await self._keep(transaction, mission, route, corrected)
        return corrected

    async def withdraw(
        self,
        transaction: Transaction,
        principal: Principal,
        known: tuple[UUID, UUID],
        expected: int,
        kind: CheckKind,
        reason: str,
    ) -> Check:
        """Let it count for nothing; it stays on record. Raises what `correct` raises, without
        Invalid and RouteRedrawn."""
        mission = await _lock(transaction, principal, kind)
        route, before = await self._changing(transaction, mission, known, kind, expected)
        withdrawn = replace(_revised(before, principal, self._now(), reason), withdrawn=True)
        await self._keep(transaction, mission, route, withdrawn)
        return withdrawn

    async def _changing(
        self, transaction: Transaction, mission: Mission, known: tuple[UUID, UUID], kind: CheckKind, expected: int
    ) -> tuple[Route, Check]:
        route_id, check_id = known
        route = await live_route(transaction.connection, mission.name, route_id)
        check = await found_check(transaction.connection, mission.name, route_id, kind, check_id)
        if check.revision != expected:
            raise StaleRevision(check.revision)
        if check.withdrawn:
            raise CheckWithdrawn
        return route, check

    async def _keep(self, transaction: Transaction, mission: Mission, route: Route, check: Check) -> None:
        connection, outbox = transaction.connection, self.register.announcer.outbox
        await checks.add(connection, check)
        event = outbox.event(
            check_changed(check), subject=str(route.route_id), source=SOURCE, occurred=check.recorded_at
        )
        await outbox.add(transaction, [event])
        if check.kind is CheckKind.PASS:
            await self.register.announce(transaction, mission, route)
            return
        await routes.changed(connection, route, mission.version)
        await shadow.outdate_route(connection, mission.name, route.route_id)
        await self.register.rate_again(transaction, mission, route)

    def _now(self) -> datetime:
        return self.register.announcer.clock.now()


async def live_route(connection: AsyncConnection, mission: str, route_id: UUID) -> Route:
    """The route. Raises NoSuchRoute when the mission has none of that id, or has retired it."""
    route = await routes.find(connection, mission, route_id)
    if route is None or route.retired_at is not None:
        raise NoSuchRoute(route_id)
    return route


async def found_check(
    connection: AsyncConnection, mission: str, route_id: UUID, kind: CheckKind, check_id: UUID
) -> Check:
    """The present revision of a check. Raises NoSuchClearance or NoSuchPass."""
    check = await checks.find(connection, mission, route_id, kind, check_id)
    if check is None:
        raise NoSuchClearance(check_id) if kind is CheckKind.CLEARANCE else NoSuchPass(check_id)
    return check


async def _lock(transaction: Transaction, principal: Principal, kind: CheckKind) -> Mission:
    """The mission, locked. A clearance changes what counts for its route, which every process keeps in memory."""
    lock = missions.lock_next if kind is CheckKind.CLEARANCE else missions.lock
    return await lock(transaction.connection, principal.mission)


def _revised(check: Check, principal: Principal, now: datetime, reason: str | None) -> Check:
    return replace(check, revision=check.revision + 1, recorded_by=principal.id, recorded_at=now, reason=reason)
