"""A body with as many faults as it has room for is refused, and holds the event loop no longer than any other."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import httpx
import pytest

from clearway_platform.forms import MOST_UNKNOWN
from clearway_platform.settings import Settings

from .holds import MOST_UNITS, Holds, watched
from .mission import Mission
from .operations import Operation, operations
from .served import Served

WRITING = [one for one in operations() if one.reads_json]
ROOM = Settings().max_body_bytes - 10_000
MASSES: Mapping[str, Any] = {
    "objects": [{}] * (ROOM // 4),
    "lists": [[]] * (ROOM // 4),
    "numbers": [0] * (ROOM // 3),
    "texts": [""] * (ROOM // 4),
    "properties": {f"{number:x}": 0 for number in range(ROOM // 11)},
}


@pytest.fixture(scope="module")
def holds(platform: Served, north: Mission) -> Iterator[Holds]:
    with north.client() as client:
        client.get("/v1/incidents")
    with watched(platform) as found:
        yield found


def places(operation: Operation) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    """Every place of the body that takes a list or an object, with the properties that choose its form."""
    [content] = [kind for name, kind in operation.document["requestBody"]["content"].items() if "json" in name][:1]
    yield from _places(operation, content["schema"], (), {}, frozenset())


def _places(
    operation: Operation,
    schema: Mapping[str, Any],
    path: tuple[str | int, ...],
    chosen: Mapping[str, Any],
    above: frozenset[str],
) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    if (reference := schema.get("$ref")) in above:
        return
    above, schema = above | ({reference} if reference else set()), operation.resolved(schema)
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _places(operation, part, path, chosen, above)
    properties = schema.get("properties", {})
    constants = {name: part["const"] for name, part in properties.items() if "const" in part}
    if schema.get("type") in {"object", "array"}:
        yield path, {**chosen, **{json.dumps([*path, name]): value for name, value in constants.items()}}
    for name, part in properties.items():
        here = {**chosen, **{json.dumps([*path, other]): value for other, value in constants.items()}}
        yield from _places(operation, part, (*path, name), here, above)
    if isinstance(items := schema.get("items"), Mapping):
        yield from _places(operation, items, (*path, 0), chosen, above)


def filled(valid: object, path: tuple[str | int, ...], mass: object, chosen: Mapping[str, Any]) -> object:
    """The valid body with the mass at a place, and what leads there made where it is missing."""
    whole = valid
    for place, value in chosen.items():
        whole = _put(whole, tuple(json.loads(place)), value)
    return _put(whole, path, mass)


def _put(whole: object, path: tuple[str | int, ...], value: object) -> object:
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        return [_put(whole[0] if isinstance(whole, list) and whole else None, tuple(rest), value)]
    known = whole if isinstance(whole, dict) else {}
    return {**known, first: _put(known.get(first), tuple(rest), value)}


@pytest.mark.parametrize("operation", WRITING, ids=str)
def test_many_faults_hold_the_loop_no_longer_than_few(operation: Operation, north: Mission, holds: Holds) -> None:
    asked, found = operation.request(north.ids), dict[str, float]()
    seen = set[str]()
    with north.client() as client:
        for path, chosen in places(operation):
            if str((path, chosen)) in seen:
                continue
            seen.add(str((path, chosen)))
            for name, mass in MASSES.items():
                body = json.dumps(filled(asked["json"], path, mass, chosen), separators=(",", ":"))
                units = holds.of(partial(_ask, client, asked, body))
                if units > MOST_UNITS:
                    found[f"{name} at {path}"] = round(units, 1)
    assert found == {}


def _ask(client: httpx.Client, asked: Mapping[str, Any], body: str) -> None:
    headers = {**asked.get("headers", {}), "Content-Type": "application/json"}
    answer = client.request(asked["method"], asked["url"], params=asked["params"], content=body, headers=headers)
    assert answer.status_code < 500, answer.text[:500]
    assert len(answer.content) < MOST_UNKNOWN * 1_000
