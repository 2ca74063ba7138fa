"""The envelope of every request: its id, trace, log line and metric, and the limits on its body."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Final
from uuid import uuid4

import structlog
from opentelemetry import propagate, trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clearway_platform.telemetry import REQUEST_SECONDS, STREAM_SECONDS
from clearway_platform.web.large_bodies import LargeBodies
from clearway_platform.web.problems import Problem, problem_response, unexpected

log = structlog.get_logger("clearway.http")
tracer = trace.get_tracer("clearway.http")

# A body of the usual largest size needs this long at 140 kilobits a second.
BODY_SECONDS: Final = 60.0
# A larger one has this long, and goes on at that pace: who sends nothing is not waited for longer than others are.
PACE: Final = 1_048_576 / BODY_SECONDS
_IN_ANSWER: Final = "answer_headers"
_EVENT_STREAM: Final = "text/event-stream"
_REQUEST_ID: Final = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


def say_in_answer(scope: Scope, headers: Mapping[str, str]) -> None:
    """Add header fields to the answer of a request, whatever it will be. One that the answer has itself is kept."""
    scope.setdefault("state", {}).setdefault(_IN_ANSWER, {}).update(headers)


class RequestEnvelope:
    """ASGI middleware around all applications of a process.

    It logs the method, the route, the status and the duration: never a query, a body or a key.
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
        self._held: Message | None = None
        self._is_whole = False
        self._streams = False
        self._begun = time.perf_counter()

    async def run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._answer)
        except Exception:
            log.exception("request_failed", method=self._scope["method"], route=_route(self._scope))
            if not await self._ensure_answer():
                raise
        finally:
            self._record_end()

    async def _answer(self, message: Message) -> None:
        """Send a message of the answer. The head is kept until the body begins, so that a problem can replace it."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._request_id
            for name, value in self._scope["state"].get(_IN_ANSWER, {}).items():
                headers.setdefault(name, value)
            self._held = message
            return
        if self._held is not None:
            head, self._held = self._held, None
            self._status = head["status"]
            self._streams = Headers(raw=head["headers"]).get("content-type", "").startswith(_EVENT_STREAM)
            if self._streams:
                # A stream is open for minutes, and is not a slow request: its client waits only for the beginning.
                self._record_answer()
            await self._send(head)
        await self._send(message)
        self._is_whole = message["type"] == "http.response.body" and not message.get("more_body", False)

    async def _ensure_answer(self) -> bool:
        """Send a problem if no answer has begun. Returns whether the answer is complete: if not, the caller closes the
        connection, or the client would take a part for the whole."""
        if self._status is None:
            self._held = None
            await unexpected(self._scope["path"], self._request_id)(self._scope, self._receive, self._answer)
        return self._is_whole

    def _record_end(self) -> None:
        if not self._streams:
            self._record_answer()
            return
        seconds, route = time.perf_counter() - self._begun, _route(self._scope)
        STREAM_SECONDS.labels(route).observe(seconds)
        log.info("stream_ended", route=route, seconds=round(seconds, 1))

    def _record_answer(self) -> None:
        seconds = time.perf_counter() - self._begun
        method, route, status = self._scope["method"], _route(self._scope), self._status or 499
        REQUEST_SECONDS.labels(method, route, status).observe(seconds)
        log.info("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 2))


class BodyLimit:
    """ASGI middleware that answers 413 as soon as a body is over the limit, and 408 when it is not complete in time.
    One that is read line by line is bounded there."""

    def __init__(self, app: ASGIApp, limit: int, large: LargeBodies) -> None:
        self._app = app
        self._limit = limit
        self._large = large

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = self._large.of(scope) if scope["type"] == "http" else None
        limit = self._limit if own is None else own.most
        if scope["type"] != "http" or limit is None:
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared) > limit:
            await self._refuse(scope, receive, send, _too_large(limit))
            return
        try:
            await self._app(scope, _Counted(receive, limit, paced=own is not None).receive, send)
        except _Refused as refused:
            await self._refuse(scope, receive, send, refused.problem)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
        response = problem_response(problem, path=scope["path"], request_id=scope["state"]["request_id"])
        await response(scope, receive, send)


class _Counted:
    """The body of one request, counted while it is received."""

    def __init__(self, receive: Receive, limit: int, *, paced: bool) -> None:
        """`paced`: what has come of it gives time for what follows."""
        self._receive = receive
        self._limit = limit
        self._paced = paced
        self._seen = 0
        self._is_whole = False
        self._deadline: float | None = None

    async def receive(self) -> Message:
        """The next message. Only the body has a time limit: the end of the connection, which follows, has none."""
        message = await (self._receive() if self._is_whole else self._in_time())
        self._is_whole = not message.get("more_body", False)
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            raise _Refused(_too_large(self._limit))
        return message

    async def _in_time(self) -> Message:
        now = asyncio.get_running_loop().time()
        self._deadline = self._deadline or now + BODY_SECONDS
        more = self._seen / PACE if self._paced else 0.0
        try:
            async with asyncio.timeout(self._deadline + more - now):
                return await self._receive()
        except TimeoutError:
            detail = f"The body was not complete within {BODY_SECONDS + more:.0f} s. Send it again, or send less."
            raise _Refused(Problem(408, detail, headers={"Connection": "close"})) from None


def _too_large(limit: int) -> Problem:
    return Problem(413, f"The body is over {limit} bytes. Send less at once.", headers={"Connection": "close"})


class _Refused(BaseException):
    """Not an Exception, so that it passes through the application's own error handlers."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.match(given) else uuid4().hex


def _route(scope: Scope) -> str:
    """The route's template, because an id must not become a metric label."""
    template: str = getattr(scope.get("route"), "path", "unmatched")
    return template
