"""The risks by proposed parameters are computed beside those in use, kept up to date, and compared with them."""

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
from clearway_analytics.ledger import contributions, incidents, missions, parameters, route_sums, shadow
from clearway_analytics.ledger.contributions import Contribution
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.ledger.route_sums import RouteSums
from clearway_analytics.ledger.routes import MissionRoutes, RouteIndex
from clearway_analytics.ledger.shadow import ShadowRoute
from clearway_analytics.risk.comparison import RouteComparison, Summary
from clearway_analytics.risk.footprint import Footprint
from clearway_analytics.risk.parameters import Parameters
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database, is_transient
from clearway_platform.heavy import HeavyWork

LOOK_SECONDS: Final = 1.0
# What is compared waits for a person: to look through all its incidents is not worth doing each second.
LOOKS_PER_CATCH_UP: Final = 30
# Routes and incidents of one transaction: while it lasts, no incident of the mission is applied.
ROUTES_AT_ONCE: Final = 20
INCIDENTS_AT_ONCE: Final = 25
COMPARED_AT_ONCE: Final = 100
CLEARED_AT_ONCE: Final = 1_000
# Time alone changes a comparison little: both sides fall.
COMPARE_AGAIN_AFTER: Final = timedelta(hours=1)
# More than so many are not added while the risks are exchanged.
MOST_BEHIND: Final = 200

Item = TypeVar("Item")

log = structlog.get_logger(__name__)


class Overtaken(Exception):
    """Another process changed the shadow or the routes meanwhile: what was computed is computed again."""


@dataclass(frozen=True, slots=True)
class ShadowMaker:
    """Computes what routes and incidents add to a shadow."""

    heavy: HeavyWork

    async def of_route(
        self, proposal: ParametersRevision, route: Route, known: Sequence[IncidentView]
    ) -> tuple[float, list[Contribution]]:
        """The route's reference share, and what the incidents that the shadow holds add to it."""
        return await self.heavy.run(_of_route, route, known, proposal.parameters)

    async def of_incidents(
        self,
        connection: AsyncConnection,
        mission: Mission,
        proposal: ParametersRevision,
        ids: Sequence[UUID],
        index: RouteIndex,
    ) -> tuple[list[IncidentView], list[Contribution]]:
        """The incidents as they are, and what they add to all routes."""
        views = await incidents.among(connection, mission.name, ids)
        routes = await index.routes(connection, mission)
        return views, await self.heavy.run(_of_incidents, views, routes, proposal.parameters)

    async def catch_up(
        self, connection: AsyncConnection, mission: Mission, proposal: ParametersRevision, index: RouteIndex
    ) -> bool:
        """Bring the shadow up to date; the mission is held. False when too much is behind."""
        routes = await shadow.routes_behind(connection, proposal, MOST_BEHIND + 1)
        behind = await _all_behind(connection, proposal)
        if len(routes) + len(behind) > MOST_BEHIND:
            return False
        known = await incidents.among(connection, proposal.mission, shadow.held_incidents(proposal)) if routes else []
        for route in routes:
            await shadow.put_route(connection, proposal, route, *await self.of_route(proposal, route, known))
        for ids in _parts(behind, INCIDENTS_AT_ONCE):
            await shadow.put_incidents(
                connection, proposal, *await self.of_incidents(connection, mission, proposal, ids, index)
            )
        return True


@dataclass(slots=True)
class _Pass:
    """One pass over a proposal by this process: the step it is at, and its routes in memory."""

    proposal: ParametersRevision
    step: int
    index: RouteIndex
    changed: bool = False


@dataclass(frozen=True, slots=True)
class RebuildRisk:
    """Works on every open proposal. Many may run at once: one writes, the others begin again."""

    database: Database
    clock: Clock
    maker: ShadowMaker
    look_seconds: float = LOOK_SECONDS

    async def run(self) -> None:
        """A worker."""
        for look in count():
            try:
                await self.once(compared=look % LOOKS_PER_CATCH_UP == 0)
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("rebuild of risks put off", error=repr(error))
            await asyncio.sleep(self.look_seconds)

    async def once(self, *, compared: bool = True) -> None:
        """Bring open proposals up to date, also those that are compared already, and remove what decided ones left."""
        async with self.database.read() as connection:
            found = await parameters.open_proposals(connection)
            decided = await shadow.to_clear(connection, 1)
        for proposal in found:
            if proposal.state is ParametersState.COMPARED and not compared:
                continue
            try:
                await self._advance(proposal)
            except Overtaken:
                log.debug("rebuild of risks begins again", mission=proposal.mission, revision=proposal.revision)
        for parameters_id in decided:
            await self._clear(parameters_id)

    async def _advance(self, proposal: ParametersRevision) -> None:
        work = _Pass(proposal, proposal.step, RouteIndex(self.maker.heavy))
        await self._routes(work)
        await self._incidents(work)
        is_old = proposal.compared_at is None or proposal.compared_at + COMPARE_AGAIN_AFTER <= self.clock.now()
        if work.changed or is_old or proposal.state is ParametersState.REBUILDING:
            await self._compare(work)

    async def _routes(self, work: _Pass) -> None:
        while True:
            proposal = work.proposal
            async with self.database.read() as connection:
                mission = await missions.read(connection, proposal.mission)
                routes = await shadow.routes_behind(connection, proposal, ROUTES_AT_ONCE)
                if not routes:
                    return
                known = await incidents.among(connection, proposal.mission, shadow.held_incidents(proposal))
                made = [await self.maker.of_route(proposal, route, known) for route in routes]
            async with self.database.write() as transaction:
                await _take_step(transaction.connection, work, mission)
                for route, (share, added) in zip(routes, made, strict=True):
                    await shadow.put_route(transaction.connection, proposal, route, share, added)

    async def _incidents(self, work: _Pass) -> None:
        after: UUID | None = None
        while True:
            async with self.database.read() as connection:
                behind, after = await shadow.incidents_behind(connection, work.proposal, after)
            for ids in _parts(behind, INCIDENTS_AT_ONCE):
                await self._hold(work, ids)
            if after is None:
                return

    async def _hold(self, work: _Pass, ids: Sequence[UUID]) -> None:
        async with self.database.read() as connection:
            mission = await missions.read(connection, work.proposal.mission)
            views, made = await self.maker.of_incidents(connection, mission, work.proposal, ids, work.index)
        async with self.database.write() as transaction:
            await _take_step(transaction.connection, work, mission)
            await shadow.put_incidents(transaction.connection, work.proposal, views, made)

    async def _compare(self, work: _Pass) -> None:
        now = self.clock.now()
        compared = await self._compared(work.proposal, now)
        async with self.database.write() as transaction:
            connection = transaction.connection
            mission = await _take_step(connection, work, None)
            await shadow.drop_retired(connection, work.proposal)
            for part in _parts(compared, COMPARED_AT_ONCE):
                await shadow.keep_comparisons(connection, work.proposal, part)
                await asyncio.sleep(0)
            found = await parameters.find(connection, mission, work.proposal.parameters_id)
            if found is None:
                raise Overtaken
            if found.state is ParametersState.REBUILDING:
                found = found.changed(ParametersState.COMPARED)
            await parameters.write(connection, replace(found, compared_at=now, summary=Summary.of(compared)))

    async def _compared(self, proposal: ParametersRevision, now: datetime) -> list[RouteComparison]:
        compared: list[RouteComparison] = []
        after: UUID | None = None
        while True:
            async with self.database.read() as connection:
                mission = await missions.read(connection, proposal.mission)
                known = await route_sums.page(connection, mission.name, after, COMPARED_AT_ONCE)
                made = await shadow.find(connection, proposal, [route.route_id for route in known])
            if not known:
                return compared
            after = known[-1].route_id
            compared += await self.maker.heavy.run(
                _comparisons, known, made, (mission.parameters, proposal.parameters), now
            )

    async def _clear(self, parameters_id: UUID) -> None:
        rows = 1
        while rows:
            async with self.database.write() as transaction:
                rows = await shadow.clear(transaction.connection, parameters_id, CLEARED_AT_ONCE)


async def _take_step(connection: AsyncConnection, work: _Pass, seen: Mission | None) -> Mission:
    """Hold the mission and take the shadow's next step. Raises Overtaken when its routes are not those that were
    seen."""
    mission = await missions.hold(connection, work.proposal.mission)
    if seen is not None and mission.version != seen.version:
        raise Overtaken
    if not await shadow.advance(connection, work.proposal, work.step):
        raise Overtaken
    work.step += 1
    work.changed = True
    return mission


def _parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


async def _all_behind(connection: AsyncConnection, proposal: ParametersRevision) -> list[UUID]:
    found, after = await shadow.incidents_behind(connection, proposal, None)
    while after is not None and len(found) <= MOST_BEHIND:
        more, after = await shadow.incidents_behind(connection, proposal, after)
        found += more
        await asyncio.sleep(0)
    return found


def _of_route(route: Route, known: Sequence[IncidentView], parameters: Parameters) -> tuple[float, list[Contribution]]:
    footprint = Footprint.of(route.line, route.half_width_m)
    made = contributions.on_route(route.route_id, footprint, known, parameters)
    return footprint.reference_share(parameters), made


def _of_incidents(views: Sequence[IncidentView], routes: MissionRoutes, parameters: Parameters) -> list[Contribution]:
    return [
        contribution
        for incident in views
        for contribution in contributions.of_incident(
            incident, routes, contributions.near(incident, routes, parameters), parameters
        )
    ]


def _comparisons(
    known: Sequence[RouteSums],
    made: Mapping[UUID, ShadowRoute],
    both: tuple[Parameters, Parameters],
    now: datetime,
) -> list[RouteComparison]:
    """Of the routes that the shadow holds, by the parameters in use and by those proposed."""
    in_use, proposed = both
    horizon = in_use.horizon_days
    return [
        RouteComparison.of(
            route.route_id,
            route.assess(now, horizon, in_use),
            shadow.applied(route, made[route.route_id]).assess(now, horizon, proposed),
        )
        for route in known
        if route.route_id in made
    ]
