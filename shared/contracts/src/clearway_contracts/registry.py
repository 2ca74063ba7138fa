"""Every event there is and every state that events carry, by their wire names, and the steps that lift older versions
of events to the present one."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from clearway_contracts.alert import AlertState, DigestState
from clearway_contracts.alerts import ALERT_EVENTS, may_be_of_a_source
from clearway_contracts.area import AreaState
from clearway_contracts.areas import AREA_EVENTS
from clearway_contracts.checks import CHECK_EVENTS
from clearway_contracts.envelope import EventData, State
from clearway_contracts.heartbeats import HEARTBEAT_EVENTS, HeartbeatState
from clearway_contracts.incident import IncidentState
from clearway_contracts.incidents import INCIDENT_EVENTS
from clearway_contracts.route import RiskState, RouteState
from clearway_contracts.route_check import RouteClearanceState, RoutePassState
from clearway_contracts.routes import ROUTE_EVENTS

_EVENTS: Final = (
    *INCIDENT_EVENTS,
    *ALERT_EVENTS,
    *ROUTE_EVENTS,
    *CHECK_EVENTS,
    *AREA_EVENTS,
    *HEARTBEAT_EVENTS,
)
EVENTS: Final[Mapping[str, type[EventData]]] = MappingProxyType({event.event_type: event for event in _EVENTS})

STATES: Final[Mapping[str, type[State]]] = MappingProxyType(
    {
        state.state_name: state
        for state in (
            IncidentState,
            AlertState,
            DigestState,
            RouteState,
            RiskState,
            RouteClearanceState,
            RoutePassState,
            AreaState,
            HeartbeatState,
        )
    }
)

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the data of one version of an event and returns that of the next."""

UPCASTERS: Final[Mapping[tuple[str, int], Upcaster]] = MappingProxyType(
    {(event.event_type, 1): may_be_of_a_source for event in ALERT_EVENTS}
)
"""(wire name, version) to the step that leads to version + 1."""

SCHEMA_PREFIX: Final = "urn:clearway:schema:"


def schema_name(name: str, version: int) -> str:
    """The URN of the schema of an event or a state: `urn:clearway:schema:incident.reported:1`, which `ce_dataschema`
    carries, or `urn:clearway:schema:incident:1`."""
    return f"{SCHEMA_PREFIX}{name}:{version}"
