"""What surrounds every request: its id, its trace, its log line, its measure, and the limits of its body."""

from __future__ import annotations

import re
import time
from typing import Final
from uuid import uuid4

import structlog
from opentelemetry import propagate, trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clearway_shared.telemetry import REQUEST_SECONDS, STREAM_SECONDS
from clearway_shared.web.problems import Problem, problem_response, unexpected

log = structlog.get_logger("clearway.http")
tracer = trace.get_tracer("clearway.http")

_EVENT_STREAM: Final = "text/event-stream"
_REQUEST_ID: Final = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class RequestEnvelope:
    """ASGI middleware around all applications of a process.

    It writes the method, the route, the status and the duration to the log: never a query, a body or a key.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        parent = propagate.extract(headers)
        with tracer.start_as_current_span(f"{scope['method']} {scope['path']}", context=parent):
            await _Exchange(self._app, scope, receive, send, request_id).run()


class _Exchange:
    """One request and its answer."""

    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        self._app = app
        self._scope = scope
        self._receive = receive
        self._send = send
        self._request_id = request_id
        self._status: int | None = None
        self._streams = False
        self._begun = time.perf_counter()

    async def run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._answer)
        except Exception:
            log.exception("request failed", method=self._scope["method"], route=_route(self._scope))
            if self._status is not None:
                raise
            await unexpected(self._scope["path"], self._request_id)(self._scope, self._receive, self._answer)
        finally:
            self._record_end()

    async def _answer(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._request_id
            self._streams = headers.get("content-type", "").startswith(_EVENT_STREAM)
            if self._streams:
                # A stream is open for minutes, and is no slow request: what its client waits for is the beginning.
                self._record_answer()
        await self._send(message)

    def _record_end(self) -> None:
        if not self._streams:
            self._record_answer()
            return
        seconds, route = time.perf_counter() - self._begun, _route(self._scope)
        STREAM_SECONDS.labels(route).observe(seconds)
        log.info("stream ended", route=route, seconds=round(seconds, 1))

    def _record_answer(self) -> None:
        seconds = time.perf_counter() - self._begun
        method, route, status = self._scope["method"], _route(self._scope), self._status or 499
        REQUEST_SECONDS.labels(method, route, status).observe(seconds)
        log.info("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 2))


class BodyLimit:
    """ASGI middleware that answers 413 to a body over the limit, before more of it is read than that."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._limit:
            await self._refuse(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise _TooLarge
            return message

        try:
            await self._app(scope, counted, send)
        except _TooLarge:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = Problem(
            413, f"The body is over {self._limit} bytes. Send less at once.", headers={"Connection": "close"}
        )
        response = problem_response(problem, path=scope["path"], request_id=scope["state"]["request_id"])
        await response(scope, receive, send)


class _TooLarge(BaseException):
    """Passes through the handlers of the application, which take exceptions for its own errors."""


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.match(given) else uuid4().hex


def _route(scope: Scope) -> str:
    """The route's template, so that ids do not become metric labels."""
    template: str = getattr(scope.get("route"), "path", "unmatched")
    return template
