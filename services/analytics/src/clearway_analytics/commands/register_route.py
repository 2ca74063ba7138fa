"""Registers, redraws and retires routes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.commands.announce import Announcer
from clearway_analytics.domain.errors import NoSuchRoute
from clearway_analytics.domain.incident_view import IncidentView
from clearway_analytics.domain.line import length_m
from clearway_analytics.domain.route import Route, RouteDraft
from clearway_analytics.ledger import areas, checks, contributions, hazards, incidents, missions, route_sums, routes
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.route_sums import Extremes, RouteSums
from clearway_analytics.outgoing import SOURCE, route_registered
from clearway_analytics.risk.decay import LANDMARK
from clearway_analytics.risk.footprint import Footprint
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.heavy import HeavyWork
from clearway_platform.refusals import RevisionMissing, StaleRevision


@dataclass(frozen=True, slots=True)
class RegisterRoute:
    """Registers, redraws and retires routes, and publishes each change and the new risk."""

    announcer: Announcer
    heavy: HeavyWork

    async def put(
        self, transaction: Transaction, principal: Principal, route_id: UUID, draft: RouteDraft, expected: int | None
    ) -> Route:
        """Register a route, or replace the live one whose revision is `expected`.

        A draft that equals the live route changes nothing. Raises RevisionMissing, StaleRevision, and NoSuchRoute when
        the expected route does not exist or is retired.
        """
        connection = transaction.connection
        mission = await missions.lock_next(connection, principal.mission)
        known = await routes.find(connection, mission.name, route_id)
        _check_revision(known, route_id, expected)
        if known is not None and expected is not None and _equals(known, draft):
            return known
        route = self._drawn(principal, route_id, draft, known)
        await routes.put(connection, route, mission.version)
        await self._publish(transaction, route)
        await self._rate(transaction, mission, route, await incidents.of_mission(connection, mission.name))
        return route

    async def rate_again(self, transaction: Transaction, mission: Mission, route: Route) -> None:
        """Compute the sums of a live route anew after a clearance, and publish its risk if that changed; the mission is
        locked. The line is the same, so the incidents that count are those that counted before."""
        counted = contributions.incidents_of(mission.name, route.route_id)
        known = await incidents.among(transaction.connection, mission.name, counted)
        await self._rate(transaction, mission, route, known)

    async def announce(self, transaction: Transaction, mission: Mission, route: Route) -> None:
        """Publish the risk of a live route if it changed although its sums did not; the mission is locked."""
        await checks.note_last_checked(transaction.connection, route)
        known = await route_sums.find(transaction.connection, mission.name, [route.route_id])
        published = await self.announcer.announce(transaction, mission, list(known.values()))
        await route_sums.write(transaction.connection, list(published.values()))

    async def count_areas(self, transaction: Transaction, mission: Mission, drawn: Sequence[Route]) -> None:
        """Count the contaminated areas of some live routes anew, and publish the risks that changed; the mission is
        locked."""
        connection = transaction.connection
        numbers = await areas.number_on(connection, drawn, self.heavy)
        known = await route_sums.find(connection, mission.name, numbers.keys())
        rated = {route_id: replace(route, contaminated_areas=numbers[route_id]) for route_id, route in known.items()}
        published = await self.announcer.announce(transaction, mission, list(rated.values()))
        await route_sums.write(connection, list((rated | published).values()))

    async def _rate(
        self, transaction: Transaction, mission: Mission, route: Route, known: Sequence[IncidentView]
    ) -> None:
        rated = await self._rated(transaction.connection, mission, route, known)
        published = await self.announcer.announce(transaction, mission, [rated])
        await route_sums.put(transaction.connection, published.get(route.route_id, rated))

    async def retire(self, transaction: Transaction, principal: Principal, route_id: UUID, expected: int) -> None:
        """Retire a route: it is no longer rated or listed. Raises NoSuchRoute, StaleRevision."""
        connection = transaction.connection
        mission = await missions.lock_next(connection, principal.mission)
        known = await routes.find(connection, mission.name, route_id)
        if known is None or known.retired_at is not None:
            raise NoSuchRoute(route_id)
        if known.revision != expected:
            raise StaleRevision(known.revision)
        now = self.announcer.clock.now()
        retired = replace(known, revision=known.revision + 1, updated_at=now, retired_at=now)
        await routes.put(connection, retired, mission.version)
        await contributions.drop_route(connection, mission.name, route_id)
        await route_sums.drop(connection, mission.name, route_id)
        await self._publish(transaction, retired)

    def _drawn(self, principal: Principal, route_id: UUID, draft: RouteDraft, known: Route | None) -> Route:
        now = self.announcer.clock.now()
        return Route(
            mission=principal.mission,
            route_id=route_id,
            name=draft.name,
            line=draft.line,
            half_width_m=draft.half_width_m,
            length_m=length_m(draft.line),
            revision=known.revision + 1 if known else 1,
            registered_by=principal.id,
            registered_at=known.registered_at if known else now,
            updated_at=now,
            retired_at=None,
        )

    async def _rated(
        self, connection: AsyncConnection, mission: Mission, route: Route, known: Sequence[IncidentView]
    ) -> RouteSums:
        """The route's sums, computed from the known incidents; its last published risk stays."""
        before = (await route_sums.find(connection, route.mission, [route.route_id])).get(route.route_id)
        await contributions.drop_route(connection, route.mission, route.route_id)
        clearings = await checks.clearings_of(connection, route)
        footprint = await self.heavy.run(Footprint.of, route.line, route.half_width_m, clearings)
        made = await self.heavy.run(contributions.on_route, route.route_id, footprint, known, mission.parameters)
        await contributions.add(connection, made)
        return RouteSums(
            mission=route.mission,
            route_id=route.route_id,
            landmark=LANDMARK,
            sums=contributions.sums_of(made),
            extremes=Extremes.of(made),
            area_km2=footprint.corridor.area_km2,
            reference_share=footprint.reference_share(mission.parameters),
            published=before.published if before else None,
            known_hazards=await hazards.count(connection, route.mission, route.route_id),
            contaminated_areas=(await areas.number_on(connection, [route], self.heavy))[route.route_id],
            last_checked_at=await checks.last_checked(connection, route),
        )

    async def _publish(self, transaction: Transaction, route: Route) -> None:
        outbox = self.announcer.outbox
        event = outbox.event(
            route_registered(route), subject=str(route.route_id), source=SOURCE, occurred=route.updated_at
        )
        await outbox.add(transaction, [event])


def _equals(known: Route, draft: RouteDraft) -> bool:
    return (known.name, known.line, known.half_width_m) == (draft.name, draft.line, draft.half_width_m)


def _check_revision(known: Route | None, route_id: UUID, expected: int | None) -> None:
    live = known is not None and known.retired_at is None
    if not live and expected is not None:
        raise NoSuchRoute(route_id)
    if known is not None and live and known.revision != expected:
        raise RevisionMissing if expected is None else StaleRevision(known.revision)
