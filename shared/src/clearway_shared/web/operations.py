"""What a process shows of itself: health, readiness, metrics, and one page of documentation for all its services."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import resources
from typing import Any, Final

from fastapi import FastAPI, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from clearway_shared.version import VERSION
from clearway_shared.web.problems import install_handlers, not_found

Check = Callable[[], Awaitable[str | None]]

_ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}

# The page is ours and the assets are in the environment: it works without the internet.
_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Clearway API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" href="/docs/favicon-32x32.png"></head>
<body><div id="ui"></div><script src="/docs/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({ dom_id: "#ui", url: "/openapi.json", deepLinking: true,
  persistAuthorization: true, tagsSorter: "alpha", docExpansion: "list", defaultModelsExpandDepth: -1 });
</script></body></html>
"""


def operations_app(apps: Mapping[str, FastAPI], vital: Mapping[str, Check], other: Mapping[str, Check]) -> FastAPI:
    """The routes outside /v1. `vital` checks decide on readiness; `other` ones are told beside them.

    A broker that is away is told and does not make the process unready: it still accepts reports.
    """
    app = FastAPI(openapi_url=None)
    install_handlers(app)

    async def ready(_request: Request) -> Response:
        failing = await _failing(vital)
        degraded = await _failing(other)
        status = "unready" if failing else "degraded" if degraded else "ready"
        return JSONResponse({"status": status, "problems": failing | degraded}, 503 if failing else 200)

    async def openapi(_request: Request) -> Response:
        return JSONResponse(combined_document(list(apps.values())))

    async def service_openapi(request: Request) -> Response:
        name = request.path_params["service"]
        if name not in apps:
            raise not_found("service", name)
        return JSONResponse(apps[name].openapi())

    app.router.routes += [
        Route("/", lambda _request: RedirectResponse("/docs")),
        Route("/healthz", lambda _request: JSONResponse({"status": "alive", "version": VERSION})),
        Route("/readyz", ready),
        Route("/metrics", lambda _request: Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)),
        Route("/docs", lambda _request: HTMLResponse(_PAGE)),
        Route("/docs/{asset}", _asset),
        Route("/openapi.json", openapi),
        Route("/openapi/{service}.json", service_openapi),
    ]
    return app


def combined_document(apps: Sequence[FastAPI]) -> dict[str, Any]:
    """One OpenAPI document of all services. Schemas of one name are the same model or come from different services;
    those that differ keep their service's name in front."""
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Clearway", "version": VERSION, "description": "\n\n".join(app.description for app in apps)},
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": {}},
        "tags": [],
    }
    for app in apps:
        document = _apart(app.openapi(), whole["components"]["schemas"], app.title.split()[-1])
        whole["paths"] |= document["paths"]
        whole["components"]["schemas"] |= document["components"]["schemas"]
        whole["components"]["securitySchemes"] |= document["components"].get("securitySchemes", {})
        whole["tags"] += document.get("tags", [])
    return whole


def _apart(document: dict[str, Any], known: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The document with its schemas renamed where another service uses the name for something else."""
    schemas = document["components"]["schemas"]
    clashing = {name for name, schema in schemas.items() if name in known and known[name] != schema}

    def renamed(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: _reference(value) if key == "$ref" else renamed(value) for key, value in node.items()}
        return [renamed(item) for item in node] if isinstance(node, list) else node

    def _reference(target: str) -> str:
        head, _, name = target.rpartition("/")
        return f"{head}/{prefix}{name}" if name in clashing else target

    result: dict[str, Any] = renamed(document)
    own = result["components"]["schemas"]
    result["components"]["schemas"] = {prefix + n if n in clashing else n: schema for n, schema in own.items()}
    return result


async def _asset(request: Request) -> Response:
    name = request.path_params["asset"]
    if name not in _ASSETS:
        raise not_found("file", name)
    content = resources.files("fastapi_swagger").joinpath("resources", name).read_bytes()
    return Response(content, media_type=_ASSETS[name], headers={"Cache-Control": "max-age=86400"})


async def _failing(checks: Mapping[str, Check]) -> dict[str, str]:
    found = {name: await check() for name, check in checks.items()}
    return {name: problem for name, problem in found.items() if problem is not None}
