"""The contracts as JSON Schema (draft 2020-12), for consumers that are not written in Python."""

from typing import Any, Final

from pydantic.json_schema import models_json_schema

from clearway_contracts.envelope import EventData
from clearway_contracts.registry import EVENTS, schema_name

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def message_name(contract: type[EventData]) -> str:
    """The name of an event at its version, as files and documents use it: `incident.reported.v1`."""
    return f"{contract.event_type}.v{contract.version}"


def event_schema(contract: type[EventData]) -> dict[str, Any]:
    """The schema of an event's data. Unknown properties are allowed: they may come from a newer producer."""
    schema = contract.model_json_schema(mode="validation")
    return {"$schema": DIALECT, "$id": schema_name(contract.event_type, contract.version), **schema}


def shared_schemas() -> dict[str, Any]:
    """Every event's schema with all their parts side by side, as AsyncAPI keeps them: in its dialect, JSON Schema
    draft 7, which writes the items of a fixed-length array differently."""
    _, document = models_json_schema(
        [(contract, "validation") for contract in EVENTS.values()], ref_template="#/components/schemas/{model}"
    )
    schemas: dict[str, Any] = _as_draft_7(document["$defs"])
    return schemas


def _as_draft_7(node: Any) -> Any:
    if isinstance(node, list):
        return [_as_draft_7(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {"items" if key == "prefixItems" else key: _as_draft_7(value) for key, value in node.items()}
