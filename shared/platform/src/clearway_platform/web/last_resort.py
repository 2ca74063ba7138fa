"""The last resort: an error that nothing foresaw, in whatever part of the process, is answered with a problem too."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clearway_platform.web.problems import unexpected

log = structlog.get_logger("clearway.http")

_ID: Final = "x-request-id"


class LastResort:
    """ASGI middleware around all others: what they have of an answer is replaced, as long as nothing of it was sent.

    The envelope answers errors of the applications; this one those of what is around it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        try:
            await self._app(scope, receive, answer)
        except Exception:
            request_id = scope.get("state", {}).get("request_id") or uuid4().hex
            log.exception("request_failed", method=scope["method"], request_id=request_id)
            if not answer.has_begun:
                response = unexpected(scope["path"], request_id)
                response.headers[_ID] = request_id
                await response(scope, receive, answer)
            elif not answer.is_whole:
                # The server ends the connection, or the client would take a part for the whole.
                raise


class _Answer:
    """How much of an answer was sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False
        self.is_whole = False

    async def __call__(self, message: Message) -> None:
        self.has_begun = True
        await self._send(message)
        self.is_whole = message["type"] == "http.response.body" and not message.get("more_body", False)
