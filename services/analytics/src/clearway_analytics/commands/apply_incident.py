"""An incident was reported or changed: the routes near it are re-rated."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.commands.announce import Announcer, Cause
from clearway_analytics.domain.evidence import Evidence
from clearway_analytics.ledger import contributions, incidents, missions, states
from clearway_analytics.ledger.contributions import Contribution
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.routes import RouteIndex
from clearway_analytics.risk.decay import DecayedSums
from clearway_shared.database import Transaction


@dataclass(frozen=True, slots=True)
class ApplyIncident:
    """Takes out what the incident's earlier revision added to each route, and adds what this one does."""

    index: RouteIndex
    announcer: Announcer

    async def __call__(self, transaction: Transaction, evidence: Evidence, event_id: UUID) -> None:
        """Apply a revision. The same one again, or an older one, changes nothing."""
        connection = transaction.connection
        mission = await missions.hold(connection, evidence.mission)
        if not await incidents.record(connection, evidence):
            return
        old = await contributions.take_incident(connection, mission.name, evidence.incident_id)
        new = await self._contributions(connection, mission, evidence)
        await contributions.add(connection, new)
        changes = _changes(old, new)
        if changes:
            await states.add(connection, mission.name, changes)
            cause = Cause(evidence.incident_id, event_id)
            await self.announcer.announce(transaction, mission, changes.keys(), cause)

    async def _contributions(
        self, connection: AsyncConnection, mission: Mission, evidence: Evidence
    ) -> list[Contribution]:
        routes = await self.index.routes(connection, mission)
        near = routes.near(evidence.lon, evidence.lat, contributions.reach_m(evidence, mission.parameters))
        return contributions.of_incident(evidence, near, mission.parameters)


def _changes(old: list[Contribution], new: list[Contribution]) -> dict[UUID, DecayedSums]:
    """What to add to each route's sums."""
    before, after = contributions.sums_by_route(old), contributions.sums_by_route(new)
    nothing = DecayedSums()
    return {
        route: after.get(route, nothing) - before.get(route, nothing) for route in sorted(before.keys() | after.keys())
    }
