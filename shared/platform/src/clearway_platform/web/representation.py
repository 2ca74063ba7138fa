"""Representations: JSON answers get an ETag, 304 when the client has them, and compression when large."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Below this size compression saves a packet or two, and costs more processor time than that.
COMPRESS_FROM: Final = 4_096
# From this size compression takes a millisecond or more: it must not block the event loop.
IN_A_THREAD_FROM: Final = 65_536
_LEVEL: Final = 5
_READS: Final = frozenset({"GET", "HEAD"})
# JSON and XML under any name, such as application/geo+json, and CSV.
_DATA: Final = re.compile(r"(?:application/(?:[\w.-]+\+)?(?:json|xml)|text/csv)(?:;|$)")


class Representations:
    """ASGI middleware for complete answers with data, in any format. Event streams and pages pass unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Answer(scope, send))


class _Answer:
    """One answer: its head is kept until the first part of the body shows whether that is all of it."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._reads = scope["method"] in _READS
        self._requested = Headers(scope=scope)
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if self._reads and message["status"] == 200 and _is_plain_data(headers):
                self._start = message
                return
        elif self._start is not None:
            await self._send_body(self._start, message)
            self._start = None
            return
        await self._send(message)

    async def _send_body(self, start: Message, body: Message) -> None:
        if not body.get("more_body", False):
            headers = MutableHeaders(scope=start)
            content: bytes = body.get("body", b"")
            if "etag" not in headers:
                headers["ETag"] = weak_etag(content)
            headers.add_vary_header("Accept-Encoding")
            if matches(self._requested.get("if-none-match"), headers["ETag"]):
                start["status"], body["body"] = 304, b""
                del headers["content-length"], headers["content-type"]
            elif len(content) >= COMPRESS_FROM and takes_gzip(self._requested.get("accept-encoding", "")):
                body["body"] = await _compressed(content)
                headers["Content-Encoding"] = "gzip"
                headers["Content-Length"] = str(len(body["body"]))
        await self._send(start)
        await self._send(body)


def _is_plain_data(headers: Headers) -> bool:
    """Whether it is data that is not compressed yet."""
    return _DATA.match(headers.get("content-type", "")) is not None and "content-encoding" not in headers


def weak_etag(content: bytes) -> str:
    """The entity tag of a content: weak, because the compressed form has the same tag."""
    return f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether If-None-Match contains this tag, by the weak comparison of RFC 9110."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag.removeprefix("W/") in tags


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header allows gzip."""
    return any(
        name.strip() == "gzip" and weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
        for name, _, weight in (part.partition(";") for part in accept_encoding.lower().split(","))
    )


async def _compressed(content: bytes) -> bytes:
    if len(content) < IN_A_THREAD_FROM:
        return gzip.compress(content, _LEVEL, mtime=0)
    return await asyncio.to_thread(gzip.compress, content, _LEVEL, mtime=0)
