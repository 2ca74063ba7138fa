"""Applies a new or changed incident: the routes near it are rated again."""

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
# So many edges are measured in a few milliseconds; more are measured in a thread, off the event loop.
_EDGES_ON_THE_LOOP: Final = 4_000

# By route: the contribution of the incident's earlier revision, and that of this one.
Exchanges = Mapping[UUID, tuple[Contribution | None, Contribution | None]]


@dataclass(frozen=True, slots=True)
class ApplyIncident:
    """Replaces the contributions of the incident's earlier revision by those of this one.

    The sums are read, changed here and written back: under the mission's lock no other transaction changes them.
    """

    index: RouteIndex
    announcer: Announcer
    heavy: HeavyWork

    async def __call__(self, transaction: Transaction, incident: IncidentView, event_id: UUID) -> None:
        """Apply a revision. A repeated or older one changes nothing."""
        connection = transaction.connection
        mission = await missions.lock(connection, incident.mission)
        if not await incidents.record(connection, incident):
            return
        old = await _removed(connection, incident)
        routes = await self.index.routes(connection, mission)
        new = await self._contributions(incident, routes, mission.parameters)
        await contributions.add(connection, new)
        if old or new:
            rated = await _rated(connection, mission.name, _exchanges(old, new))
            cause = Cause(incident.incident_id, event_id)
            published = await self.announcer.announce(transaction, mission, list(rated.values()), cause)
            await route_sums.write(connection, list((rated | published).values()))

    async def _contributions(
        self, incident: IncidentView, routes: MissionRoutes, parameters: Parameters
    ) -> list[Contribution]:
        near = contributions.near(incident, routes, parameters)
        if routes.network.edges(near) <= _EDGES_ON_THE_LOOP:
            return contributions.of_incident(incident, routes, near, parameters)
        return await self.heavy.run(contributions.of_incident, incident, routes, near, parameters)


async def _removed(connection: AsyncConnection, incident: IncidentView) -> list[Contribution]:
    """The contributions of the incident's earlier revision, deleted. A first revision needs no query: it has none."""
    if incident.revision == FIRST_REVISION:
        return []
    return await contributions.remove_incident(connection, incident.mission, incident.incident_id)


def _exchanges(old: list[Contribution], new: list[Contribution]) -> Exchanges:
    before, after = ({made.route_id: made for made in contributed} for contributed in (old, new))
    return {route_id: (before.get(route_id), after.get(route_id)) for route_id in sorted(before.keys() | after.keys())}


async def _rated(connection: AsyncConnection, mission: str, exchanges: Exchanges) -> dict[UUID, RouteSums]:
    """The routes' sums after the exchange. Their contributions are exchanged already."""
    known = await route_sums.find(connection, mission, exchanges.keys())
    rated = {
        route_id: known[route_id].exchanged(*exchange) for route_id, exchange in exchanges.items() if route_id in known
    }
    lower = [route_id for route_id in rated if _may_fall(known[route_id].extremes, *exchanges[route_id])]
    if lower:
        found = await route_sums.extremes(connection, mission, lower)
        rated |= {route_id: replace(rated[route_id], extremes=found.get(route_id, Extremes())) for route_id in lower}
    return rated


def _may_fall(extremes: Extremes, before: Contribution | None, after: Contribution | None) -> bool:
    return before is not None and extremes.may_fall(before, after)
