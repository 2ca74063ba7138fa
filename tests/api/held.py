"""What an answer of the API is held to: what its OpenAPI document says, and that a problem says what to do."""

import re
from collections.abc import Mapping
from typing import Any, Final

import httpx
from jsonschema import Draft202012Validator
from pydantic_core import from_json

from clearway_platform.codes import Code, address
from clearway_platform.web.two_way import NDJSON

from .operations import Operation

# The headers by which a client goes on: each is documented wherever it is sent.
HEADERS: Final = frozenset(
    {
        "allow",
        "etag",
        "idempotency-replayed",
        "location",
        "nothing-changed",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "www-authenticate",
        "x-request-id",
    }
)
# They are of HTTP, and no parameters of an operation.
OF_EVERY_REQUEST: Final = frozenset({"Accept", "Content-Type"})
_POINTER: Final = re.compile(r"(/([^~/]|~[01])*)*")


def hold(operation: Operation, answer: httpx.Response) -> None:
    """Fail unless the document describes the answer: its status, its headers, its body, and the code of a problem."""
    said = operation.answer(answer.status_code)
    assert said is not None, (
        f"{operation} answers {answer.status_code}, and its document does not say so: {answer.text}"
    )
    hold_headers(operation, said, answer)
    if answer.is_stream_consumed and answer.content:
        hold_body(operation, said, answer)
    if answer.is_client_error:
        hold_problem(answer)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) in operation.codes, problem
        for error in problem["errors"]:
            hold_place(operation, answer.request, error)


def hold_headers(operation: Operation, said: Mapping[str, Any], answer: httpx.Response) -> None:
    described = {name.lower(): operation.resolved(part) for name, part in said["headers"].items()}
    given = HEADERS & set(answer.headers)
    assert given <= described.keys(), f"{operation}, {answer.status_code}: a header is not documented"
    always = {name for name, part in described.items() if part.get("required")} | {"x-request-id"}
    assert always <= given, f"{operation}, {answer.status_code}: a documented header is not there"


def hold_body(operation: Operation, said: Mapping[str, Any], answer: httpx.Response) -> None:
    kind = answer.headers["content-type"]
    if kind.startswith("text/csv"):
        assert list(said["content"]) == ["text/csv"]
        return
    schema = said["content"][kind]["schema"]
    if schema.get("format") == "binary":
        return
    bodies = [from_json(line) for line in answer.content.splitlines()] if kind == NDJSON else [answer.json()]
    for body in bodies:
        Draft202012Validator({**schema, "components": operation.components}).validate(body)


def hold_problem(answer: httpx.Response) -> None:
    """What is true of the problems of every address."""
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == address(Code(problem["code"]))
    assert (problem["status"], problem["instance"]) == (answer.status_code, answer.request.url.path)
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["detail"].endswith((".", '".'))


def hold_place(operation: Operation, request: httpx.Request, error: Mapping[str, Any]) -> None:
    """A place in the body is a JSON Pointer into what was sent, or to a field that was left out. Every other one names
    a parameter."""
    assert error["problem"]
    assert error["remedy"]
    part, _, name = error["field"].partition(".")
    if part == "body":
        assert leads(_sent(request), error["pointer"]) or error["pointer"] in operation.fields(), error
        return
    known = {*operation.parameters(part), *OF_EVERY_REQUEST, *request.url.params}
    assert "pointer" not in error
    assert name.partition(".")[0] in known, error


def leads(document: object, pointer: str) -> bool:
    """Whether a JSON Pointer (RFC 6901) leads to a place in the document."""
    assert _POINTER.fullmatch(pointer), pointer
    node = document
    for part in (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]):
        match node:
            case dict() if part in node:
                node = node[part]
            case list() if part.isdecimal() and int(part) < len(node):
                node = node[int(part)]
            case _:
                return False
    return True


def _sent(request: httpx.Request) -> object:
    """The body; None where it is no JSON, in which no place has a name."""
    try:
        return from_json(request.content)
    except ValueError:
        return None
