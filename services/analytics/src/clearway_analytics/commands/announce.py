"""Telling of a risk that moved: when its band changes, when it moves by a factor, and the first time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.states import Published, RouteState
from clearway_analytics.outgoing import SOURCE, route_risk_changed
from clearway_analytics.risk.assessment import Assessment, assess
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
        self, transaction: Transaction, mission: Mission, known: Sequence[RouteState], cause: Cause | None = None
    ) -> dict[UUID, RouteState]:
        """Publish the risk of those of the routes whose risk moved; the mission is held.

        Returns the states of those, as they are when this was said: the caller writes them.
        """
        now = self.clock.now()
        risks = [(state, _assessment(state, mission, now)) for state in known]
        news = [(state, risk) for state, risk in risks if self._is_news(state.published, risk)]
        await self.outbox.add(transaction, [self._event(mission, state, risk, cause) for state, risk in news])
        return {state.route_id: _told(state, risk) for state, risk in news}

    def moved(self, known: Sequence[RouteState], mission: Mission, now: datetime) -> list[RouteState]:
        """Those whose risk is not what was last said."""
        return [state for state in known if self._is_news(state.published, _assessment(state, mission, now))]

    def _is_news(self, before: Published | None, risk: Assessment) -> bool:
        if before is None or before.band is not risk.band:
            return True
        larger = max(before.expected_events, risk.expected_events)
        smaller = min(before.expected_events, risk.expected_events)
        return larger >= self.factor * smaller and larger > smaller

    def _event(self, mission: Mission, state: RouteState, risk: Assessment, cause: Cause | None) -> Event:
        return self.outbox.event(
            route_risk_changed(
                mission.name, state.route_id, risk, state.published, cause.incident_id if cause else None
            ),
            subject=str(state.route_id),
            source=SOURCE,
            occurred=risk.at,
            causation=cause.event_id if cause else None,
        )


def _told(state: RouteState, risk: Assessment) -> RouteState:
    return replace(state, published=Published(risk.expected_events, risk.band, risk.at))


def _assessment(state: RouteState, mission: Mission, now: datetime) -> Assessment:
    parameters = mission.parameters
    sums = state.at(now, parameters)
    return assess(sums, state.area_km2, state.reference_share, now, parameters.horizon_days, parameters)
