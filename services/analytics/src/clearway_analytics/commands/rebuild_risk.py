"""Computes the risks with proposed parameters in a shadow, keeps it current, and compares it with the risks in use."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Final, TypeVar
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.incident_view import IncidentView
from clearway_analytics.domain.revision import ParametersState
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger import checks, contributions, incidents, missions, parameters, route_sums, shadow
from clearway_analytics.ledger.contributions import Contribution
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.ledger.route_sums import RouteSums
from clearway_analytics.ledger.routes import MissionRoutes, RouteIndex
from clearway_analytics.ledger.shadow import ShadowRoute
from clearway_analytics.risk.clearing import Clearing
from clearway_analytics.risk.comparison import RouteComparison, Summary
from clearway_analytics.risk.footprint import Footprint
from clearway_analytics.risk.parameters import Parameters
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database, is_transient
from clearway_platform.heavy import HeavyWork
from clearway_platform.messaging.retry import Outage

POLL_SECONDS: Final = 1.0
# A compared proposal waits for a person: its incidents need not be checked every second.
POLLS_PER_UPDATE: Final = 30
# Routes and incidents in one transaction. Until it ends, no incident of the mission can be applied.
ROUTES_AT_ONCE: Final = 20
INCIDENTS_AT_ONCE: Final = 25
COMPARED_AT_ONCE: Final = 100
CLEARED_AT_ONCE: Final = 1_000
# Without changes a comparison ages slowly, because both risks fall.
COMPARE_AGAIN_AFTER: Final = timedelta(hours=1)
# The most routes and incidents that an activation updates itself.
MOST_OUTDATED: Final = 200

Item = TypeVar("Item")

log = structlog.get_logger(__name__)


class ChangedMeanwhile(Exception):
    """Another process changed the shadow or the routes since they were read: the work is done again."""


@dataclass(frozen=True, slots=True)
class ShadowBuilder:
    """Computes the rows of a shadow."""

    heavy: HeavyWork

    async def of_route(
        self, connection: AsyncConnection, proposal: ParametersRevision, route: Route, known: Sequence[IncidentView]
    ) -> tuple[ShadowRoute, list[Contribution]]:
        """The figures of the route's corridor, and the contributions of the `known` incidents to it."""
        clearings = await checks.clearings_of(connection, route)
        return await self.heavy.run(_of_route, route, clearings, known, proposal.parameters)

    async def of_incidents(
        self,
        connection: AsyncConnection,
        mission: Mission,
        proposal: ParametersRevision,
        ids: Sequence[UUID],
        index: RouteIndex,
    ) -> tuple[list[IncidentView], list[Contribution]]:
        """The incidents at their present revisions, and their contributions to all routes."""
        views = await incidents.among(connection, mission.name, ids)
        routes = await index.routes(connection, mission)
        return views, await self.heavy.run(_of_incidents, views, routes, proposal.parameters)

    async def update(
        self, connection: AsyncConnection, mission: Mission, proposal: ParametersRevision, index: RouteIndex
    ) -> bool:
        """Bring the shadow up to date; the mission is locked. Returns False when too much is outdated."""
        routes = await shadow.outdated_routes(connection, proposal, MOST_OUTDATED + 1)
        outdated = await _all_outdated(connection, proposal)
        if len(routes) + len(outdated) > MOST_OUTDATED:
            return False
        known = (
            await incidents.among(connection, proposal.mission, shadow.contained_incidents(proposal)) if routes else []
        )
        for route in routes:
            made = await self.of_route(connection, proposal, route, known)
            await shadow.put_route(connection, proposal, route, *made)
        for ids in _parts(outdated, INCIDENTS_AT_ONCE):
            await shadow.put_incidents(
                connection, proposal, *await self.of_incidents(connection, mission, proposal, ids, index)
            )
        return True


@dataclass(slots=True)
class _Pass:
    """One update of a proposal's shadow by this process: the step that it has reached, and the routes in memory."""

    proposal: ParametersRevision
    step: int
    index: RouteIndex
    changed: bool = False


@dataclass(frozen=True, slots=True)
class RebuildRisk:
    """Works on every open proposal. Several processes may run it: one of them writes, the others start again."""

    database: Database
    clock: Clock
    builder: ShadowBuilder
    poll_seconds: float = POLL_SECONDS

    async def run(self) -> None:
        """A worker."""
        outage = Outage("rebuild_risk")
        for poll in count():
            try:
                await self.once(compared=poll % POLLS_PER_UPDATE == 0)
            except Exception as error:
                if not is_transient(error):
                    raise
                outage.note(error)
            else:
                outage.end()
            await asyncio.sleep(self.poll_seconds)

    async def once(self, *, compared: bool = True) -> None:
        """Bring open proposals up to date, and delete rows of decided ones. `compared`: compared proposals too."""
        async with self.database.of_every_mission("each open proposal is worked on").read() as connection:
            found = await parameters.open_proposals(connection)
            decided = await shadow.decided_with_rows(connection, 1)
        for proposal in found:
            if proposal.state is ParametersState.COMPARED and not compared:
                continue
            try:
                await self._update(proposal)
            except ChangedMeanwhile:
                log.debug("rebuild_starts_again", mission=proposal.mission, revision=proposal.revision)
        for parameters_id in decided:
            await self._clear(parameters_id)

    async def _update(self, proposal: ParametersRevision) -> None:
        work = _Pass(proposal, proposal.step, RouteIndex(self.builder.heavy))
        await self._update_routes(work)
        await self._update_incidents(work)
        is_old = proposal.compared_at is None or proposal.compared_at + COMPARE_AGAIN_AFTER <= self.clock.now()
        if work.changed or is_old or proposal.state is ParametersState.REBUILDING:
            await self._compare(work)

    async def _update_routes(self, work: _Pass) -> None:
        while True:
            proposal = work.proposal
            async with self.database.of(proposal.mission).read() as connection:
                mission = await missions.read(connection, proposal.mission)
                routes = await shadow.outdated_routes(connection, proposal, ROUTES_AT_ONCE)
                if not routes:
                    return
                known = await incidents.among(connection, proposal.mission, shadow.contained_incidents(proposal))
                made = [await self.builder.of_route(connection, proposal, route, known) for route in routes]
            async with self.database.of(proposal.mission).write() as transaction:
                await _take_step(transaction.connection, work, mission)
                for route, (figures, added) in zip(routes, made, strict=True):
                    await shadow.put_route(transaction.connection, proposal, route, figures, added)

    async def _update_incidents(self, work: _Pass) -> None:
        after: UUID | None = None
        while True:
            async with self.database.of(work.proposal.mission).read() as connection:
                outdated, after = await shadow.outdated_incidents(connection, work.proposal, after)
            for ids in _parts(outdated, INCIDENTS_AT_ONCE):
                await self._put_incidents(work, ids)
            if after is None:
                return

    async def _put_incidents(self, work: _Pass, ids: Sequence[UUID]) -> None:
        async with self.database.of(work.proposal.mission).read() as connection:
            mission = await missions.read(connection, work.proposal.mission)
            views, made = await self.builder.of_incidents(connection, mission, work.proposal, ids, work.index)
        async with self.database.of(work.proposal.mission).write() as transaction:
            await _take_step(transaction.connection, work, mission)
            await shadow.put_incidents(transaction.connection, work.proposal, views, made)

    async def _compare(self, work: _Pass) -> None:
        now = self.clock.now()
        compared = await self._compared(work.proposal, now)
        async with self.database.of(work.proposal.mission).write() as transaction:
            connection = transaction.connection
            mission = await _take_step(connection, work, None)
            await shadow.drop_retired(connection, work.proposal)
            for part in _parts(compared, COMPARED_AT_ONCE):
                await shadow.keep_comparisons(connection, work.proposal, part)
                await asyncio.sleep(0)
            found = await parameters.find(connection, mission, work.proposal.parameters_id)
            if found is None:
                raise ChangedMeanwhile
            if found.state is ParametersState.REBUILDING:
                found = found.changed(ParametersState.COMPARED)
            await parameters.write(connection, replace(found, compared_at=now, summary=Summary.of(compared)))

    async def _compared(self, proposal: ParametersRevision, now: datetime) -> list[RouteComparison]:
        compared: list[RouteComparison] = []
        after: UUID | None = None
        while True:
            async with self.database.of(proposal.mission).read() as connection:
                mission = await missions.read(connection, proposal.mission)
                known = await route_sums.page(connection, mission.name, after, COMPARED_AT_ONCE)
                made = await shadow.find(connection, proposal, [route.route_id for route in known])
            if not known:
                return compared
            after = known[-1].route_id
            compared += await self.builder.heavy.run(_comparisons, known, made, mission, proposal.parameters, now)

    async def _clear(self, parameters_id: UUID) -> None:
        rows = 1
        while rows:
            async with self.database.of_every_mission("a decided proposal is cleared by its id").write() as transaction:
                rows = await shadow.clear(transaction.connection, parameters_id, CLEARED_AT_ONCE)


async def _take_step(connection: AsyncConnection, work: _Pass, seen: Mission | None) -> Mission:
    """Lock the mission and move the shadow to its next step. Raises ChangedMeanwhile, also when a route of the mission
    changed since `seen` was read."""
    mission = await missions.lock(connection, work.proposal.mission)
    if seen is not None and mission.version != seen.version:
        raise ChangedMeanwhile
    if not await shadow.advance(connection, work.proposal, work.step):
        raise ChangedMeanwhile
    work.step += 1
    work.changed = True
    return mission


def _parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


async def _all_outdated(connection: AsyncConnection, proposal: ParametersRevision) -> list[UUID]:
    found, after = await shadow.outdated_incidents(connection, proposal, None)
    while after is not None and len(found) <= MOST_OUTDATED:
        more, after = await shadow.outdated_incidents(connection, proposal, after)
        found += more
        await asyncio.sleep(0)
    return found


def _of_route(
    route: Route, clearings: Sequence[Clearing], known: Sequence[IncidentView], parameters: Parameters
) -> tuple[ShadowRoute, list[Contribution]]:
    footprint = Footprint.of(route.line, route.half_width_m, clearings)
    made = contributions.on_route(route.route_id, footprint, known, parameters)
    return ShadowRoute(footprint.reference_share(parameters), footprint.corridor.area_km2), made


def _of_incidents(views: Sequence[IncidentView], routes: MissionRoutes, parameters: Parameters) -> list[Contribution]:
    return contributions.of_incidents(views, routes, contributions.near(views, routes, parameters), parameters)


def _comparisons(
    known: Sequence[RouteSums],
    made: Mapping[UUID, ShadowRoute],
    mission: Mission,
    proposed: Parameters,
    now: datetime,
) -> list[RouteComparison]:
    """The comparison of each route that the shadow contains, with the parameters in use and those proposed. The gain is
    the same: that of the proposed ones is learned when they are in use."""
    in_use, gain = mission.parameters, mission.gain
    horizon = in_use.horizon_days
    return [
        RouteComparison.of(
            route.route_id,
            route.assess(now, horizon, in_use, gain),
            shadow.applied(route, made[route.route_id]).assess(now, horizon, proposed, gain),
        )
        for route in known
        if route.route_id in made
    ]
