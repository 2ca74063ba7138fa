"""Answers to browsers: a problem as a page instead of a document."""

from __future__ import annotations

import json
from html import escape
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clearway_platform.codes import Code, address
from clearway_platform.web.problems import MEDIA_TYPE
from clearway_platform.web.site.page import ABOUT, heading, link, listed, page, paragraph, table
from clearway_platform.web.strict import media_ranges

_HTML: Final = "text/html"


class Browsers:
    """ASGI middleware around all applications of a process."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Answer(send, wants_a_page(Headers(scope=scope).get("accept", ""))))


def wants_a_page(accept: str) -> bool:
    """Whether Accept names HTML, with a weight not below that of any JSON type that it names."""
    weights = dict(media_ranges(accept))
    page_weight = weights.get(_HTML, 0.0)
    return page_weight > 0 and all(weights.get(form, 0.0) <= page_weight for form in (MEDIA_TYPE, "application/json"))


class _Answer:
    """One answer. A problem for a browser is kept until its body is complete."""

    def __init__(self, send: Send, to_browser: bool) -> None:
        self._send = send
        self._to_browser = to_browser
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("content-type") == MEDIA_TYPE:
                headers.add_vary_header("Accept")
                if self._to_browser:
                    self._start = message
                    return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._show(self._start)
            return
        await self._send(message)

    async def _show(self, start: Message) -> None:
        shown = problem_page(json.loads(self._body), start["status"])
        headers = MutableHeaders(scope=start)
        for name in ("content-type", "content-length"):
            headers[name] = shown.headers[name]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": shown.body, "more_body": False})


def problem_page(problem: dict[str, Any], status: int) -> Any:
    """A problem as a page."""
    code = str(problem["code"])
    rows = [
        [escape(str(error[name])) for name in ("field", "problem", "remedy")] for error in problem.get("errors", ())
    ]
    steps = [link(ABOUT, "About this server, and its state"), link("/docs", "The documentation of the API")]
    if code in list(Code):
        steps.insert(0, link(address(Code(code)), f"What {code} means"))
    if status == 401:
        steps.insert(0, "A browser sends no API key by itself: use the documentation's page, or a program.")
    about = f"Status {status}, code {code}"
    if request_id := problem.get("request_id"):
        about += f", request {request_id}"
    return page(
        f"Clearway: {problem['title']}",
        heading(str(problem["title"])),
        paragraph(str(problem.get("detail", ""))),
        table(("where", "what", "what to do"), rows) if rows else "",
        listed(steps),
        paragraph(about, "quiet"),
        status=status,
    )
