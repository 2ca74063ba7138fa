"""The versions of what this service stores as documents. Each has golden examples in `examples/`, kept for ever."""

from __future__ import annotations

from typing import Any, Final

from pydantic import TypeAdapter

from clearway_contracts.incident import IncidentState
from clearway_platform.database.states import StateVersions, only_added

# An incident, now and in each of its revisions: the fields of the record as the events carry them. Version 2 adds
# `clearance`.
INCIDENT: Final[StateVersions[IncidentState]] = StateVersions(
    "incident", TypeAdapter(IncidentState), (only_added,), compatible_from=1
)
# A report as another system last sent it under a name of its own: any of the fields of `POST /v1/incidents`.
CONTENT: Final[StateVersions[dict[str, Any]]] = StateVersions("content", TypeAdapter(dict[str, Any]))

STATES: Final[tuple[StateVersions[Any], ...]] = (INCIDENT, CONTENT)
