"""Refuses unknown query parameters and formats, which frameworks ignore.

A misspelt filter that is ignored returns too many items, and the caller does not notice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any, Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.security import APIKeyQuery

from clearway_platform.codes import Code
from clearway_platform.web.problems import FieldError, Problem

JSON: Final = "application/json"
_ANY: Final = "*/*"
# What the framework reads as JSON: a merge patch is sent as application/merge-patch+json.
_JSON_BODY: Final = re.compile(r"^application/(?:[^/;]+\+)?json\s*(?:;|$)", re.IGNORECASE)


async def nothing_ignored(request: Request) -> None:
    """A dependency of every route: 400 for an unknown query parameter, 406 when Accept allows none of the route's
    formats, 415 for a body that is not declared as JSON where JSON is read."""
    if request.scope["query_string"]:
        _require_known_parameters(request)
    wanted = ", ".join(request.headers.getlist("accept"))
    if wanted and wanted != _ANY:
        _require_acceptable(wanted, _formats_of(request.scope["route"]))
    if request.scope["route"].body_field is not None:
        await _require_json(request)


def _require_known_parameters(request: Request) -> None:
    route = request.scope["route"]
    known = sorted(_parameters_of(route.dependant))
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        hint = f" The format is always {_listed(_formats_of(route))}." if "format" in unknown else ""
        raise _unknown(unknown, known, hint)


def _require_acceptable(wanted: str, given: list[str]) -> None:
    if not accepts(wanted, given):
        remedy = f"Ask for {_listed(given)}, or leave Accept out."
        error = FieldError(field="header.Accept", problem="names no format of this address", remedy=remedy)
        raise Problem(406, f"This address has no format that Accept allows. {remedy}", errors=[error])


async def _require_json(request: Request) -> None:
    """Raises 415 for a body that is not declared as JSON: the framework would report a wrong form."""
    kind = request.headers.get("content-type", "")
    if not _JSON_BODY.match(kind) and await request.body():
        remedy = f"Send JSON, with the header Content-Type: {JSON}."
        error = FieldError(field="header.Content-Type", problem="does not say that the body is JSON", remedy=remedy)
        raise Problem(415, f"The header Content-Type does not say that the body is JSON. {remedy}", errors=[error])


def accepts(wanted: str, given: Iterable[str]) -> bool:
    """Whether an Accept header allows one of these formats."""
    ranges = {kind for kind, weight in media_ranges(wanted) if weight > 0}
    return any({_ANY, f"{form.partition('/')[0]}/*", form} & ranges for form in given)


def preferred(request: Request) -> str:
    """The format of the route with the largest weight in Accept; the first of equal ones."""
    weights = dict(media_ranges(", ".join(request.headers.getlist("accept"))))

    def weight(form: str) -> float:
        ranges = (form, f"{form.partition('/')[0]}/*", _ANY)
        return next((weights[kind] for kind in ranges if kind in weights), 0.0)

    return max(_formats_of(request.scope["route"]), key=weight)


def media_ranges(accept: str) -> list[tuple[str, float]]:
    """The formats of an Accept header with their weights; an unreadable weight is 1."""
    return [_range(part) for part in accept.split(",") if part.strip()]


def chosen(parameter: str, given: Collection[str] | None, known: Collection[str]) -> frozenset[str]:
    """The names in a filter; all known ones when it is absent. Raises a 400 problem that lists the known ones."""
    if given is None:
        return frozenset(known)
    unknown = sorted(set(given) - set(known))
    if unknown:
        remedy = f"Use: {', '.join(sorted(known))}."
        named = ", ".join(repr(name[:60]) for name in unknown[:5])
        error = FieldError(field=f"query.{parameter}", problem=f"there is no {named}", remedy=remedy)
        detail = f"{parameter}: there is no {named}. {remedy}"
        raise Problem(400, detail, code=Code.UNKNOWN_CHOICE, errors=[error])
    return frozenset(given)


def _unknown(unknown: Iterable[str], known: Collection[str], hint: str) -> Problem:
    exist = f"It has: {', '.join(known)}." if known else "It has none."
    errors = [
        FieldError(field=f"query.{name[:60]}", problem="unknown", remedy=_remedy(name, known)) for name in unknown
    ]
    names = ", ".join(repr(name[:60]) for name in unknown)
    detail = f"This address has no query parameter {names}. {exist}{hint}"
    return Problem(400, detail, code=Code.UNKNOWN_PARAMETER, errors=errors[:20])


def _remedy(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else "Remove it."


def _parameters_of(dependant: Dependant) -> set[str]:
    own = {parameter.alias for parameter in dependant.query_params}
    if isinstance(dependant.call, APIKeyQuery):
        own.add(dependant.call.model.name)
    return own.union(*(_parameters_of(part) for part in dependant.dependencies))


def _formats_of(route: Any) -> list[str]:
    """The formats that the route declares for status 200; JSON when it declares none."""
    declared = route.responses.get(200, {}).get("content", {})
    return list(declared) or [JSON]


def _listed(formats: Iterable[str]) -> str:
    return " or ".join(formats)


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            return kind, _weight(value)
    return kind, 1.0


def _weight(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 1.0
