"""CORS: the origins whose pages may call the API from a browser."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_MAY_SEND: Final = (
    "Authorization",
    "Cache-Control",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "traceparent",
    "tracestate",
    "X-Request-Id",
)
_MAY_READ: Final = (
    "Allow",
    "Content-Disposition",
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "Nothing-Changed",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
)


def with_cors(app: ASGIApp, origins: Collection[str]) -> ASGIApp:
    """The application, problems and streams included, open to pages of these origins.

    The page itself sends keys and tickets: the browser adds no credentials, so cookies need not be allowed.
    """
    if not origins:
        return app
    return CORSMiddleware(
        app, allow_origins=origins, allow_methods=_METHODS, allow_headers=_MAY_SEND, expose_headers=_MAY_READ
    )
