"""Aborting the connection of a request: ASGI has no message for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_ABORT: Final = "clearway.abort"


class AbortableConnection(HttpToolsProtocol):
    """uvicorn's protocol, with `abort`. An ordinary close waits until the client has read everything; one that reads
    nothing would keep the connection for ever."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_ABORT: {"call": self.transport.abort}}


def abort(scope: Scope) -> None:
    """Close the connection now, and drop unsent bytes. On another server it does nothing."""
    call: Callable[[], None] | None = scope.get("extensions", {}).get(_ABORT, {}).get("call")
    if call is not None:
        call()
