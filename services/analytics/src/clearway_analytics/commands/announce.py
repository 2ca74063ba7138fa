"""Telling of a risk that moved: when its band changes, when it moves by a factor, and the first time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
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
    """The incident that moved the risk, and the event that told of it."""

    incident_id: UUID
    event_id: UUID


@dataclass(frozen=True, slots=True)
class Announcer:
    """Publishes risks. `factor` is how much an expected number must rise or fall to be told again."""

    outbox: Outbox
    clock: Clock
    factor: float

    async def announce(
        self, transaction: Transaction, mission: Mission, known: Sequence[RouteSums], cause: Cause | None = None
    ) -> dict[UUID, RouteSums]:
        """Publish the risk of those of the routes whose risk moved; the mission is held.

        Returns the states of those, as they are when this was said: the caller writes them.
        """
        now = self.clock.now()
        risks = [(route, _assessed(route, mission, now)) for route in known]
        news = [(route, risk) for route, risk in risks if self._is_news(route.published, risk)]
        await self.outbox.add(transaction, [self._event(mission, route, risk, cause) for route, risk in news])
        return {route.route_id: _published(route, risk) for route, risk in news}

    def moved(self, known: Sequence[RouteSums], mission: Mission, now: datetime) -> list[RouteSums]:
        """Those whose risk is not what was last said."""
        return [route for route in known if self._is_news(route.published, _assessed(route, mission, now))]

    def _is_news(self, before: Published | None, risk: Assessment) -> bool:
        if before is None or before.band is not risk.band:
            return True
        larger = max(before.expected_events, risk.expected_events)
        smaller = min(before.expected_events, risk.expected_events)
        return larger >= self.factor * smaller and larger > smaller

    def _event(self, mission: Mission, route: RouteSums, risk: Assessment, cause: Cause | None) -> Event:
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
    return replace(route, published=Published(risk.expected_events, risk.band, risk.at))


def _assessed(route: RouteSums, mission: Mission, now: datetime) -> Assessment:
    return route.assess(now, mission.parameters.horizon_days, mission.parameters)
