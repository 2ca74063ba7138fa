"""However much a mission has on record, and however little its filters match, no request holds the event loop."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from math import cos, sin, tau
from typing import Any
from uuid import uuid4

import httpx
import pytest

from clearway_platform.database.sqlite_loop import READS_APART

from .holds import MOST_UNITS, Holds, untraced, watched
from .mission import Mission, found_mission, settle
from .multiplied import multiply
from .operations import Operation, operations
from .served import served


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mission, Holds]]:
    """A mission with years on record, on a platform whose loop is watched."""
    folder = tmp_path_factory.mktemp("years")
    with served(folder) as platform:
        mission = found_mission(platform, "unyears")
        settle(mission)
    assert multiply(folder, mission.name) > 20
    with ExitStack() as stack:
        with untraced():
            mission.platform = stack.enter_context(served(folder, workers=False))
        holds = stack.enter_context(watched(mission.platform))
        with mission.client() as client:
            client.get("/v1/incidents")
        yield mission, holds


READS = [one for one in operations() if one.method == "GET" and not one.streams]


def narrowed(operation: Operation) -> Iterator[dict[str, Any]]:
    """Queries that match little: the widest page, of all and with each parameter alone."""
    limit = {"limit": "500"} if "limit" in operation.parameters("query") else {}
    for query in [{}, *_each(operation)]:
        yield {**limit, **query}


def _each(operation: Operation) -> Iterator[dict[str, Any]]:
    long_ago = (datetime.now(UTC) - timedelta(days=3650)).isoformat()
    for parameter in operation.document.get("parameters", []):
        schema, name = parameter["schema"], parameter["name"]
        if parameter["in"] != "query" or name in {"limit", "cursor", "zoom"}:
            continue
        for value in _words_of(operation, schema):
            yield {name: value}
        if name == "bbox":
            yield {name: "100,50,100.1,50.1"}
        if name == "area":
            # All that there is, and next to nothing: a hundred corners, between which each place has to be looked for.
            yield from ({name: outline(*size)} for size in ((179.0, 89.0), (0.001, 0.001)))
        if name == "grade":
            yield {name: "A1"}
        if "date-time" in repr(schema) or name in {"from", "to", "as_of"}:
            yield from ({name: at} for at in (long_ago, datetime.now(UTC).isoformat()))
        if "uuid" in repr(schema):
            yield {name: str(uuid4())}


def outline(wide: float, tall: float) -> str:
    """A polygon of as many corners as there may be, around the middle of the map."""
    corners = [(wide * cos(turn * tau / 99), tall * sin(turn * tau / 99)) for turn in range(99)]
    return ";".join(f"{x:.5f},{y:.5f}" for x, y in (*corners, corners[0]))


def _words_of(operation: Operation, schema: Mapping[str, Any]) -> list[Any]:
    """The words that a parameter may be, alone or in a list."""
    schema = operation.resolved(schema)
    if "enum" in schema:
        return list(schema["enum"])
    parts = [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]
    return [word for part in parts for word in _words_of(operation, part)]


@pytest.mark.parametrize("operation", READS, ids=str)
def test_no_read_of_years_holds_the_loop(operation: Operation, years: tuple[Mission, Holds]) -> None:
    mission, holds = years
    asked, found = operation.request(mission.ids), dict[str, float]()
    with mission.client() as client:
        for query in narrowed(operation):
            units = holds.of(partial(_ask, client, asked, query))
            if units > MOST_UNITS:
                found[str(query)] = units
    assert found == {}


def _ask(client: httpx.Client, asked: Mapping[str, Any], query: Mapping[str, Any]) -> None:
    answer = client.request(asked["method"], asked["url"], params={**asked["params"], **query})
    assert answer.status_code < 500, answer.text


def moved() -> float:
    [metric] = READS_APART.collect()
    return metric.samples[0].value


def test_a_filter_that_matches_little_is_read_apart(years: tuple[Mission, Holds]) -> None:
    """So the test above can fail: without that the read of so many rows runs on the loop."""
    mission, _ = years
    before = moved()
    with mission.client() as client:
        answer = client.get("/v1/incidents", params={"category": "ammunition_storage"})
        assert answer.status_code == httpx.codes.OK
        assert answer.json()["items"] == []
    assert moved() > before
