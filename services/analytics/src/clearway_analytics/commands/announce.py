"""Telling of a risk that moved: when its band changes, when it moves by a factor, and the first time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clearway_analytics.ledger import states
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.states import Extremes, Published, RouteState
from clearway_analytics.outgoing import SOURCE, route_risk_changed
from clearway_analytics.risk.assessment import Assessment, assess
from clearway_shared.clock import Clock
from clearway_shared.database import Transaction
from clearway_shared.outbox import Outbox


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
        self, transaction: Transaction, mission: Mission, routes: Collection[UUID], cause: Cause | None = None
    ) -> int:
        """Publish the risk of those of the routes whose risk moved; the mission is held. Returns how many."""
        now = self.clock.now()
        known = await states.find(transaction.connection, mission.name, routes)
        moved = self.moved(list(known.values()), mission, now)
        if moved:
            await self._publish(transaction, mission, moved, now, cause)
        return len(moved)

    def moved(self, known: Sequence[RouteState], mission: Mission, now: datetime) -> list[RouteState]:
        """Those whose risk is not what was last said."""
        return [
            state for state in known if self._is_news(state.published, _assessment(state, Extremes(), mission, now))
        ]

    def _is_news(self, before: Published | None, risk: Assessment) -> bool:
        if before is None or before.band is not risk.band:
            return True
        larger = max(before.expected_events, risk.expected_events)
        smaller = min(before.expected_events, risk.expected_events)
        return larger >= self.factor * smaller and larger > smaller

    async def _publish(
        self,
        transaction: Transaction,
        mission: Mission,
        moved: Sequence[RouteState],
        now: datetime,
        cause: Cause | None,
    ) -> None:
        connection = transaction.connection
        extremes = await states.extremes(connection, mission.name, [state.route_id for state in moved])
        risks = [(state, _assessment(state, extremes.get(state.route_id, Extremes()), mission, now)) for state in moved]
        said = [(state.route_id, Published(risk.expected_events, risk.band)) for state, risk in risks]
        await states.mark_published(connection, mission.name, said, now)
        events = [
            self.outbox.event(
                route_risk_changed(
                    mission.name, state.route_id, risk, state.published, cause.incident_id if cause else None
                ),
                subject=str(state.route_id),
                source=SOURCE,
                occurred=now,
                causation=cause.event_id if cause else None,
            )
            for state, risk in risks
        ]
        await self.outbox.add(transaction, events)


def _assessment(state: RouteState, extremes: Extremes, mission: Mission, now: datetime) -> Assessment:
    parameters = mission.parameters
    sums = state.at(now, parameters, extremes)
    return assess(sums, state.area_km2, state.reference_share, now, parameters.horizon_days, parameters)
