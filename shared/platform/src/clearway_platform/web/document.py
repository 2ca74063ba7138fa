"""A service's OpenAPI document: FastAPI's, completed with the parts that all operations share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext, iter_route_contexts

from clearway_platform.auth.principals import Permission
from clearway_platform.auth.roles import roles_by_permission, roles_table
from clearway_platform.codes import KINDS
from clearway_platform.web.access import PublicRoute
from clearway_platform.web.never_limited import MARK
from clearway_platform.web.possible_problems import CODES, possible
from clearway_platform.web.problems import MEDIA_TYPE, ProblemDetails
from clearway_platform.web.strict import JSON

Document = dict[str, Any]

SERVERS: Final = [{"url": "/", "description": "The address of this document."}]
CONTACT: Final = {"name": "The operator of this Clearway, or its maintainers"}
LICENCE: Final = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
STREAMS: Final = {
    "name": "Streams",
    "description": "Events as they happen (server-sent events). A client that reconnects with its last id misses none.",
}
PERMISSIONS: Final = "x-permissions"
"""The permissions of all roles by name, on the security scheme of the key."""

_STREAM: Final = "text/event-stream"
_DATA: Final = frozenset({"default", "example", "examples", "const", "enum"})
_ROLES: Final = " The roles: "
_SCHEMA: Final = "#/components/schemas/{model}"
_HEADERS: Final[Document] = {
    "ETag": "The revision, or a hash of the content. Send it in If-None-Match to read again, in If-Match to change.",
    "Location": "The address of the object.",
    "Retry-After": "Seconds to wait before the request is repeated.",
    "Idempotency-Replayed": "`true` when this repeats the first answer under the Idempotency-Key.",
    "Nothing-Changed": "`true` when the request changed nothing: there is no new revision, and no event.",
    "X-Request-Id": "The id of the request in the logs: the one in the request, or a new one.",
    "WWW-Authenticate": "The scheme of the key: `Bearer`.",
    "Allow": "With status 405, the methods of the address.",
    "RateLimit-Policy": "The shares that the request counted to: `q` in `w` seconds, or at a time without `w`.",
    "RateLimit": "What is left of each of them: `r`, and the seconds `t` until it is whole again.",
}
# An answer that declares one of these always has it. Others depend on the request.
_ALWAYS: Final = frozenset({"ETag", "Location", "Retry-After", "WWW-Authenticate"})
_OF_A_PROBLEM: Final[dict[HTTPStatus, str]] = {
    HTTPStatus.UNAUTHORIZED: "WWW-Authenticate",
    HTTPStatus.PRECONDITION_FAILED: "ETag",
    HTTPStatus.TOO_MANY_REQUESTS: "Retry-After",
    HTTPStatus.SERVICE_UNAVAILABLE: "Retry-After",
}
_PROBLEM: Final[Document] = {MEDIA_TYPE: {"schema": {"$ref": _SCHEMA.format(model="ProblemDetails")}}}
_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that you last read; the answer is 304 while nothing has changed.",
    "schema": {"type": "string"},
}


def header(name: str) -> Document:
    """The declaration of a header in an answer: `responses={200: {"headers": header("ETag")}}`."""
    return {name: {"$ref": f"#/components/headers/{name}"}}


SHARES: Final = header("RateLimit-Policy") | header("RateLimit")
"""The header fields of an answer to a request that was counted."""

REVISED: Final[dict[int | str, Document]] = {200: {"headers": header("ETag") | header("Nothing-Changed")}}
"""The answer to a change of an object with revisions."""


def with_roles(document: Document, permissions: Sequence[Permission]) -> Document:
    """The document; the description of the key lists the permissions of each role, and `x-permissions` their names."""
    if (key := document["components"]["securitySchemes"].get("api_key")) is not None:
        key["description"] = f"{key['description'].partition(_ROLES)[0]}{_ROLES}{roles_table(permissions)}"
        key[PERMISSIONS] = roles_by_permission(permissions)
    return document


def service_document(app: FastAPI, permissions: Sequence[Permission]) -> Document:
    """The complete document of one service, whose routes require these permissions."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        webhooks=app.webhooks.routes,
        tags=app.openapi_tags,
        servers=SERVERS,
        contact=CONTACT,
        license_info=LICENCE,
    )
    document.setdefault("components", {}).setdefault("securitySchemes", {})
    document = _renamed(document, _plain_names(document["components"].get("schemas", {})))
    _add_components(document["components"])
    routes = {
        (method, route.path): route for route in iter_route_contexts(app.routes) for method in route.methods or ()
    }
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            _complete(routes[method.upper(), path], method, operation)
    _keep_used(document)
    for operations in document.get("webhooks", {}).values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["security"] = []
    return with_roles(document, permissions)


def _plain_names(schemas: Document) -> dict[str, str]:
    """A plain name for each schema of a generic class, which the framework names like `Page_AlertView_`."""
    return {name: schema["title"] for name, schema in schemas.items() if "_" in name}


def _renamed(document: Document, names: dict[str, str]) -> Document:
    """The document with renamed schemas and references."""
    references = {_SCHEMA.format(model=old): _SCHEMA.format(model=new) for old, new in names.items()}

    def renamed(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: references.get(value, value) if key == "$ref" else renamed(value) for key, value in node.items()
            }
        return [renamed(item) for item in node] if isinstance(node, list) else node

    result: Document = renamed(document)
    schemas = result["components"].get("schemas", {})
    result["components"]["schemas"] = {names.get(name, name): schema for name, schema in schemas.items()}
    return result


def _add_components(components: Document) -> None:
    schemas = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    problem = ProblemDetails.model_json_schema(ref_template=_SCHEMA, mode="serialization")
    schemas.update(problem.pop("$defs"))
    schemas["ProblemDetails"] = problem
    for name, schema in schemas.items():
        _without_titles(schema)
        _with_items(schema)
        schema["title"] = name
    components["headers"] = {name: _header(name, said) for name, said in _HEADERS.items()}
    statuses = sorted({kind.status for kind in KINDS.values()})
    components["responses"] = {_named(status): _problem(status) for status in statuses}
    components["responses"]["Problem"] = {
        "description": "Any other problem.",
        "headers": header("X-Request-Id") | header("Allow") | SHARES,
        "content": _PROBLEM,
    }


def _keep_used(document: Document) -> None:
    """Remove responses and headers that nothing refers to: linters report them."""
    components = document["components"]
    for kind in ("responses", "headers"):  # those that are kept name the headers
        used = _references([document.get("paths", {}), document.get("webhooks", {}), components["responses"]])
        components[kind] = {
            name: said for name, said in components[kind].items() if f"#/components/{kind}/{name}" in used
        }


def _references(node: Any) -> set[str]:
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    own = {node["$ref"]} if isinstance(node, dict) and isinstance(node.get("$ref"), str) else set()
    return own.union(*map(_references, inside))


def _header(name: str, said: str) -> Document:
    return {"description": said, "schema": {"type": "string"}} | ({"required": True} if name in _ALWAYS else {})


def _problem(status: HTTPStatus, said: str = "") -> Document:
    """The answer of this status, for any operation, or with what one operation says of it."""
    headers = header("X-Request-Id") | SHARES
    if status in _OF_A_PROBLEM:
        headers |= header(_OF_A_PROBLEM[status])
    description = f"{status.phrase}: the problem says what to do. {said}".rstrip()
    return {"description": description, "headers": headers, "content": _PROBLEM}


def _complete(route: RouteContext, method: str, operation: Document) -> None:
    codes = possible(route, operation)
    is_public = isinstance(route.original_route, PublicRoute)
    if is_public:
        operation["security"] = []
    parameters = operation.get("parameters", [])
    headers = {parameter["name"] for parameter in parameters if parameter["in"] == "header"}
    _tidy_parameters(operation, parameters)
    _describe_successes(method, operation, headers, has_shares=MARK not in operation and not is_public)
    _describe_problems(operation, codes)


def _describe_problems(operation: Document, codes: Mapping[int, Sequence[str]]) -> None:
    responses = operation["responses"]
    for status in map(HTTPStatus, codes):
        own = responses.get(str(status.value), {})
        shared = {"$ref": f"#/components/responses/{_named(status)}"}
        responses[str(status.value)] = _problem(status, own["description"]) if CODES in own else shared
    responses["default"] = {"$ref": "#/components/responses/Problem"}
    operation[CODES] = {str(status): list(named) for status, named in codes.items()}


def _tidy_parameters(operation: Document, parameters: list[Document]) -> None:
    for parameter in parameters:
        parameter["schema"] = _never_null(_without_titles(parameter["schema"]))
        if parameter["name"] == "If-Match" and operation.get("x-if-match") != "optional":
            # Its absence is answered with 428, so the framework declares it as optional.
            parameter["required"] = True
    operation.pop("x-if-match", None)


def _describe_successes(method: str, operation: Document, headers: set[str], *, has_shares: bool) -> None:
    responses = operation["responses"]
    _name_formats(operation)
    is_whole = bool(responses.get("200", {}).get("content", {}).keys() - {_STREAM})
    if method == "get" and is_whole:
        responses["200"].setdefault("headers", {}).update(header("ETag"))
        unchanged = "Nothing has changed since the ETag in If-None-Match."
        responses["304"] = {"description": unchanged, "headers": header("ETag")}
        if "If-None-Match" not in headers:
            operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
    for response in [response for status, response in responses.items() if status < "400"]:
        response.setdefault("headers", {}).update(header("X-Request-Id"))
        if has_shares:
            response["headers"].update(SHARES)
        if "Idempotency-Key" in headers:
            response["headers"].update(header("Idempotency-Replayed"))
        for content in response.get("content", {}).values():
            _without_titles(content.setdefault("schema", {"type": "string"}))


def _name_formats(operation: Document) -> None:
    """Of an answer in several formats the document describes JSON, and names the others in words: a client that is
    generated from the document would take the answer for any of them."""
    content = operation["responses"].get("200", {}).get("content", {})
    others = [form for form in content if form != JSON]
    if JSON in content and others:
        operation["responses"]["200"]["content"] = {JSON: content[JSON]}
        operation["description"] += f"\n\nAlso as {', '.join(f'`{form}`' for form in others)}: name it in `Accept`."


def _named(status: HTTPStatus) -> str:
    return status.phrase.replace(" ", "").replace("-", "")


def _never_null(schema: Document) -> Document:
    """The schema without null: an absent parameter is not sent at all."""
    members = [member for member in schema.get("anyOf", ()) if member != {"type": "null"}]
    if len(members) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**members[0], **rest}


def _with_items(node: Any) -> None:
    """Add `items` to a list of fixed length, for tools that do not know `prefixItems`."""
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _with_items(child)
    if isinstance(node, dict) and "prefixItems" in node:
        node.setdefault("items", node["prefixItems"][0])


def _without_titles(node: Any) -> Any:
    """The schema without pydantic's titles, which are field names: generators would name classes after them."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        for key, value in node.items():
            # Names of properties are not keywords: one may be `title`. Nor are the keys of an example.
            for child in value.values() if key == "properties" else [value] if key not in _DATA else []:
                _without_titles(child)
    elif isinstance(node, list):
        for child in node:
            _without_titles(child)
    return node
