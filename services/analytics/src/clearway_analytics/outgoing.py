"""The events of this service: the only module that knows both the ledger and the contract."""

from typing import Final
from uuid import UUID

from clearway_analytics.domain.route import Route
from clearway_analytics.ledger.route_sums import Published
from clearway_analytics.risk.assessment import Assessment
from clearway_contracts.geometry import LineString
from clearway_contracts.route import RiskState, RouteState
from clearway_contracts.routes import RouteRegistered, RouteRiskChanged

SOURCE: Final = "/clearway/analytics"


def route_registered(route: Route) -> RouteRegistered:
    """A route as it is now: registered, redrawn or retired."""
    state = RouteState(
        route_id=route.route_id,
        mission=route.mission,
        name=route.name,
        line=LineString(coordinates=route.line),
        half_width_m=route.half_width_m,
        registered_at=route.registered_at,
        revision=route.revision,
        retired=route.retired_at is not None,
    )
    return RouteRegistered(mission=route.mission, route_id=route.route_id, route=state)


def route_risk_changed(
    mission: str, route_id: UUID, risk: Assessment, previous: Published | None, cause: UUID | None
) -> RouteRiskChanged:
    """A route's risk, and the one published before. `cause` is the incident that changed it."""
    return RouteRiskChanged(
        mission=mission,
        route_id=route_id,
        risk=risk_state(mission, route_id, risk),
        previous_expected_events=previous and previous.expected_events,
        previous_band=previous.band if previous else None,
        previous_known_hazards=previous.known_hazards if previous else None,
        cause=cause,
    )


def risk_state(mission: str, route_id: UUID, risk: Assessment) -> RiskState:
    return RiskState(
        route_id=route_id,
        mission=mission,
        at=risk.at,
        horizon_days=risk.horizon_days,
        expected_events=risk.expected_events,
        low=risk.low,
        high=risk.high,
        n_eff=risk.effective_sample,
        nearby_sample=risk.nearby_sample,
        probability=risk.probability,
        band=risk.band,
        data_age_days=risk.data_age_days,
        known_hazards=risk.known_hazards,
    )
