"""The FastAPI application of a service, with the parts that all services share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import Depends, FastAPI
from fastapi.telemetry import TelemetryConfig

from clearway_platform.service import Platform
from clearway_platform.version import VERSION
from clearway_platform.web.access import admitted, identify
from clearway_platform.web.document import STREAMS, service_document
from clearway_platform.web.problems import install_handlers
from clearway_platform.web.strict import nothing_ignored

# The envelope around all applications traces, measures and logs each request once. FastAPI's own records would repeat
# this, and its logs would quote request bodies.
_NONE_OF_ITS_OWN: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}


def create_app(title: str, description: str, platform: Platform, *, tags: Mapping[str, str] | None = None) -> FastAPI:
    """An application on `platform` whose errors are problem documents. `tags`: each with its description.

    Every route but a `PublicRoute` requires a key first, so that no route is open by mistake; then it refuses unknown
    parameters and formats. The runtime serves the documentation, one page for all services.
    """
    app = FastAPI(
        title=title,
        description=description,
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_tags=[{"name": name, "description": said} for name, said in (tags or {}).items()] + [STREAMS],
        dependencies=[Depends(admitted), Depends(nothing_ignored)],
        telemetry=_NONE_OF_ITS_OWN,
    )
    app.state.platform = platform
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    install_handlers(app, identify)
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = service_document(app, app.state.platform.permissions)
    return app.openapi_schema
