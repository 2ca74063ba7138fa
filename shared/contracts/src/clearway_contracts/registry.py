"""Every event there is, by its wire name, and the steps that lift older versions to the present one."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from clearway_contracts.alerts import ALERT_EVENTS
from clearway_contracts.envelope import EventData
from clearway_contracts.incidents import INCIDENT_EVENTS
from clearway_contracts.routes import ROUTE_EVENTS

EVENTS: Final[Mapping[str, type[EventData]]] = MappingProxyType(
    {event.event_type: event for event in (*INCIDENT_EVENTS, *ALERT_EVENTS, *ROUTE_EVENTS)}
)

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the data of one version of an event and returns that of the next."""

UPCASTERS: Final[Mapping[tuple[str, int], Upcaster]] = MappingProxyType({})
"""(wire name, version) to the step that leads to version + 1. Empty while every contract is at its first version."""

SCHEMA_PREFIX: Final = "urn:clearway:schema:"


def schema_name(event_type: str, version: int) -> str:
    """The schema's URN, as `ce_dataschema` carries it: `urn:clearway:schema:incident.reported:1`."""
    return f"{SCHEMA_PREFIX}{event_type}:{version}"
