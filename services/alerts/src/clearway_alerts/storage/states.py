"""The versions of the state that this service stores as JSON (docs/adr/0022-stored-state-has-a-version.md)."""

from typing import Any, Final

from pydantic import TypeAdapter

from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.subscription import Filter
from clearway_alerts.filter_form import FilterForm
from clearway_platform.database.states import StateVersions

_INCIDENT: Final = StateVersions("incident_view", TypeAdapter(IncidentView))
_FILTER: Final = StateVersions("filter", TypeAdapter(FilterForm))
# Release 0.1.0 names the coordinates so, and reads what this one stores. Another name would need a version of its own.
_STORED_NAMES: Final = {"longitude": "lon", "latitude": "lat"}
_NAMES: Final = {stored: name for name, stored in _STORED_NAMES.items()}


def stored_incident(incident: IncidentView) -> Any:
    return {_STORED_NAMES.get(name, name): value for name, value in _INCIDENT.write(incident).items()}


def read_incident(stored: Any) -> IncidentView:
    """Raises NewerState."""
    return _INCIDENT.read({_NAMES.get(name, name): value for name, value in stored.items()})


def stored_filter(chosen: FilterForm) -> dict[str, Any]:
    """Without its version: it is the first, and release 0.1.0 refuses properties that it does not know."""
    return chosen.model_dump(mode="json")


def read_filter(stored: Any) -> Filter:
    """Raises NewerState."""
    return _FILTER.read(stored).to_domain()


def shown_filter(stored: Any) -> dict[str, Any]:
    """The filter in the newest shape, as answers show it. Raises NewerState."""
    return _FILTER.shape(stored)
