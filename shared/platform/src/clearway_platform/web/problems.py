"""Errors as RFC 9457 problem details: what was wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, Self

import structlog
from asyncpg import PostgresError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from pydantic_core import to_json
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from clearway_platform.codes import Code, address, usual
from clearway_platform.database.engines import is_transient
from clearway_platform.database.states import NewerState
from clearway_platform.outages import DATABASE, OUTAGES
from clearway_platform.refusals import Fault, Refusal, RequestPart

# First words of a place that is not in the body.
_OUTSIDE: Final = frozenset({"query", "header", "path", "cookie", "item"})
# A full pool and a server that is starting raise errors that are not a DBAPIError.
_OF_A_DATABASE: Final = (DBAPIError, PoolTimeout, PostgresError, TimeoutError, OSError, NewerState)
MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2
_UNKNOWN_EFFECT: Final = "It is not known whether the request took effect: repeat it with the same Idempotency-Key."

log = structlog.get_logger(__name__)


def _pointer_of(values: Mapping[str, Any]) -> str | None:
    where, *rest = str(values.get("field", "")).split(".")
    if where in _OUTSIDE:
        return None
    return json_pointer(rest if where == "body" else [where, *rest])


class FieldError(BaseModel):
    """One error in a request: its place, never its value."""

    field: str = Field(description="The dotted place, beginning with the part of the request: `body.location.point`.")
    pointer: str | None = Field(
        default_factory=_pointer_of,
        description="The place in the body as a JSON Pointer (RFC 6901): `/location/point`. Null outside the body.",
    )
    problem: str
    remedy: str

    @classmethod
    def of(cls, fault: Fault, *, in_part: bool = True) -> Self:
        """`in_part`: whether the place begins with the part of the request."""
        parts = fault.place.split(".") if fault.place else []
        pointer = json_pointer(parts) if fault.part == "body" else None
        field = ".".join([fault.part, *parts]) if in_part else fault.place
        return cls(field=field, pointer=pointer, problem=fault.problem, remedy=fault.remedy)


class ProblemDetails(BaseModel):
    """RFC 9457 problem details, with the invalid fields and the id of the request in the logs."""

    type: str = Field(description="The address of the page that explains the code: `/problems/stale_revision`.")
    code: str = Field(description="The kind of problem, for programs. It does not change.", examples=list(Code)[:3])
    title: str
    status: int
    detail: str | None = Field(default=None, description="What is wrong, and what to do.")
    instance: str | None = Field(default=None, description="The path of the request.")
    request_id: str | None = None
    errors: list[FieldError] = Field(default_factory=list)


class Problem(Refusal):
    """A refusal whose code or status is chosen where it is raised, mostly for an error of a framework."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: Code | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail, headers=headers)
        self._status = HTTPStatus(status)
        self.code = code or usual(status)
        self.errors = list(errors)

    @property
    def status(self) -> HTTPStatus:
        return self._status


class BadCursor(Refusal):
    """The text is not a cursor that this list or stream has returned."""

    code = Code.BAD_CURSOR
    detail = "This is not a cursor of this list or stream. Send it without changes, or begin without one."

    def __init__(self, place: str = "cursor", part: RequestPart = "query") -> None:
        remedy = "Send `next` of a list, or an event id of a stream, without changes."
        super().__init__(faults=[Fault(place, "not a cursor", remedy, part)])


def errors_of(refusal: Refusal, *, in_part: bool = True) -> list[FieldError]:
    """The errors of a refusal. `in_part`: whether each place begins with the part of the request."""
    if isinstance(refusal, Problem):
        return refusal.errors
    return [FieldError.of(fault, in_part=in_part) for fault in refusal.faults]


def details(problem: Refusal, *, path: str | None, request_id: str | None) -> dict[str, Any]:
    """The refusal as a problem document."""
    document = ProblemDetails(
        type=address(problem.code),
        code=problem.code,
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        instance=path,
        request_id=request_id,
        errors=errors_of(problem),
    )
    return document.model_dump(exclude_none=True)


def problem_response(problem: Refusal, *, path: str, request_id: str | None) -> Response:
    """The refusal as a response."""
    body = to_json(details(problem, path=path, request_id=request_id))
    return Response(body, int(problem.status), problem.headers, media_type=MEDIA_TYPE)


def field_errors(errors: Sequence[Any], *, sent: Any, prefix: str = "body.") -> list[FieldError]:
    """Pydantic's errors about the document `sent`, with their places in it, and without values: these may be
    confidential."""
    return [_field_error(error, _place(error, error["loc"], sent), prefix) for error in errors[:50]]


def request_errors(errors: Sequence[Any], body: Any) -> list[FieldError]:
    """Pydantic's errors about a request: each place begins with the part of the request."""
    found = []
    for error in errors[:50]:
        where, *rest = error["loc"]
        if where == "body":
            # For a body that is not JSON the place is a number of bytes.
            place = [] if error["type"] == "json_invalid" else _place(error, rest, body)
            found.append(_field_error(error, place, "body."))
        else:
            field = ".".join(str(part) for part in error["loc"])
            found.append(FieldError(field=field, pointer=None, problem=_problem(error), remedy=_remedy(error)))
    return found


def json_pointer(place: Sequence[str | int]) -> str:
    """RFC 6901."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


def _field_error(error: Any, place: Sequence[str | int], prefix: str) -> FieldError:
    field = (prefix + ".".join(str(part) for part in place)).rstrip(".")
    return FieldError(field=field, pointer=json_pointer(place), problem=_problem(error), remedy=_remedy(error))


def _place(error: Any, location: Sequence[str | int], sent: Any) -> list[str | int]:
    """The place in the document `sent`. Pydantic's location also names a member of a union, which is not in it."""
    place: list[str | int] = []
    node = sent
    for index, part in enumerate(location):
        if _has(node, part):
            node = node[part]
        elif error["type"] != "missing" or index < len(location) - 1:
            continue
        place.append(part)
    return place


def _has(node: Any, part: str | int) -> bool:
    if isinstance(node, Mapping):
        return part in node
    return isinstance(node, list | tuple) and isinstance(part, int) and part < len(node)


_REMEDIES: Final[Mapping[str, str]] = {
    "missing": "Add this field.",
    "extra_forbidden": "Remove this field, or check how it is spelled.",
    "json_invalid": "Send valid JSON in UTF-8, nested no deeper than 200 levels.",
    "finite_number": "Send a finite number.",
    "enum": "Use one of the values that are listed.",
    "literal_error": "Use one of the values that are listed.",
    "timezone_aware": "Give the time with its zone, as in 2026-01-31T06:00:00Z.",
    "uuid_parsing": "Send a UUID.",
    "bool_parsing": "Send true or false.",
    "int_parsing": "Send a whole number.",
    "float_parsing": "Send a number.",
    "string_type": "Send a text.",
    "list_type": "Send a JSON array.",
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type", "dataclass_type"), "Send a JSON object."),
    "string_too_long": "Shorten it.",
    "too_long": "Send fewer items.",
}


def _problem(error: Any) -> str:
    """The error in its own words: the name of the exception that a check of ours raised says nothing to the sender."""
    if error["type"] == "json_invalid":
        return f"is not JSON: {error['ctx']['error']}"
    return str(error["msg"]).removeprefix("Value error, ")


def _remedy(error: Any) -> str:
    kind = str(error["type"])
    if kind in _REMEDIES:
        return _REMEDIES[kind]
    if kind.startswith(("datetime", "date_")):
        return "Send an RFC 3339 time with its zone, as in 2026-01-31T06:00:00Z."
    return "Correct this field; the API's documentation at /docs gives its form."


def install_handlers(app: FastAPI, identify: Callable[[Request], Awaitable[object]] | None = None) -> None:
    """Answer every error of `app` as a problem. `identify` raises for a caller without a key: the framework reads the
    body of a request before it asks for the key, and strangers are to learn nothing."""

    def answer(request: Request, problem: Refusal) -> Response:
        request.state.refused = problem.code
        return problem_response(problem, path=request.url.path, request_id=request_id_of(request))

    async def answer_about_body(request: Request, problem: Refusal) -> Response:
        try:
            if identify is not None:
                await identify(request)
        except Refusal as refusal:
            return answer(request, refusal)
        except _OF_A_DATABASE as error:
            return answer(request, _from_database(error, request))
        return answer(request, problem)

    async def on_refusal(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return answer(request, error)

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = request_errors(error.errors(), error.body)
        places = ", ".join(sorted({item.field for item in errors})[:5])
        problem = Problem(422, f"The request is not valid at: {places}.", errors=errors)
        if any(item["type"] == "json_invalid" for item in error.errors()):
            return await answer_about_body(request, problem)
        return answer(request, problem)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        problem = _from_http(error, request)
        if problem.status == HTTPStatus.BAD_REQUEST:
            return await answer_about_body(request, problem)
        return answer(request, problem)

    async def on_database(request: Request, error: Exception) -> Response:
        return answer(request, _from_database(error, request))

    async def on_unforeseen(request: Request, _error: Exception) -> Response:
        """For every other error, which the framework would answer with plain text. The framework raises it again, and
        the envelope logs it."""
        return unexpected(request.url.path, request_id_of(request))

    app.add_exception_handler(Exception, on_unforeseen)
    app.add_exception_handler(Refusal, on_refusal)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    for kind in _OF_A_DATABASE:
        app.add_exception_handler(kind, on_database)


def unexpected(path: str, request_id: str | None) -> Response:
    """500, without details of the error: the log has them under the request's id."""
    return problem_response(_unforeseen(), path=path, request_id=request_id)


def refusal_of(error: Exception, request: Request) -> Refusal:
    """What an answer that has begun says of an error at its end. What was not foreseen is logged here."""
    if isinstance(error, Refusal):
        return error
    try:
        return _from_database(error, request)
    except Exception:
        log.exception("answer_broken_off", path=request.url.path)
        return _unforeseen()


def _unforeseen() -> Problem:
    return Problem(500, f"Something failed here. {_UNKNOWN_EFFECT}")


def request_id_of(request: Request) -> str | None:
    request_id: str | None = request.scope.get("state", {}).get("request_id")
    return request_id


def _from_http(error: HTTPException, request: Request) -> Problem:
    headers = dict(error.headers or {})
    code = None
    match error.status_code:
        case 404:
            code = Code.NO_SUCH_ADDRESS
            detail = "This address does not exist. /docs lists all addresses."
        case 405:
            detail = "This address does not support this method. The header Allow lists its methods."
            headers["Allow"] = ", ".join(_methods_at(request))
        case 400:
            detail = "The body could not be read. Send JSON in UTF-8, not nested deeper than a few levels."
        case _:
            detail = str(error.detail)
    return Problem(error.status_code, detail, code=code, headers=headers)


def _methods_at(request: Request) -> Sequence[str]:
    """All methods of the address. Each has its own route, and the framework names the method of the first one only."""
    path = request.url.path
    routes = list(iter_route_contexts(request.app.routes))
    template = next((route.path for route in routes if route.path_regex.match(path)), None)
    return sorted({method for route in routes if route.path == template for method in route.methods or ()})


def _from_database(error: Exception, request: Request) -> Problem:
    if isinstance(error, NewerState):
        log.warning("newer_state", error=str(error), path=request.url.path)
        return Problem(503, str(error), headers={"Retry-After": str(RETRY_SECONDS)})
    if is_transient(error):
        if OUTAGES.failed_alone(DATABASE):
            log.warning("database_unavailable", error=type(error).__name__, path=request.url.path)
        return Problem(
            503,
            f"The database does not answer. {_UNKNOWN_EFFECT}",
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    if str(getattr(getattr(error, "orig", None), "sqlstate", "")).startswith("22"):
        return Problem(422, "A value in the request cannot be stored: remove control characters and extreme numbers.")
    raise error
