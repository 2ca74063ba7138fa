"""Which problems an operation can answer: those that follow from its form, and those that its route names.

The form is what FastAPI knows of a route: its parameters, its body, its dependencies. What a domain refuses follows
from no form, so a route names the classes, and the document has their code, their status and their sentence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from inspect import getdoc
from typing import Any, Final

from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext

from clearway_platform.auth.principals import Permission, Role
from clearway_platform.codes import KINDS, Code
from clearway_platform.refusals import Refusal
from clearway_platform.web.access import PublicRoute, Required, StreamRoute
from clearway_platform.web.never_limited import MARK
from clearway_platform.web.streamed import MARK as STREAMED

CODES: Final = "x-codes"
"""The codes of the problems that an operation can answer, by status."""

_EVERY: Final = (Code.UNKNOWN_PARAMETER, Code.NOT_ACCEPTABLE, Code.UNAVAILABLE)
_OF_A_KEY: Final = (Code.NO_KEY, Code.BAD_KEY)
_OF_A_STREAM: Final = (Code.BAD_TICKET, Code.BAD_CURSOR, Code.UNKNOWN_CHOICE)
_OF_A_CONDITION: Final = (Code.BAD_ETAG, Code.STALE_REVISION, Code.NO_REVISION)


def raises(*refusals: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """What a route says of the refusals of its domain: `responses=REVISED | raises(NotTheOwner, AnotherChannel)`."""
    grouped: dict[int, list[type[Refusal]]] = defaultdict(list)
    for refusal in refusals:
        grouped[KINDS[refusal.code].status.value].append(refusal)
    return {
        status: {
            "description": " ".join(sentence(refusal) for refusal in group),
            CODES: sorted({refusal.code.value for refusal in group}),
        }
        for status, group in grouped.items()
    }


def sentence(refusal: type[Refusal]) -> str:
    """What a class of refusals says of itself, in one sentence."""
    return (getdoc(refusal) or refusal.detail).partition("\n")[0]


def possible(route: RouteContext, operation: Mapping[str, Any]) -> dict[int, list[str]]:
    """The codes of the problems that the operation can answer, by status."""
    found: dict[int, set[str]] = defaultdict(set)
    for code in _from_form(route, operation):
        found[KINDS[code].status.value].add(code.value)
    for status, response in operation["responses"].items():
        if CODES in response:
            found[int(status)].update(response[CODES])
    return {status: sorted(found[status]) for status in sorted(found)}


def permissions_asked(route: RouteContext) -> frozenset[Permission]:
    """What the route asks of its caller."""
    return frozenset(_permissions(route.dependant))


def _permissions(dependant: Dependant) -> Iterator[Permission]:
    if isinstance(dependant.call, Required):
        yield dependant.call.permission
    for part in dependant.dependencies:
        yield from _permissions(part)


def _is_everyones(permission: Permission) -> bool:
    """Whether every key has it: a key may be limited to scopes."""
    return permission.in_every_scope and all(permission.belongs_to(role) for role in Role)


def _from_form(route: RouteContext, operation: Mapping[str, Any]) -> Iterator[Code]:
    parameters = {(item["in"], item["name"]) for item in operation.get("parameters", ())}
    yield from _EVERY
    if not isinstance(route.original_route, PublicRoute):
        yield from _OF_A_KEY
    if MARK not in operation:
        yield Code.QUOTA_USED_UP
    if not all(_is_everyones(permission) for permission in permissions_asked(route)):
        yield Code.NOT_PERMITTED
    if isinstance(route.original_route, StreamRoute):
        yield from _OF_A_STREAM
    if "{" in (route.path or ""):
        yield Code.NOT_FOUND
    if ("query", "cursor") in parameters:
        yield Code.BAD_CURSOR
    if ("header", "If-Match") in parameters:
        yield from _OF_A_CONDITION
    if ("header", "Idempotency-Key") in parameters:
        yield Code.KEY_REUSED
    if "requestBody" in operation and STREAMED not in operation:
        yield Code.TOO_LARGE
    if route.body_field is not None:
        yield Code.NOT_JSON
    if parameters or "requestBody" in operation:
        yield Code.INVALID
