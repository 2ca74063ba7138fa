"""Routes about the process itself: health, readiness, metrics, pages for people and documents for programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import resources
from typing import Final, Protocol

from fastapi import FastAPI, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

import clearway_contracts
from clearway_platform.auth.permissions import PLATFORM
from clearway_platform.auth.principals import Permission
from clearway_platform.codes import PAGES, Code
from clearway_platform.refusals import NotFound
from clearway_platform.version import VERSION
from clearway_platform.web.joined import shipped
from clearway_platform.web.problems import install_handlers
from clearway_platform.web.site.about import about
from clearway_platform.web.site.docs import docs, file
from clearway_platform.web.site.page import ABOUT, all_problems, one_problem
from clearway_platform.web.strict import JSON

# Paths that every process answers, each with all below it, whatever its services.
RESERVED: Final = (
    "/v1",
    "/healthz",
    "/readyz",
    "/metrics",
    ABOUT,
    "/docs",
    PAGES,
    "/openapi.json",
    "/openapi",
    "/asyncapi.json",
)

Check = Callable[[], Awaitable[str | None]]


class Consumers(Protocol):
    """The consumers of a process: those that handle nothing, each with the reason."""

    def idle(self) -> Mapping[str, str]:
        """At present."""
        ...

    def not_joined_yet(self) -> Mapping[str, str]:
        """Since the process was started, and it is not long ago: an upgrade waits for them."""
        ...


def operations_app(
    apps: Mapping[str, FastAPI],
    vital: Mapping[str, Check],
    other: Mapping[str, Check],
    consumers: Consumers,
    permissions: Sequence[Permission] = PLATFORM,
) -> FastAPI:
    """The routes outside /v1. `vital` checks decide on readiness; `other` ones are only reported. `permissions`: those
    of the services in `apps`.

    A broker that does not answer is reported, and the process stays ready: it still accepts reports. While it answers,
    consumers that handle nothing make the process unready. They do not keep requests from it: what balances load asks
    /readyz/api, or all replicas would be taken out of service because events wait.
    """
    app = FastAPI(openapi_url=None)
    install_handlers(app)

    async def about_this_server(_request: Request) -> Response:
        return about(list(apps), permissions, await _run(vital), {**await _run(other), **consumers.idle()})

    async def ready(_request: Request) -> Response:
        degraded = _failing(await _run(other))
        idle = consumers.idle()
        failing = {**_failing(await _run(vital)), **({} if degraded else idle)}
        return _readiness(failing, {**degraded, **idle})

    async def ready_for_requests(_request: Request) -> Response:
        degraded = _failing(await _run(other))
        failing = {**_failing(await _run(vital)), **({} if degraded else consumers.not_joined_yet())}
        return _readiness(failing, degraded)

    async def service_openapi(request: Request) -> Response:
        name = request.path_params["service"]
        if name not in apps:
            raise NotFound(name, "service")
        return JSONResponse(apps[name].openapi())

    app.router.routes += [
        # Where no service has a page at this address.
        Route("/", lambda _request: RedirectResponse(ABOUT)),
        Route(ABOUT, about_this_server),
        Route("/healthz", lambda _request: JSONResponse({"status": "alive", "version": VERSION})),
        Route("/readyz", ready),
        Route("/readyz/api", ready_for_requests),
        Route("/metrics", lambda _request: Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)),
        Route("/docs", docs),
        Route("/docs/{name}", file),
        Route(PAGES, lambda _request: all_problems()),
        Route(PAGES + "/{code}", _problem),
        Route("/openapi.json", lambda _request: _document(shipped())),
        Route("/openapi/{service}.json", service_openapi),
        Route("/asyncapi.json", lambda _request: _document(_events())),
    ]
    return app


def _readiness(failing: Mapping[str, str], degraded: Mapping[str, str]) -> Response:
    status = "unready" if failing else "degraded" if degraded else "ready"
    return JSONResponse({"status": status, "problems": {**degraded, **failing}}, 503 if failing else 200)


def _events() -> bytes:
    return resources.files(clearway_contracts).joinpath("asyncapi.json").read_bytes()


def _document(content: bytes) -> Response:
    """A document that clients may cache, and revalidate with its ETag."""
    return Response(content, media_type=JSON, headers={"Cache-Control": "no-cache"})


async def _problem(request: Request) -> Response:
    code = request.path_params["code"]
    if code not in list(Code):
        raise NotFound(code, "kind of problem")
    return one_problem(Code(code))


async def _run(checks: Mapping[str, Check]) -> dict[str, str | None]:
    return {name: await check() for name, check in checks.items()}


def _failing(answers: Mapping[str, str | None]) -> dict[str, str]:
    return {name: problem for name, problem in answers.items() if problem is not None}
