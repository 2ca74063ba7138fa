"""What a state must hold beyond the types of its fields."""

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from clearway_contracts.alert import AlertState
from clearway_contracts.alerts import AlertIssued
from clearway_contracts.area import AreaState
from clearway_contracts.areas import AreaRegistered
from clearway_contracts.checks import RouteCleared, RoutePassed
from clearway_contracts.geometry import LineString, Point
from clearway_contracts.incident import Casualties, IncidentState, IncidentTime
from clearway_contracts.incidents import IncidentReported
from clearway_contracts.route import RiskState, RouteState
from clearway_contracts.route_check import RouteClearanceState, RoutePassState
from clearway_contracts.routes import RouteRegistered, RouteRiskChanged
from clearway_platform.clock import new_id
from clearway_testing.alert_events import ALERT_STATES
from clearway_testing.event_states import (
    AREA_STATES,
    CLEARANCE_STATES,
    INCIDENT_STATES,
    PASS_STATES,
    RISK_STATES,
    ROUTE_STATES,
)

few = settings(max_examples=10, deadline=None)


@pytest.mark.parametrize("bounds", [(2, 1, 3), (1, 3, 2), (-1, 0, 1)])
def test_casualties_lie_between_their_bounds(bounds: tuple[int, int, int]) -> None:
    low, best, high = bounds

    with pytest.raises(ValidationError):
        Casualties.model_validate({"outcome": "killed", "low": low, "best": best, "high": high})


@pytest.mark.parametrize("position", [(181, 0), (0, 91), (float("nan"), 0), (float("inf"), 0)])
def test_a_point_is_on_earth(position: tuple[float, float]) -> None:
    with pytest.raises(ValidationError):
        Point(coordinates=position)


def test_a_line_has_two_positions() -> None:
    with pytest.raises(ValidationError):
        LineString(coordinates=((0, 0),))


def test_the_best_time_is_the_moment_or_the_middle_of_the_span() -> None:
    span = {"earliest": "2026-03-01T00:00:00Z", "latest": "2026-03-03T00:00:00Z", "precision": "day"}
    written = {"reported_at": "2026-03-03T00:00:00Z", "recorded_at": "2026-03-03T00:00:00Z"}

    assert IncidentTime.model_validate(span | written).best.isoformat() == "2026-03-02T00:00:00+00:00"
    known = IncidentTime.model_validate(span | written | {"occurred_at": "2026-03-01T06:00:00Z"})
    assert known.best == known.occurred_at
    with pytest.raises(ValidationError, match="earliest"):
        IncidentTime.model_validate(span | written | {"earliest": "2026-03-04T00:00:00Z"})


@given(INCIDENT_STATES)
@few
def test_an_incident_event_is_of_the_incident_inside(state: IncidentState) -> None:
    right = {"mission": state.mission, "incident_id": state.incident_id, "revision": state.revision}
    for wrong in ({"mission": state.mission + "x"}, {"incident_id": new_id()}, {"revision": state.revision + 1}):
        with pytest.raises(ValidationError, match="must be those of the incident"):
            IncidentReported.model_validate({**right, **wrong, "incident": state})


@given(ALERT_STATES)
@few
def test_an_alert_event_is_of_the_alert_inside(state: AlertState) -> None:
    with pytest.raises(ValidationError, match="must be those of the alert"):
        AlertIssued(mission=state.mission, alert_id=new_id(), incident_id=state.incident_id, alert=state)


@given(ROUTE_STATES, RISK_STATES)
@few
def test_a_route_event_is_of_the_route_inside(route: RouteState, risk: RiskState) -> None:
    with pytest.raises(ValidationError, match="must be those of the state"):
        RouteRegistered(mission=route.mission, route_id=new_id(), route=route)
    with pytest.raises(ValidationError, match="must be those of the state"):
        RouteRiskChanged(mission=risk.mission + "x", route_id=risk.route_id, risk=risk)


@given(CLEARANCE_STATES, PASS_STATES)
@few
def test_an_event_of_a_check_is_of_the_route_inside(cleared: RouteClearanceState, passed: RoutePassState) -> None:
    with pytest.raises(ValidationError, match="must be those of the state"):
        RouteCleared(mission=cleared.mission, route_id=new_id(), clearance=cleared)
    with pytest.raises(ValidationError, match="must be those of the state"):
        RoutePassed(mission=passed.mission + "x", route_id=passed.route_id, route_pass=passed)
    with pytest.raises(ValidationError, match="from_m must be below to_m"):
        RouteClearanceState.model_validate(cleared.model_dump() | {"from_m": cleared.to_m})


@given(AREA_STATES)
@few
def test_an_event_of_an_area_is_of_the_area_inside(area: AreaState) -> None:
    with pytest.raises(ValidationError, match="must be those of the state"):
        AreaRegistered(mission=area.mission, area_id=new_id(), area=area)
