"""A client's connection, with limits on the size and the time of a request's head: no key is known before.

The parser buffers bytes that it has not reported yet, so a head is limited to MAX_HEAD_BYTES plus one read.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from prometheus_client import Counter
from pydantic_core import to_json
from starlette.datastructures import MutableHeaders
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from clearway_platform.web.abort import AbortableConnection
from clearway_platform.web.problems import MEDIA_TYPE, Problem, details
from clearway_platform.web.security_headers import secure

# So many connections may owe a head at a time, half of the files that a process may usually open. A client sends its
# head at once: the one that has waited longest is the least likely to be one.
MOST_HEADS: Final = 500
_HEADS: Final = "clearway_heads"

CROWDED: Final = Counter(
    "clearway_http_heads_dropped", "Connections that were closed because too many had not sent a whole head"
)

# The request line and the headers together. An API key, a condition, a trace and a long cursor need a tenth of it.
MAX_HEAD_BYTES: Final = 32_768
HEAD_SECONDS: Final = 20.0


class BoundedConnection(AbortableConnection):
    """The server's own connection has no limit on heads: this one refuses large and slow ones, and too many at a time,
    and closes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = False
        self._counted = 0  # bytes of the address, the headers and the trailers of this message
        self._stalled = 0  # bytes since the parser last reported anything: it buffers them
        self._reported = False
        self._deadline: asyncio.TimerHandle | None = None
        # The connections of this server that owe a head, the one that has waited longest first.
        self._heads: dict[BoundedConnection, None] = vars(self.server_state).setdefault(_HEADS, {})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._reported = False
        super().data_received(data)
        self._stalled = 0 if self._reported else self._stalled + len(data)
        if max(self._counted, self._stalled) > MAX_HEAD_BYTES:
            self._refuse_large_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._counted = True, 0
        if self._deadline is None:
            self._await_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._counted += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._counted += len(name) + len(value) + 4
        self._reported = True
        # Trailers, which come after the body, are not headers of the request.
        if self._in_head and self._counted <= MAX_HEAD_BYTES:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._reported = False, True
        self._stop_waiting()
        if self._counted > MAX_HEAD_BYTES:
            self._refuse_large_head()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._reported = True
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.transport.is_closing():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer text that is not HTTP with a problem too."""
        self._answer(Problem(400, "This is not a valid HTTP request. Check the client and the proxies."))

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._refuse_slow_head)
        self._heads[self] = None
        if len(self._heads) > MOST_HEADS:
            next(iter(self._heads)).make_room()

    def make_room(self) -> None:
        """Give up waiting for its head."""
        self._stop_waiting()
        CROWDED.inc()
        self._answer(Problem(503, "Too many connections wait for a request. Connect again, and send it at once."))

    def _stop_waiting(self) -> None:
        self._heads.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse_slow_head(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self._answer(Problem(408, f"The request was not complete within {HEAD_SECONDS:.0f} s. Send it again."))

    def _refuse_large_head(self) -> None:
        if self.transport.is_closing():
            return
        detail = f"The address and the headers are over {MAX_HEAD_BYTES} bytes. Send shorter ones."
        self._answer(Problem(431, detail))

    def _answer(self, problem: Problem) -> None:
        """Write the answer here, and close: without a complete head there is no request for an application."""
        if self.cycle is not None and not self.cycle.response_complete:
            # The answer to the previous request is still being sent: no other can be written.
            self.transport.close()
            return
        body = to_json(details(problem, path=None, request_id=None))
        headers = MutableHeaders({"content-type": MEDIA_TYPE, "content-length": str(len(body)), "connection": "close"})
        secure(headers)
        lines = [b"%s: %s\r\n" % line for line in headers.raw]
        self.transport.write(b"".join([STATUS_LINE[problem.status], *lines, b"\r\n", body]))
        self.transport.close()
