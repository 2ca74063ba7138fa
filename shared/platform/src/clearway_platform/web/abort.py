"""The connection behind a request, for the one thing that ASGI has no message for: to cut it off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_ABORT: Final = "clearway.abort"


class AbortableConnection(HttpToolsProtocol):
    """uvicorn's protocol. Closing waits until the other side has read everything, and one that reads nothing never
    does: `abort` does not wait."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_ABORT: {"call": self.transport.abort}}


def abort(scope: Scope) -> None:
    """Cut the connection off, and drop what it has not sent. Nothing on a server of another kind."""
    call: Callable[[], None] | None = scope.get("extensions", {}).get(_ABORT, {}).get("call")
    if call is not None:
        call()
