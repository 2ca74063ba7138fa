"""Holds produced messages against the published contract: the choke point of the tests."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from pydantic_core import from_json
from referencing import Registry, Resource

from clearway_contracts.codec import Encoded, decode
from clearway_contracts.json_schema import event_schema, schemas
from clearway_contracts.registry import EVENTS


@cache
def validator(event_type: str) -> Draft202012Validator:
    """The validator of an event's present schema, formats included. Referenced schemas are in memory."""
    formats = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(event_schema(EVENTS[event_type]), format_checker=formats, registry=_every_schema())


@cache
def _every_schema() -> Registry[Any]:
    registry: Registry[Any] = Registry()
    return registry.with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas().values())


def hold_against_contract(message: Encoded) -> None:
    """For `encode(…, check=…)`: raises when a registered event's message breaks its schema, or cannot be read back.

    Events that a test makes up for itself are let through.
    """
    headers: dict[str, bytes] = dict(message.headers)
    event_type = headers["ce_type"].decode()
    if event_type not in EVENTS:
        return
    value: Any = from_json(message.value, allow_inf_nan=False)
    validator(event_type).validate(value)
    if decode(message.key, message.value, message.headers) is None:
        raise AssertionError(f"{event_type} is skipped by its own consumers")
