"""Who waits for a turn of all that can be asked: reads, and for a moment what writes; never what ends a warning."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NoReturn
from unittest.mock import patch

import httpx
import pytest

from clearway_platform.places import AlternatingPlaces, BriefPlaces
from clearway_platform.web.never_limited import MARK
from clearway_platform.web.turns import LARGE_BYTES

from .mission import Mission, made, report
from .operations import Operation, operations
from .scene import Scene, scene, sending
from .succeeding import prepared

HEALTH = ("/healthz", "/readyz", "/readyz/api", "/metrics")
# What the largest text of a reason or a note may take, each character written as an escape.
MOST_BYTES_OF_A_TEXT = 12


@contextmanager
def none_free(*, of_writes: bool = False) -> Iterator[None]:
    """Every turn of reads and large bodies is taken, as the platform of the tests sees it, and those of writes as well
    if `of_writes`: who asks for one fails, in place of waiting."""

    def fail(_places: object, _owner: object) -> NoReturn:
        raise RuntimeError("no turn is free")

    with ExitStack() as patches:
        for places in (AlternatingPlaces, BriefPlaces) if of_writes else (AlternatingPlaces,):
            patches.enter_context(patch.object(places, "of", fail))
        yield


@pytest.fixture(scope="module")
def stage(north: Mission, south: Mission) -> Iterator[Scene]:
    with scene(north, south) as whole:
        yield whole


@pytest.mark.parametrize("operation", [one for one in operations() if MARK in one.document], ids=str)
def test_what_ends_a_warning_waits_for_no_turn(operation: Operation, stage: Scene) -> None:
    asked, mission = prepared(operation, stage)
    with none_free(of_writes=True):
        answer = stage.ask(asked, mission=mission)
    assert answer.status_code < 400, answer.text


@pytest.mark.parametrize("operation", [one for one in operations() if MARK in one.document], ids=str)
def test_what_ends_a_warning_is_smaller_than_what_waits(operation: Operation) -> None:
    """However its client writes it: the longest body that is accepted, each character as two escapes."""
    if "requestBody" not in operation.document:
        return
    form = operation.resolved(operation.document["requestBody"]["content"]["application/json"]["schema"])
    texts = [
        schema["maxLength"]
        for part in form["properties"].values()
        for schema in (operation.resolved(one) for one in (part, *part.get("anyOf", ())))
        if "maxLength" in schema
    ]
    assert texts
    assert sum(texts) * MOST_BYTES_OF_A_TEXT < LARGE_BYTES / 2


def test_a_report_waits_for_no_read(north: Mission) -> None:
    with north.client() as client, none_free():
        made(client.post("/v1/incidents", json=report(north.mark)))


def test_a_report_that_does_not_say_its_size_waits_for_no_read(north: Mission) -> None:
    whole = httpx.Request("POST", "http://any", json=report(north.mark)).content
    with north.client() as client, none_free():
        answer = client.post("/v1/incidents", content=iter([whole]), headers={"Content-Type": "application/json"})
        assert "content-length" not in answer.request.headers
        made(answer)


def test_a_report_takes_a_turn_of_writes(stage: Scene) -> None:
    """So the test of what ends a warning can fail."""
    asked = sending({"method": "POST", "url": "/v1/incidents"}, json.dumps(report(stage.ours.mark)).encode())
    with none_free(of_writes=True):
        assert stage.ask(asked).status_code == httpx.codes.INTERNAL_SERVER_ERROR


@pytest.mark.parametrize("path", HEALTH)
def test_health_waits_for_no_turn_with_a_key_or_without(path: str, north: Mission, anyone: httpx.Client) -> None:
    with north.client() as client, none_free(of_writes=True):
        assert client.get(path).status_code == anyone.get(path).status_code == httpx.codes.OK


@pytest.mark.parametrize("operation", [one for one in operations() if one.streams], ids=str)
def test_a_stream_begins_without_a_turn(operation: Operation, stage: Scene) -> None:
    with none_free(of_writes=True):
        assert stage.ask(operation.request(stage.ours.ids)).status_code == httpx.codes.OK


def test_who_is_refused_waits_for_no_turn(anyone: httpx.Client) -> None:
    with none_free(of_writes=True):
        assert anyone.get("/v1/incidents").status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.parametrize(
    "operation", [one for one in operations() if one.method == "GET" and not one.streams and not one.is_public], ids=str
)
def test_every_read_takes_a_turn(operation: Operation, stage: Scene) -> None:
    """So the tests above can fail."""
    with none_free():
        answer = stage.ask(operation.request(stage.ours.ids))
    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR


def test_a_large_body_takes_a_turn(stage: Scene) -> None:
    asked = sending({"method": "POST", "url": "/v1/incidents"}, b"[" + b"0," * LARGE_BYTES + b"0]")
    with none_free():
        assert stage.ask(asked).status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert stage.ask(asked).status_code == httpx.codes.UNPROCESSABLE_ENTITY
