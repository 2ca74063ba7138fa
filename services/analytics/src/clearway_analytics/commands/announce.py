"""Publishing of risks: the first time, when the band changes, when the expected number changes by a factor, and when a
known hazard is added or ends."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.route_sums import Published, RouteSums
from clearway_analytics.outgoing import SOURCE, route_risk_changed
from clearway_analytics.risk.assessment import Assessment
from clearway_contracts.envelope import Event
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction
from clearway_platform.messaging.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Cause:
    """The incident that changed the risk, the last one if there are several; the event that reported it, and what
    surrounds the making of the event that it causes."""

    incident_id: UUID
    event_id: UUID
    in_its_trace: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True, slots=True)
class Announcer:
    """Publishes risks. `factor`: an expected number that rises or falls by it is published again."""

    outbox: Outbox
    clock: Clock
    factor: float

    async def announce(
        self,
        transaction: Transaction,
        mission: Mission,
        known: Sequence[RouteSums],
        causes: Mapping[UUID, Cause] = MappingProxyType({}),
    ) -> dict[UUID, RouteSums]:
        """Publish the risks that differ enough from those last published; the mission is locked. `causes`: by route.

        Returns those routes, by id, with the published risk. The caller stores them.
        """
        now = self.clock.now()
        risks = [(route, _assessed(route, mission, now)) for route in known]
        changed = [(route, risk) for route, risk in risks if self._has_changed(route.published, risk)]
        await self.outbox.add(
            transaction, [self._event(mission, route, risk, causes.get(route.route_id)) for route, risk in changed]
        )
        return {route.route_id: _published(route, risk) for route, risk in changed}

    def changed(self, known: Sequence[RouteSums], mission: Mission, now: datetime) -> list[RouteSums]:
        """The routes whose risk differs enough from the one last published."""
        return [route for route in known if self._has_changed(route.published, _assessed(route, mission, now))]

    def _has_changed(self, before: Published | None, risk: Assessment) -> bool:
        if before is None or (before.band, before.known_hazards) != (risk.band, risk.known_hazards):
            return True
        larger = max(before.expected_events, risk.expected_events)
        smaller = min(before.expected_events, risk.expected_events)
        return larger >= self.factor * smaller and larger > smaller

    def _event(self, mission: Mission, route: RouteSums, risk: Assessment, cause: Cause | None) -> Event:
        with cause.in_its_trace() if cause else nullcontext():
            return self.outbox.event(
                route_risk_changed(
                    mission.name, route.route_id, risk, route.published, cause.incident_id if cause else None
                ),
                subject=str(route.route_id),
                source=SOURCE,
                occurred=risk.at,
                causation=cause.event_id if cause else None,
            )


def _published(route: RouteSums, risk: Assessment) -> RouteSums:
    return replace(route, published=Published(risk.expected_events, risk.estimate, risk.at, risk.known_hazards))


def _assessed(route: RouteSums, mission: Mission, now: datetime) -> Assessment:
    return route.assess(now, mission.parameters.horizon_days, mission.parameters, mission.gain)
