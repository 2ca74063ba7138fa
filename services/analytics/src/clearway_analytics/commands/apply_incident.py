"""An incident was reported or changed: the routes near it are re-rated."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.commands.announce import Announcer, Cause
from clearway_analytics.domain.incident_view import IncidentView
from clearway_analytics.ledger import contributions, incidents, missions, route_sums
from clearway_analytics.ledger.contributions import Contribution
from clearway_analytics.ledger.route_sums import Extremes, RouteSums
from clearway_analytics.ledger.routes import MissionRoutes, RouteIndex
from clearway_analytics.risk.parameters import Parameters
from clearway_platform.database.engines import Transaction
from clearway_platform.heavy import HeavyWork

FIRST_REVISION: Final = 1
# So many segments are measured in a few milliseconds; more of them elsewhere than on the event loop.
_SEGMENTS_ON_THE_LOOP: Final = 2_000

# Of each route: what the incident's earlier revision added to it, and what this one does.
Exchanges = Mapping[UUID, tuple[Contribution | None, Contribution | None]]


@dataclass(frozen=True, slots=True)
class ApplyIncident:
    """Takes out what the incident's earlier revision added to each route, and adds what this one does.

    The sums are read, changed here and written back: the mission is held, so no other transaction changes them between.
    """

    index: RouteIndex
    announcer: Announcer
    heavy: HeavyWork

    async def __call__(self, transaction: Transaction, incident: IncidentView, event_id: UUID) -> None:
        """Apply a revision. The same one again, or an older one, changes nothing."""
        connection = transaction.connection
        mission = await missions.hold(connection, incident.mission)
        if not await incidents.record(connection, incident):
            return
        old = await _taken_out(connection, incident)
        routes = await self.index.routes(connection, mission)
        new = await self._contributions(incident, routes, mission.parameters)
        await contributions.add(connection, new)
        if old or new:
            rated = await _rated(connection, mission.name, _exchanges(old, new))
            cause = Cause(incident.incident_id, event_id)
            told = await self.announcer.announce(transaction, mission, list(rated.values()), cause)
            await route_sums.write(connection, list((rated | told).values()))

    async def _contributions(
        self, incident: IncidentView, routes: MissionRoutes, parameters: Parameters
    ) -> list[Contribution]:
        near = contributions.near(incident, routes, parameters)
        if routes.network.segments(near) <= _SEGMENTS_ON_THE_LOOP:
            return contributions.of_incident(incident, routes, near, parameters)
        return await self.heavy.run(contributions.of_incident, incident, routes, near, parameters)


async def _taken_out(connection: AsyncConnection, incident: IncidentView) -> list[Contribution]:
    """What the incident's earlier revision had added. The first revision has none before it, and need not look."""
    if incident.revision == FIRST_REVISION:
        return []
    return await contributions.take_incident(connection, incident.mission, incident.incident_id)


def _exchanges(old: list[Contribution], new: list[Contribution]) -> Exchanges:
    before, after = ({made.route_id: made for made in contributed} for contributed in (old, new))
    return {route: (before.get(route), after.get(route)) for route in sorted(before.keys() | after.keys())}


async def _rated(connection: AsyncConnection, mission: str, exchanges: Exchanges) -> dict[UUID, RouteSums]:
    """The routes' sums after the exchange. Their contributions are exchanged already."""
    known = await route_sums.find(connection, mission, exchanges.keys())
    rated = {route: known[route].exchanged(*exchange) for route, exchange in exchanges.items() if route in known}
    unsure = [route for route in rated if _may_fall(known[route].extremes, *exchanges[route])]
    if unsure:
        found = await route_sums.extremes(connection, mission, unsure)
        rated |= {route: replace(rated[route], extremes=found.get(route, Extremes())) for route in unsure}
    return rated


def _may_fall(extremes: Extremes, before: Contribution | None, after: Contribution | None) -> bool:
    return before is not None and extremes.may_fall(before, after)
