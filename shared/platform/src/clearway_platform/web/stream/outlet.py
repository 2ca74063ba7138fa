"""The connection to a client: a stream writes to it in slices, and gives up when the client does not read."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import Send

# Bytes of one write. The server's own buffer holds about as many again.
SLICE_BYTES: Final = 65_536
# A client that reads nothing for this long is disconnected.
SEND_SECONDS: Final = 60.0
# A page from the database waits this long for the connection.
OFFER_SECONDS: Final = 0.25


class NotReading(Exception):
    """The client read nothing for SEND_SECONDS."""


class Outlet:
    """Writes slices. The server accepts a slice as a whole, once its buffer has room; until then `send` waits."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def write(self, frames: bytes) -> None:
        """Return once the server has accepted all; without frames, once it accepts more. Raises NotReading."""
        for begin in range(0, len(frames) or 1, SLICE_BYTES):
            await self._send_within_limit(frames[begin : begin + SLICE_BYTES], more=True)

    async def offer(self, frames: bytes) -> int:
        """Write as much as the server accepts soon. Returns the number of bytes."""
        for begin in range(0, len(frames), SLICE_BYTES):
            try:
                async with asyncio.timeout(OFFER_SECONDS):
                    await self._send_slice(frames[begin : begin + SLICE_BYTES], more=True)
            except TimeoutError:
                return begin
        return len(frames)

    async def end(self) -> None:
        """End the response. Raises NotReading."""
        await self._send_within_limit(b"", more=False)

    async def _send_within_limit(self, frames: bytes, *, more: bool) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send_slice(frames, more=more)
        except TimeoutError:
            raise NotReading from None

    async def _send_slice(self, frames: bytes, *, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": frames, "more_body": more})
