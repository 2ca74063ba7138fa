"""The FastAPI application of a service, with what all have in common."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig

from clearway_shared.service import Platform
from clearway_shared.version import VERSION
from clearway_shared.web.access import authenticated
from clearway_shared.web.problems import MEDIA_TYPE, ProblemDetails, install_handlers

# The envelope around all applications traces, measures and logs each request once. FastAPI's own records would come
# on top of it, and quote in its logs what was sent.
_NONE_OF_ITS_OWN: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
_SCHEMA: Final = "#/components/schemas/{model}"


def create_app(title: str, description: str, platform: Platform) -> FastAPI:
    """An application whose errors are problems and whose routes reach `platform`.

    Every route asks for a key before anything else, so that none can forget to and strangers learn nothing.
    Its documentation is served by the runtime, one page for all services.
    """
    app = FastAPI(
        title=title,
        description=description,
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(authenticated)],
        telemetry=_NONE_OF_ITS_OWN,
    )
    app.state.platform = platform
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    install_handlers(app)
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        app.openapi_schema = _with_problems(document)
    return app.openapi_schema


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Say in the document what is true of every operation: an error is a problem."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    problem = ProblemDetails.model_json_schema(ref_template=_SCHEMA)
    schemas.update(problem.pop("$defs"))
    schemas["ProblemDetails"] = problem
    content = {MEDIA_TYPE: {"schema": {"$ref": _SCHEMA.format(model="ProblemDetails")}}}
    for operations in document.get("paths", {}).values():
        for operation in operations.values():
            responses = operation["responses"]
            responses.pop("422", None)
            responses["default"] = {"description": "A problem: what was wrong, and what to do.", "content": content}
    return document
