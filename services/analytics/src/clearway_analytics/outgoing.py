"""The events of this service: the only module that knows both the ledger and the contract."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from clearway_analytics.domain.area import Area
from clearway_analytics.domain.check import Check, CheckKind
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger.route_sums import Published
from clearway_analytics.risk.assessment import Assessment
from clearway_contracts.area import AreaState
from clearway_contracts.areas import AreaChange, AreaCorrected, AreaRegistered, AreaReleased
from clearway_contracts.checks import (
    ClearanceChange,
    PassChange,
    RouteClearanceCorrected,
    RouteClearanceWithdrawn,
    RouteCleared,
    RoutePassCorrected,
    RoutePassed,
    RoutePassWithdrawn,
)
from clearway_contracts.geometry import LineString, Polygon
from clearway_contracts.route import RiskState, RouteState
from clearway_contracts.route_check import RouteClearanceState, RoutePassState
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


def check_changed(check: Check) -> ClearanceChange | PassChange:
    """A clearance or a pass as it is now: recorded, corrected or withdrawn."""
    ids = {"mission": check.mission, "route_id": check.route_id}
    step = "withdrawn" if check.withdrawn else "corrected" if check.revision > 1 else "recorded"
    if check.kind is CheckKind.CLEARANCE:
        return _OF_A_CLEARANCE[step](**ids, clearance=_clearance(check))
    return _OF_A_PASS[step](**ids, route_pass=_route_pass(check))


def _clearance(check: Check) -> RouteClearanceState:
    own = {"clearance_id": check.check_id, "method": check.way, "items_found": check.items_found}
    return RouteClearanceState.model_validate(_common(check) | own)


def _route_pass(check: Check) -> RoutePassState:
    return RoutePassState.model_validate(_common(check) | {"pass_id": check.check_id, "kind": check.way})


def _common(check: Check) -> dict[str, Any]:
    return {
        "route_id": check.route_id,
        "mission": check.mission,
        "route_revision": check.route_revision,
        "from_m": check.start_m,
        "to_m": check.end_m,
        "at": check.at,
        "organisation": check.organisation,
        "result": check.result,
        "revision": check.revision,
        "recorded_at": check.recorded_at,
        "withdrawn": check.withdrawn,
    }


_OF_A_CLEARANCE: Final[Mapping[str, type[ClearanceChange]]] = {
    "recorded": RouteCleared,
    "corrected": RouteClearanceCorrected,
    "withdrawn": RouteClearanceWithdrawn,
}
_OF_A_PASS: Final[Mapping[str, type[PassChange]]] = {
    "recorded": RoutePassed,
    "corrected": RoutePassCorrected,
    "withdrawn": RoutePassWithdrawn,
}


def area_changed(area: Area) -> AreaChange:
    """A contaminated area as it is now: registered, corrected or released."""
    contract = AreaReleased if area.released else AreaCorrected if area.revision > 1 else AreaRegistered
    own = {name: getattr(area, name) for name in AreaState.model_fields if name != "polygon"}
    state = AreaState.model_validate(own | {"polygon": Polygon(coordinates=area.polygon)})
    return contract(mission=area.mission, area_id=area.area_id, area=state)


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
