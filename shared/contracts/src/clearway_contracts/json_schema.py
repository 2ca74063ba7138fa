"""The contracts as JSON Schema (draft 2020-12), for consumers that are not written in Python.

A state (an incident, an alert, a route, a route's risk) has one schema, and the events that carry it refer to that
by its `$id`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from clearway_contracts.envelope import EventData, State
from clearway_contracts.registry import EVENTS, STATES, schema_name

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_PARTS: Final = "#/$defs/"
_COMPONENTS: Final = "#/components/schemas/"


def message_name(contract: type[EventData]) -> str:
    """The name of an event at its version, as files and documents use it: `incident.reported.v1`."""
    return f"{contract.event_type}.v{contract.version}"


def state_schema(state: type[State]) -> dict[str, Any]:
    """The schema of a state, with all its parts. It refers to those of the states inside."""
    return _document(schema_name(state.state_name, state.version), _referring(_definition(state)))


def event_schema(contract: type[EventData]) -> dict[str, Any]:
    """The schema of an event's data, which refers to those of the states inside.

    Unknown properties are allowed: they may come from a newer producer.
    """
    return _document(schema_name(contract.event_type, contract.version), _referring(_definition(contract)))


def schemas() -> dict[str, dict[str, Any]]:
    """Every present schema by the name of its file: `incident.v1.json`, `incident.reported.v1.json`."""
    states = {f"{state.state_name}.v{state.version}.json": state_schema(state) for state in STATES.values()}
    return states | {f"{message_name(contract)}.json": event_schema(contract) for contract in EVENTS.values()}


def shared_schemas() -> dict[str, Any]:
    """Every event's schema with all their parts side by side, as AsyncAPI keeps them: in its dialect, JSON Schema
    draft 7, which writes the items of a fixed-length array differently."""
    definitions = _definitions(EVENTS.values(), _COMPONENTS)
    found: dict[str, Any] = _as_draft_7(definitions)
    return found


def _document(identity: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": identity, **schema}


def _definition(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of one model, its parts in `$defs`."""
    definitions = _definitions([model], _PARTS)
    return {**definitions.pop(model.__name__), "$defs": definitions}


def _definitions(models: Iterable[type[BaseModel]], prefix: str) -> dict[str, Any]:
    _, document = models_json_schema([(model, "validation") for model in models], ref_template=prefix + "{model}")
    definitions: dict[str, Any] = document["$defs"]
    return definitions


def _referring(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its states replaced by references to theirs, and without the parts that only they need."""
    addresses = {_PARTS + state.__name__: schema_name(name, state.version) for name, state in STATES.items()}
    definitions = schema.pop("$defs")
    referring = _with_addresses(schema, addresses)
    needed = _needed(referring, _with_addresses(definitions, addresses))
    return {**referring, "$defs": needed} if needed else referring


def _with_addresses(node: Any, addresses: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_with_addresses(item, addresses) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: addresses.get(value, value) if key == "$ref" else _with_addresses(value, addresses)
        for key, value in node.items()
    }


def _needed(schema: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The definitions that a schema refers to, directly or through one another, in their order."""
    found: set[str] = set()
    waiting = _references(schema)
    while waiting:
        found |= waiting
        waiting = {name for part in waiting for name in _references(definitions[part])} - found
    return {name: definition for name, definition in definitions.items() if name in found}


def _references(node: Any) -> set[str]:
    if isinstance(node, list):
        return {name for item in node for name in _references(item)}
    if not isinstance(node, dict):
        return set()
    target = node.get("$ref", "")
    own = {target.removeprefix(_PARTS)} if target.startswith(_PARTS) else set()
    return own | {name for value in node.values() for name in _references(value)}


def _as_draft_7(node: Any) -> Any:
    if isinstance(node, list):
        return [_as_draft_7(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {"items" if key == "prefixItems" else key: _as_draft_7(value) for key, value in node.items()}
