"""No value at, before or past a limit is answered with an error of ours, on either database, or ends a connection.

The values are made from the OpenAPI documents: what is added to them is tried by itself.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from clearway_testing.platforms import stored_services
from clearway_testing.server import DatabaseServer

from .edges import Document, deep, replaced
from .mission import Mission, found_mission, made, report, settle
from .operations import Operation, members, operations
from .served import served

MERGE_PATCH = "PATCH /v1/incidents/{incident_id}"
DOCUMENTS = [Document(member.parts.app.openapi()) for member in members()]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def edge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mission]:
    """A mission with something of every kind on record, on either database."""
    with ExitStack() as stack:
        chosen: dict[str, Any] = {}
        if request.param == "postgres":
            server: DatabaseServer = request.getfixturevalue("postgres_server")
            chosen["database_urls"] = {name: server.create_database(f"edges_{name}") for name in stored_services()}
            for name in stored_services():
                stack.callback(server.drop_database, f"edges_{name}")
        platform = stack.enter_context(served(tmp_path_factory.mktemp("edges"), **chosen))
        mission = found_mission(platform, "edge")
        settle(mission)
        yield mission


def asked(mission: Mission, operation: Operation) -> dict[str, Any]:
    """A valid request about an object of the mission; a write is about one that is not there, or is refused."""
    return operation.request(mission.ids)


class Asking:
    """Sends what is asked, and notes whatever is answered that is no answer of ours."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.wrong: list[str] = []
        self.count = 0

    def __call__(self, what: str, operation: Operation, request: dict[str, Any]) -> None:
        self.count += 1
        try:
            sent = self._client.build_request(**_encoded(request))
            answer = self._client.send(sent, stream=True)
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeEncodeError):
            return  # no client can send that
        except httpx.TransportError as error:
            self.wrong.append(f"{what}: the connection ended: {error!r}")
            return
        try:
            if answer.is_success or answer.is_redirect:
                if not operation.streams:
                    answer.read()
                return
            self._hold(what, answer, answer.read())
        finally:
            answer.close()

    def _hold(self, what: str, answer: httpx.Response, body: bytes) -> None:
        kind, status = answer.headers.get("content-type"), answer.status_code
        problem = json.loads(body) if kind == "application/problem+json" else {}
        is_ours = problem.get("request_id") == answer.headers["x-request-id"] and problem.get("detail")
        # What is wrong with a value is said of its field; JSON itself has none.
        names = status != 422 or [error["field"] for error in problem.get("errors", ())]
        if status >= 500 or not is_ours or not names:
            self.wrong.append(f"{what}: {status} {body[:300]!r}")


def _encoded(request: dict[str, Any]) -> dict[str, Any]:
    if "json" not in request:
        return request
    body = json.dumps(request["json"]).encode()
    headers = {"Content-Type": "application/json", **request.get("headers", {})}
    return {name: value for name, value in request.items() if name != "json"} | {"content": body, "headers": headers}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("operation", operations(), ids=str)
def test_no_edge_is_an_error_of_ours(operation: Operation, edge: Mission) -> None:
    document = next(item for item in DOCUMENTS if operation.path in item.paths)
    with edge.client() as client:
        ask = Asking(client)
        for what, request in _requests(document, operation, edge):
            ask(what, operation, request)
        assert ask.wrong == []
        assert ask.count > 0 or not any(
            list(document.values(one["name"], one["schema"])) for one in operation.document.get("parameters", [])
        )


def _requests(document: Document, operation: Operation, mission: Mission) -> Iterator[tuple[str, dict[str, Any]]]:
    valid = asked(mission, operation)
    for parameter in operation.document.get("parameters", []):
        name, place = parameter["name"], parameter["in"]
        for value in document.values(name, parameter["schema"]):
            if place == "query":
                yield f"?{name}={value!r:.80}", {**valid, "params": {**valid.get("params", {}), name: value}}
            elif place == "path":
                address = operation.address({**mission.ids, name: str(value)})
                yield f"{name}={value!r:.80}", {**valid, "url": address}
            else:
                headers = {**valid.get("headers", {}), name: str(value)}
                yield f"{name}: {value!r:.80}", {**valid, "headers": headers}
    if operation.reads_json or str(operation) == MERGE_PATCH:
        yield from _bodies(document, operation, valid)


def _bodies(document: Document, operation: Operation, valid: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if operation.takes_bytes:
        for size in (0, 1, 3, 12, 100):
            yield f"{size} bytes", {**valid, "content": valid["content"][:size]}
        return
    schema = operation.document["requestBody"]["content"]["application/json"]["schema"]
    fields = [((), schema), *document.fields(schema)]
    if str(operation) == MERGE_PATCH:
        # Its fields are those of a report.
        fields += document.fields({"$ref": "#/components/schemas/NewReport"})
    for path, inner in fields:
        values = [None, *document.values(str(path[-1]) if path else "", inner)]
        for value in values:
            what = f"{'.'.join(map(str, path))} = {str(value)[:80]!r}"
            yield what, {**valid, "json": replaced(valid["json"], path, value)}


PATCHES: dict[str, Callable[[], Any]] = {
    "deep": lambda: {"location": deep(100)[0]},
    "deep and unknown": lambda: deep(100)[0],
    "year 1": lambda: {"time": {"occurred_at": "0001-01-01T00:00:00Z", "precision": "unknown"}},
    "year 9999": lambda: {"time": {"latest": "9999-12-31T23:59:59Z"}},
}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES.keys())
def test_a_patch_past_a_limit_is_refused(patch: Callable[[], Any], edge: Mission) -> None:
    with edge.client() as client:
        incident = made(client.post("/v1/incidents", json=report(edge.mark)))
        answer = client.patch(f"/v1/incidents/{incident['incident_id']}", json=patch(), headers={"If-Match": '"1"'})
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["remedy"]


def test_a_patch_of_any_depth_is_refused(edge: Mission) -> None:
    """Where the stack ends depends on what lies on it: within a few levels JSON was still read, and not merged."""
    with edge.client() as client:
        address = f"/v1/incidents/{edge.ids['incident_id']}"
        etag = client.get(address).headers["ETag"]
        headers = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
        for levels in range(800, 1_000, 4):
            nested = '{"location": ' + '{"a": ' * levels + "1" + "}" * (levels + 1)
            answer = client.patch(address, content=nested, headers=headers)
            assert answer.status_code in (400, 422), (levels, answer.text)
            assert answer.json()["request_id"] == answer.headers["x-request-id"]
