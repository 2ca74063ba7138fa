"""A body that is read line by line while its answer is written: as many lines as the client likes.

Such a route is marked as `streamed`. The answer is 200 before its end is known, so that its last line says whether all
lines were read.
"""

from __future__ import annotations

import asyncio
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from clearway_platform.web.abort import abort
from clearway_platform.web.problems import Problem

NDJSON: Final = "application/x-ndjson"

# A client that neither sends nor reads for so long is gone.
SILENT_SECONDS: Final = 60.0
# What a group of lines holds in memory, and a piece that has come behind it.
GROUP_BYTES: Final = 1_048_576
# Many clients and proxies read no answer before they have sent their body. So long it is kept for them.
KEPT_BYTES: Final = 8_388_608


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, with its number from 1. `text` is None where it was too long to be kept."""

    number: int
    text: bytes | None


class Lines:
    """The lines of a body, in groups."""

    def __init__(self, receive: Receive, longest: int) -> None:
        """`longest`: the bytes of a line. What is longer is read over, and not kept."""
        self._receive = receive
        self._longest = longest
        self._rest = bytearray()
        self._is_over = False
        self._ready: list[Line] = []
        self._number = 0
        self._coming: asyncio.Future[Message] | None = None
        self.are_all_read = False

    async def group(self, most: int, seconds: float) -> list[Line]:
        """Up to `most` lines: fewer where they are long, or the next one does not come within `seconds`; none at the
        end. Raises ClientDisconnect, and a 408 problem for a client that is silent."""
        while not self._ready and not self.are_all_read:
            await self._read(SILENT_SECONDS)
        while len(self._ready) < most and self._size() < GROUP_BYTES and not self.are_all_read:
            if not await self._read(seconds, may_wait=True):
                break
        group, self._ready = self._ready[:most], self._ready[most:]
        return group

    def _size(self) -> int:
        return sum(len(line.text or b"") for line in self._ready)

    async def _read(self, seconds: float, *, may_wait: bool = False) -> bool:
        """Read what comes next of the body. False where nothing came in time and that is nobody's fault."""
        # Kept where it takes longer: what is cancelled may have taken a message with it.
        self._coming = self._coming or asyncio.ensure_future(self._receive())
        done, _pending = await asyncio.wait([self._coming], timeout=seconds)
        if not done:
            if may_wait:
                return False
            self._coming.cancel()
            detail = f"Nothing came for {SILENT_SECONDS:.0f} s. Send the lines that have no result again."
            raise Problem(408, detail)
        message, self._coming = self._coming.result(), None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self._ready += self._cut(message.get("body", b""))
        if not message.get("more_body", False):
            self._ready += self._cut(b"\n")
            self.are_all_read = True
        return True

    def close(self) -> None:
        """Wait for nothing more."""
        if self._coming is not None:
            self._coming.cancel()

    def _cut(self, piece: bytes) -> Iterator[Line]:
        *ended, rest = piece.split(b"\n")
        for end in ended:
            self._append(end)
            self._number += 1
            text, is_over = bytes(self._rest).strip(), self._is_over
            if self._number == 1:
                text = text.removeprefix(BOM_UTF8)
            self._rest.clear()
            self._is_over = False
            if is_over or text:
                yield Line(self._number, None if is_over else text)
        self._append(rest)

    def _append(self, piece: bytes) -> None:
        self._is_over = self._is_over or len(self._rest) + len(piece) > self._longest
        if self._is_over:
            self._rest.clear()
        else:
            self._rest += piece


class NdJson(JSONResponse):
    """What a route says of its answer: lines, each a JSON object."""

    media_type = NDJSON


class TwoWay(Response):
    """An answer in lines, written while a body is read."""

    media_type = NDJSON

    def __init__(self, parts: AsyncIterator[bytes], lines: Lines, held: AsyncExitStack, *, at_once: bool) -> None:
        """`parts`: the answer, which raises nothing but ClientDisconnect. `held` is left at its end. `at_once`: write
        each part when it is there, also while the body still comes: for a client that reads while it sends."""
        super().__init__()
        del self.headers["content-length"]
        self._parts = parts
        self._lines = lines
        self._held = held
        self._at_once = at_once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held:
            await self._write(scope, send)

    async def _write(self, scope: Scope, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        kept = bytearray()
        try:
            async for part in self._parts:
                kept += part
                if self._at_once or self._lines.are_all_read or len(kept) > KEPT_BYTES:
                    await _send(send, bytes(kept), more=True)
                    kept.clear()
            await _send(send, bytes(kept), more=False)
        except ClientDisconnect:
            return
        except TimeoutError:
            abort(scope)
        finally:
            self._lines.close()


async def _send(send: Send, body: bytes, *, more: bool) -> None:
    """Raises TimeoutError where the client does not read."""
    async with asyncio.timeout(SILENT_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})
