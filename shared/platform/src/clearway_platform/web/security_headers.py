"""The headers that tell a browser what it may do with an answer: one layer around all applications of a process."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Scripts and files come from this server alone. The documentation sets styles of its own on its elements.
_OF_A_PAGE: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# What is no page loads nothing, runs nothing and stands in no frame, whatever a browser takes it for.
_OF_DATA: Final = "default-src 'none'; frame-ancestors 'none'"
# The page of the field reads the position of the device. Nothing asks for anything else.
_PERMISSIONS: Final = "geolocation=(self), " + ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "bluetooth",
        "camera",
        "display-capture",
        "gyroscope",
        "hid",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "serial",
        "usb",
    )
)
EVERYWHERE: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": _PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    # An answer to CORS is not affected: only what another site would embed without asking.
    "Cross-Origin-Resource-Policy": "same-origin",
    # What is no data says for itself how long it is kept: the files of a page, the documents of the API.
    "Cache-Control": "no-store",
}
_HTML: Final = "text/html"


class SecurityHeaders:
    """ASGI middleware. An application's own header stands: a page may have another policy, and a file be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure(MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, secured)


def secure(headers: MutableHeaders) -> None:
    """Add the headers that are not there."""
    for name, value in EVERYWHERE.items():
        headers.setdefault(name, value)
    is_page = headers.get("content-type", "").startswith(_HTML)
    headers.setdefault("Content-Security-Policy", _OF_A_PAGE if is_page else _OF_DATA)
