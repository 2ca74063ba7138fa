"""The connection to a client, as a stream writes to it: in slices, and never for longer than a client may not read."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import Send

# What the connection is given at once. The server's own buffer holds about as much again.
SLICE_BYTES: Final = 65_536
# How long a client may take nothing of a slice before its connection is closed.
SEND_SECONDS: Final = 60.0
# How long a read of the database waits with what it has found.
OFFER_SECONDS: Final = 0.25


class NotReading(Exception):
    """The client took nothing for SEND_SECONDS."""


class Outlet:
    """The server takes a slice whole once its buffer has room; until then `send` waits, and has taken nothing."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def write(self, frames: bytes) -> None:
        """Return once they are taken. With no frames: once the connection takes more. Raises NotReading."""
        for begin in range(0, len(frames) or 1, SLICE_BYTES):
            await self._patiently(frames[begin : begin + SLICE_BYTES], more=True)

    async def offer(self, frames: bytes) -> int:
        """How many bytes were taken, from the first on, without waiting long."""
        for begin in range(0, len(frames), SLICE_BYTES):
            try:
                async with asyncio.timeout(OFFER_SECONDS):
                    await self._give(frames[begin : begin + SLICE_BYTES], more=True)
            except TimeoutError:
                return begin
        return len(frames)

    async def end(self) -> None:
        """End the stream in good order. Raises NotReading."""
        await self._patiently(b"", more=False)

    async def _patiently(self, frames: bytes, *, more: bool) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._give(frames, more=more)
        except TimeoutError:
            raise NotReading from None

    async def _give(self, frames: bytes, *, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": frames, "more_body": more})
